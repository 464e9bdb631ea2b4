# SPDX-License-Identifier: AGPL-3.0-or-later
"""What a method call is made of: its context, its failure, its name."""

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Protocol

from attrs import define

from sandbox.telegram.records import Account, AuthKey

if TYPE_CHECKING:
    from sandbox.telegram.world import World


class RpcFailureError(Exception):
    """The method fails with this code and name: https://core.telegram.org/api/errors.

    With `done` the name is just how the service says that something was done.
    """

    def __init__(self, code: int, name: str, *, done: bool = False) -> None:
        super().__init__(f"{code} {name}")
        self.done = done
        self.code = code
        self.name = name


def bad_request(name: str) -> RpcFailureError:
    """Return a failure with code 400."""
    return RpcFailureError(400, name)


def forbidden(name: str) -> RpcFailureError:
    """Return a failure with code 403."""
    return RpcFailureError(403, name)


def unauthorized(name: str) -> RpcFailureError:
    """Return a failure with code 401."""
    return RpcFailureError(401, name)


class Link(Protocol):
    """One connection of a client, as the network sees it."""

    @property
    def key(self) -> AuthKey | None:
        """The authorisation key the client uses, once it used one."""

    @property
    def wants_updates(self) -> bool:
        """Whether updates may be pushed here."""

    def push(self, body: bytes) -> None:
        """Send an update."""

    def drop(self) -> None:
        """Cut the connection."""


@define
class Call:
    """The context of one method call; `takeout` is the takeout it is made in."""

    world: "World"
    key: AuthKey
    link: Link
    takeout: int | None = None

    @property
    def me(self) -> Account:
        """The account that calls; raises 401 when nobody is logged in."""
        if self.key.account is None:
            raise unauthorized("AUTH_KEY_UNREGISTERED")
        return self.world.accounts.get(self.key.account)


Handler = Callable[[Call, Any], Any]
Handlers = Mapping[type, Handler]


def method_name(request_class: type) -> str:
    """Return the name of a method as the API documents it, for example ``messages.sendMessage``.

    >>> from telethon.tl.functions.messages import SendMessageRequest
    >>> method_name(SendMessageRequest)
    'messages.sendMessage'
    """
    bare = request_class.__name__.removesuffix("Request")
    bare = bare[0].lower() + bare[1:]
    namespace = request_class.__module__.removeprefix("telethon.tl.functions").lstrip(".")
    return f"{namespace}.{bare}" if namespace else bare
