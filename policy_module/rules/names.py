# SPDX-License-Identifier: AGPL-3.0-or-later
"""Server names and the patterns of lists, as text.

Grammar: Matrix specification, Appendices, "Server Name". Names are compared as the specification
demands: character by character, the port included.
"""

import ipaddress
import re
from collections.abc import Iterator
from enum import Enum

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


class Reach(Enum):
    """How far a pattern reaches."""

    EXACT = "exact"
    """The one name."""
    BELOW = "below"
    """Every name below a domain, at any depth, but not the domain itself."""
    DOMAIN = "domain"
    """A domain and every name below it."""
    GLOB = "glob"
    """Names with wildcards inside labels; ``name`` is what stands behind the last such label."""


@frozen
class Pattern:
    """One entry of a list of servers or hosts.

    ``glob`` matches whole host names and is set for :attr:`Reach.GLOB` only.
    """

    text: str
    reach: Reach
    name: ServerName
    glob: re.Pattern[str] | None = None


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
    """Read one entry of a list of servers.

    ``matrix.example.org`` is that name, ``*.example.org`` every name below ``example.org`` but not
    ``example.org`` itself, ``.example.org`` both. Elsewhere ``*`` stands for any characters of one
    label and ``?`` for one: ``matrix-*.example.org``. A port belongs to the name: without one in the
    pattern, names with a port do not match.

    Raises:
        InvalidNameError: if it is none of these.
    """
    if _has_wildcard(text) and not text.strip("*.?"):
        raise InvalidNameError(
            "would allow every server; list the servers, or a domain such as *.example.org"
        )
    if text.startswith(WILDCARD) and not _has_wildcard(text.removeprefix(WILDCARD)):
        return Pattern(text, Reach.BELOW, _domain(text.removeprefix(WILDCARD)))
    if text.startswith(".") and not _has_wildcard(text):
        return Pattern(text, Reach.DOMAIN, _domain(text[1:]))
    if _has_wildcard(text):
        return _glob(text)
    return Pattern(text, Reach.EXACT, parse_server_name(text))


def parents(name: ServerName) -> Iterator[str]:
    """Yield the domains above a name, nearest first: ``b.c`` and ``c`` for ``a.b.c``."""
    if name.is_address:
        return
    domain = name.host
    while "." in domain:
        domain = domain.partition(".")[2]
        yield domain


def _has_wildcard(text: str) -> bool:
    return "*" in text or "?" in text


def _domain(text: str) -> ServerName:
    name = parse_server_name(text)
    if name.is_address or _DIGITS.fullmatch(name.host.rpartition(".")[2]):
        raise InvalidNameError(
            "has a wildcard before an IP address; it needs a domain, as in *.example.org"
        )
    return name


def _glob(text: str) -> Pattern:
    host, port = _split_port(text)
    labels = host.split(".")
    wild = [index for index, label in enumerate(labels) if _has_wildcard(label)]
    last = wild[-1] if wild else len(labels) - 1  # else it is in the port
    if last == len(labels) - 1:
        raise InvalidNameError(
            "has a wildcard at its end; the last part must be written out, as in chat-*.example.org"
        )
    # What stands behind the wildcards must be a name by itself, and so must the whole with each
    # wildcard replaced by a letter.
    behind = _domain(".".join(labels[last + 1 :]) + (f":{port}" if port is not None else ""))
    parse_server_name(text.replace("*", "a").replace("?", "a"))
    expression = r"\.".join(_label_expression(label) for label in labels)
    return Pattern(text, Reach.GLOB, behind, re.compile(expression))


def _label_expression(label: str) -> str:
    wildcards = {"*": "[^.]*", "?": "[^.]"}
    return "".join(wildcards.get(letter, re.escape(letter)) for letter in label)


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
    if not host[-1:].isdigit():  # the usual case, without the cost of an exception
        return False
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
