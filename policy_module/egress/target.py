# SPDX-License-Identifier: AGPL-3.0-or-later
"""Where a request goes, in the words of the policy."""

from attrs import frozen
from twisted.web.client import URI

from policy_module.egress.hosts import USUAL_PORTS, host_and_port

MATRIX_FEDERATION = "matrix-federation"
"""Scheme of a request to another homeserver, whose address Synapse finds out itself."""


@frozen
class Target:
    """``host`` is a name or address in lower case, with its port unless that is the usual one.

    For federation it is the name of a server, in which a port stands only if it belongs there.
    """

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
    if scheme == MATRIX_FEDERATION:
        return Target(scheme, _text(parsed.netloc).lower())
    return Target(scheme, host_and_port(_text(parsed.host), parsed.port, USUAL_PORTS.get(scheme)))


def target_of_text(url: object) -> Target:
    """Read a URL as people write it into a request; what is none has an empty host."""
    if not isinstance(url, str):
        return Target("", "")
    return target_of(url.encode("ascii", "backslashreplace"))


def _text(part: bytes) -> str:
    return part.decode("ascii", "backslashreplace")
