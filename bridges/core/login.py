# SPDX-License-Identifier: AGPL-3.0-or-later
"""Logging in as a small machine of typed steps, driven alike from chat, HTTP or a page.

The driver starts a process, shows the step it gets and answers it: ``UserInput`` with ``submit``,
``DisplayAndWait`` with ``wait``. ``Complete`` ends it. Step types and field names follow the
provisioning API v3 of bridgev2, so an HTTP front end is a translation without logic.
"""

from collections.abc import Awaitable, Callable, Mapping
from enum import StrEnum
from typing import Protocol

from attrs import frozen
from mautrix.types import UserID

from bridges.core.ids import LoginID, RemoteUserID
from bridges.core.text import UserText


@frozen
class LoginFlow:
    """A way to log in, chosen by the person before the process starts."""

    id: str
    name: UserText
    description: UserText


class FieldKind(StrEnum):
    """What a field asks for; a front end picks its keyboard and hides secrets by it."""

    USERNAME = "username"
    PHONE_NUMBER = "phone_number"
    PASSWORD = "password"  # noqa: S105 - a kind of field
    CODE = "2fa_code"
    TOKEN = "token"  # noqa: S105 - a kind of field


SECRET_KINDS = frozenset({FieldKind.PASSWORD, FieldKind.CODE, FieldKind.TOKEN})
"""Answers of these kinds are redacted from the chat they were typed in."""


@frozen
class Field:
    """One thing the person has to enter."""

    id: str
    kind: FieldKind
    name: UserText
    description: UserText | None = None


@frozen
class UserInput:
    """Ask for ``fields`` and submit them together."""

    step_id: str
    instructions: UserText
    fields: tuple[Field, ...]


class DisplayKind(StrEnum):
    """How ``DisplayAndWait.data`` is shown: as a QR image, as a code to read, or not at all."""

    QR = "qr"
    CODE = "code"
    NOTHING = "nothing"


@frozen
class DisplayAndWait:
    """Show ``data`` and wait until the person has acted on another device."""

    step_id: str
    instructions: UserText
    display: DisplayKind
    data: str = ""


@frozen
class LoggedIn:
    """The account a process has logged in to. ``id`` is stable: a later login finds it again."""

    id: LoginID
    user: RemoteUserID
    name: str


@frozen
class Complete:
    """The process is over and its credentials are stored by the network."""

    step_id: str
    instructions: UserText
    login: LoggedIn


LoginStep = UserInput | DisplayAndWait | Complete


@frozen
class Claim:
    """Asks whether an account may be kept for the person who logs in to it.

    To be awaited before any credentials are stored. Raises ``LoginFailed`` if the account belongs to
    somebody else here; then the new authorisation has to be ended.

    Attributes:
        person: who logs in. Where several people share an account of the network, each of them has a
            login of their own, and its id is made of this.
    """

    person: UserID
    _ask: Callable[[LoginID], Awaitable[None]]

    async def __call__(self, login: LoginID) -> None:
        """Ask for one login."""
        await self._ask(login)


class LoginProcess(Protocol):
    """One attempt to log in. Methods are called one at a time.

    All methods may raise ``WrongInput`` (the step stays, ask again), ``RateLimited`` (tell the person
    how long to wait, then the step may be submitted again) and ``LoginFailed`` (the process is over).
    """

    async def start(self) -> LoginStep:
        """Begin; called once."""
        ...

    async def submit(self, values: Mapping[str, str]) -> LoginStep:
        """Answer a ``UserInput`` step; ``values`` maps each field's id to what was entered."""
        ...

    async def wait(self) -> LoginStep:
        """Wait on a ``DisplayAndWait`` step; returns a new one when what is shown has changed."""
        ...

    async def cancel(self) -> None:
        """Give up and free everything; harmless after the end."""
        ...
