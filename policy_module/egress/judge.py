# SPDX-License-Identifier: AGPL-3.0-or-later
"""The judge of connections: asks the policy, and asks the operator for what it refuses."""

import json
from collections.abc import Sequence

from attrs import frozen

from policy_module.audit.refusals import Cause, RefusalLog
from policy_module.live.holder import PolicyInForce
from policy_module.rules.document import Direction, Purpose
from policy_module.rules.requests import Allow, Deny, EgressRequest, FederationRequest

Purposes = Sequence[Purpose]
"""Why a client connects, the likeliest first; the host has to be listed for one of them."""


@frozen(eq=False)
class Judge:
    """Answers whether a host may be connected to, and records each refusal once per cause.

    ``registered`` are hosts on this machine that the registrations of application services name:
    the operator has said in homeserver.yaml already that they belong to the homeserver.
    """

    _in_force: PolicyInForce
    _refusals: RefusalLog
    _registered: frozenset[str] = frozenset()

    def refusal(self, purposes: Purposes, host: str) -> Deny | None:
        """Give why ``host`` may not be connected to; ``None`` if it may."""
        if Purpose.BRIDGES in purposes and host in self._registered:
            return None
        decisions = [self._in_force.decide(EgressRequest(each, host)) for each in purposes]
        return self._refused(purposes[0], host, decisions)

    def refusal_of_server(self, host: str) -> Deny | None:
        """Give why ``host`` may not be asked where a homeserver is to be found.

        It may if it is an allowed server itself; where that sends us has to be listed.
        """
        if isinstance(self._in_force.decide(FederationRequest(host, Direction.OUT)), Allow):
            return None
        return self.refusal((Purpose.OTHER,), host)

    def _refused(
        self, purpose: Purpose, host: str, decisions: Sequence[Allow | Deny]
    ) -> Deny | None:
        denials = [decision for decision in decisions if isinstance(decision, Deny)]
        if len(denials) < len(decisions):
            return None
        denial = denials[0]
        self._refusals.refused(
            Cause(f"connect for {purpose}", host, denial.rule, add=line_to_add(purpose, host))
        )
        return denial


def line_to_add(purpose: Purpose, host: str, *, abroad: bool = False) -> str:
    """Give what in ``policy.yaml`` would allow a destination, as YAML on one line."""
    entry = {"host": host, "abroad": True} if abroad else host
    return f"egress: {{{purpose}: [{json.dumps(entry)}]}}"
