# SPDX-License-Identifier: AGPL-3.0-or-later
"""Server names and the patterns of the allowlist, as text.

Grammar: Matrix specification, Appendices, "Server Name". Names are compared as the specification
demands: character by character, the port included.
"""

import ipaddress
import re

from attrs import frozen

MAX_LENGTH = 255
"""Longest name accepted, in characters; a user id may not be longer, so no server name can be."""

WILDCARD = "*."

_LABEL = r"[0-9A-Za-z](?:[0-9A-Za-z-]*[0-9A-Za-z])?"
_DNS_NAME = re.compile(rf"{_LABEL}(?:\.{_LABEL})*")
_DIGITS = re.compile(r"[0-9]+")


class InvalidNameError(ValueError):
    """The text is no server name, or no pattern for one; the message says what to write."""


@frozen
class ServerName:
    """A valid server name, taken apart.

    ``host`` is a DNS name, an IPv4 address, or an IPv6 address in brackets; ``port`` is the text
    behind the colon, ``None`` if there is none.
    """

    host: str
    port: str | None

    @property
    def is_address(self) -> bool:
        """Whether the host is an IP address, which has no parent domain."""
        return self.host.startswith("[") or _is_ipv4(self.host)


@frozen
class Pattern:
    """One entry of an allowlist: an exact name, or every name below a domain."""

    name: ServerName
    below: bool


def parse_server_name(text: str) -> ServerName:
    """Take a server name apart.

    Raises:
        InvalidNameError: if it is not one.
    """
    if len(text) > MAX_LENGTH:
        raise InvalidNameError(f"is longer than {MAX_LENGTH} characters")
    host, port = _split_port(text)
    if not (_is_ipv6_literal(host) or _is_host(host)) or (port and not _DIGITS.fullmatch(port)):
        raise InvalidNameError(
            "is not a server name; write a host such as matrix.example.org, without https:// or a"
            " path (international names in their xn-- form)"
        )
    if port is not None and not (len(port) <= 5 and 0 < int(port or 0) < 65536):
        raise InvalidNameError("has no valid port; write one from 1 to 65535 behind the colon")
    return ServerName(host, port)


def parse_pattern(text: str) -> Pattern:
    """Read one entry of an allowlist.

    ``*.example.org`` stands for every name below ``example.org`` but not for ``example.org``
    itself; anything else is an exact name.

    Raises:
        InvalidNameError: if it is neither.
    """
    if text == "*":
        raise InvalidNameError(
            "would allow every server; list the servers, or a domain such as *.example.org"
        )
    below = text.startswith(WILDCARD)
    rest = text.removeprefix(WILDCARD) if below else text
    if "*" in rest:
        raise InvalidNameError(
            "has a wildcard in the wrong place; one may only stand at the start, as in *.example.org"
        )
    name = parse_server_name(rest)
    if below and (name.is_address or _DIGITS.fullmatch(name.host.rpartition(".")[2])):
        raise InvalidNameError(
            "has a wildcard before an IP address; it needs a domain, as in *.example.org"
        )
    return Pattern(name, below)


def server_of(identifier: str) -> str | None:
    """Give the server part of a user id or room alias, ``None`` if it has none.

    The part may be no valid server name: the decision refuses it then.
    """
    _, separator, server = identifier.partition(":")
    return server if separator else None


def _split_port(text: str) -> tuple[str, str | None]:
    """Cut at the last colon, unless it belongs to an IPv6 address."""
    if text.endswith("]"):
        return text, None
    host, colon, port = text.rpartition(":")
    return (host, port) if colon else (text, None)


def _is_host(host: str) -> bool:
    return _DNS_NAME.fullmatch(host) is not None


def _is_ipv4(host: str) -> bool:
    try:
        ipaddress.IPv4Address(host)
    except ValueError:
        return False
    return True


def _is_ipv6_literal(host: str) -> bool:
    if not (host.startswith("[") and host.endswith("]")):
        return False
    try:
        address = ipaddress.IPv6Address(host[1:-1])
    except ValueError:
        return False
    return address.scope_id is None
