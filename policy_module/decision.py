# SPDX-License-Identifier: AGPL-3.0-or-later
"""What is allowed: pure decisions, without I/O and without Synapse.

A :class:`Policy` is built once from a checked configuration and never changes; :func:`decide`
answers a request with :class:`Allow` or :class:`Deny`. Whatever no rule allows is denied.
"""

from collections.abc import Iterable, Iterator, Mapping
from types import MappingProxyType

from attrs import frozen

from policy_module.names import (
    InvalidNameError,
    ServerName,
    parse_pattern,
    parse_server_name,
    server_of,
)

OWN_SERVER = "own server"
NOT_A_SERVER_NAME = "not a server name"
DEFAULT_DENY = "default deny"


@frozen
class FederationRequest:
    """May our homeserver and ``server`` exchange anything, in either direction?

    ``server`` comes from the network unchecked; ``None`` means the caller gave no name.
    """

    server: str | None


@frozen
class InviteRequest:
    """May somebody here invite ``invitee``, a Matrix user id not yet checked?"""

    invitee: str


Request = FederationRequest | InviteRequest


@frozen
class Allow:
    """Permitted; ``rule`` is the entry of the configuration, or built-in rule, that says so."""

    rule: str


@frozen
class Deny:
    """Refused.

    ``reason`` is a sentence for the person it touches; ``rule`` names what refused, for the audit;
    ``server`` is the name it is about, as it was given.
    """

    reason: str
    rule: str
    server: str | None


Decision = Allow | Deny


@frozen
class Policy:
    """The rules of this homeserver, ready for look-up.

    ``exact`` and ``below`` map what a name is compared with to the entry it came from, so that a
    decision costs a few look-ups however long the list is.
    """

    own_server: str
    exact: Mapping[str, str]
    below: Mapping[tuple[str, str | None], str]

    @classmethod
    def build(cls, own_server: str, allow: Iterable[str]) -> "Policy":
        """Build the policy of ``own_server`` from the entries of an allowlist.

        Raises:
            InvalidNameError: if an entry is no pattern (see :func:`names.parse_pattern`).
        """
        exact: dict[str, str] = {}
        below: dict[tuple[str, str | None], str] = {}
        for entry in allow:
            pattern = parse_pattern(entry)
            if pattern.below:
                below[pattern.name.host, pattern.name.port] = entry
            else:
                exact[entry] = entry
        return cls(own_server, MappingProxyType(exact), MappingProxyType(below))

    def entries(self) -> Iterator[str]:
        """Yield the entries of the allowlist as the configuration writes them."""
        yield from self.exact.values()
        yield from self.below.values()


def decide(policy: Policy, request: Request) -> Decision:
    """Answer a request; never raises, whatever text it holds."""
    match request:
        case FederationRequest(server):
            return _decide_server(policy, server)
        case InviteRequest(invitee):
            return _decide_server(policy, server_of(invitee))


def _decide_server(policy: Policy, server: str | None) -> Decision:
    if server == policy.own_server:
        return Allow(OWN_SERVER)
    if server is None:
        return Deny("The request names no server.", NOT_A_SERVER_NAME, server)
    if (entry := policy.exact.get(server)) is not None:
        return Allow(entry)
    try:
        name = parse_server_name(server)
    except InvalidNameError:
        return Deny("The server's name is not valid.", NOT_A_SERVER_NAME, server)
    for domain in _parents(name):
        if (entry := policy.below.get((domain, name.port))) is not None:
            return Allow(entry)
    return Deny(
        f"This homeserver only talks to servers on its allowlist, and {server} is not on it."
        " Ask your administrator if it should be.",
        DEFAULT_DENY,
        server,
    )


def _parents(name: ServerName) -> Iterator[str]:
    """Yield the domains above a name, nearest first: ``b.c`` and ``c`` for ``a.b.c``."""
    if name.is_address:
        return
    domain = name.host
    while "." in domain:
        domain = domain.partition(".")[2]
        yield domain
