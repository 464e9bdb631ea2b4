# SPDX-License-Identifier: AGPL-3.0-or-later
"""Where a request goes, in the words of the policy."""

import ipaddress

from attrs import frozen
from twisted.web.client import URI

from policy_module.rules.names import parse_server_name

USUAL_PORTS = {"http": 80, "https": 443}

MATRIX_FEDERATION = "matrix-federation"
"""Scheme of a request to another homeserver, whose address Synapse finds out itself."""


@frozen
class Target:
    """``host`` is a name or address in lower case, with its port unless that is the usual one."""

    scheme: str
    host: str


def target_of(uri: bytes) -> Target:
    """Read a URI exactly as the agent that will connect does; never raises.

    A second opinion on where the host ends would let ``https://listed@elsewhere`` through. What
    makes no sense stays as it is, or is empty, and matches no entry.
    """
    try:
        parsed = URI.fromBytes(uri)  # type: ignore[no-untyped-call]
    except ValueError:
        return Target("", "")
    scheme = _text(parsed.scheme)
    return Target(scheme, host_and_port(_text(parsed.host), parsed.port, USUAL_PORTS.get(scheme)))


def target_of_text(url: object) -> Target:
    """Read a URL as people write it into a request; what is none has an empty host."""
    if not isinstance(url, str):
        return Target("", "")
    return target_of(url.encode("ascii", "backslashreplace"))


def host_and_port(host: str, port: int, usual: int | None) -> str:
    """Write a host and its port as in ``policy.yaml``."""
    name = f"[{host}]" if ":" in host else host
    return name.lower() if port == usual else f"{name.lower()}:{port}"


def is_loopback(host: str) -> bool:
    """Whether a host as written in :class:`Target` is this machine, by its own words alone."""
    try:
        name = parse_server_name(host).host
        return name == "localhost" or ipaddress.ip_address(name.strip("[]")).is_loopback
    except ValueError:
        return False


def _text(part: bytes) -> str:
    return part.decode("ascii", "backslashreplace")
