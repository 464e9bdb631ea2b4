# SPDX-License-Identifier: AGPL-3.0-or-later
"""What the policy lets be outside its territory: ``abroad: true`` in ``egress``, and other servers."""

from collections.abc import Iterator

from attrs import frozen

from policy_module.residency.endpoints import Endpoint, Purpose
from policy_module.rules.decide import decide
from policy_module.rules.document import Direction
from policy_module.rules.document import Purpose as Egress
from policy_module.rules.names import InvalidNameError, ServerName, parse_server_name
from policy_module.rules.policy import Policy
from policy_module.rules.requests import Allow, FederationRequest

_EGRESS = {
    Purpose.MAIL: Egress.EMAIL,
    Purpose.SIGN_ON: Egress.SSO,
    Purpose.IDENTITY: Egress.IDENTITY,
    Purpose.PUSH: Egress.PUSH,
    Purpose.MEDIA_STORAGE: Egress.MEDIA_STORAGE,
    Purpose.APPLICATION_SERVICE: Egress.BRIDGES,
    Purpose.NETWORK: Egress.BRIDGES,
    Purpose.PREVIEWS: Egress.PREVIEWS,
    Purpose.MEDIA_REDIRECTS: Egress.MEDIA_REDIRECTS,
}
"""Where the policy lists hosts for a purpose; those of all others are under ``egress.other``."""

_SERVERS = frozenset({Purpose.KEY_SERVER, Purpose.FEDERATION})


@frozen
class AcceptedByPolicy:
    """Asks a policy; ``now`` is in seconds since 1970."""

    _policy: Policy
    _now: float

    def __call__(self, endpoint: Endpoint) -> str | None:
        """Give the rule that lets an endpoint be outside."""
        if endpoint.purpose in _SERVERS:
            return self._as_server(endpoint)
        listed = self._policy.egress[_EGRESS.get(endpoint.purpose, Egress.OTHER)]
        for name, parsed in _names(endpoint):
            for entry in listed.matching(name, parsed):
                if entry.abroad and (entry.until is None or self._now <= entry.until):
                    return f"egress.{entry.rule}, abroad"
        return None

    def _as_server(self, endpoint: Endpoint) -> str | None:
        """Other homeservers may be anywhere unless ``residency.federation`` says otherwise."""
        if self._policy.document.residency.federation:
            return None
        for name, _ in _names(endpoint):
            decision = decide(self._policy, FederationRequest(name, Direction.OUT), self._now)
            if isinstance(decision, Allow):
                return f"allowed server {decision.rule}; residency.federation is off"
        return None


def line_to_add(endpoint: Endpoint) -> str | None:
    """Give the line of the policy file that lets an endpoint be outside.

    ``None`` for what has no host, and for homeservers, which are no destinations of egress.
    """
    name = next((name for name, _ in _names(endpoint)), None)
    if name is None or endpoint.purpose in _SERVERS:
        return None
    purpose = _EGRESS.get(endpoint.purpose, Egress.OTHER)
    shown = f'"{name}"' if name.startswith("[") else name
    return f"egress: {{{purpose}: [{{host: {shown}, abroad: true, note: …}}]}}"


def _names(endpoint: Endpoint) -> Iterator[tuple[str, ServerName]]:
    """Give the names a pattern may stand for, with their parts: the host alone, and with its port."""
    host = endpoint.host
    if host is None:
        return
    bare = f"[{host}]" if ":" in host else host.lower().rstrip(".")
    for name in (bare, f"{bare}:{endpoint.port}"):
        try:
            yield name, parse_server_name(name)
        except InvalidNameError:
            continue
