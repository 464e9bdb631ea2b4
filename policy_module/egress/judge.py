# SPDX-License-Identifier: AGPL-3.0-or-later
"""The judge of connections: asks the policy, and asks the operator for what it refuses."""

import ipaddress
import json
from collections.abc import Sequence

from attrs import frozen

from policy_module.audit.refusals import Cause, RefusalLog
from policy_module.egress.hosts import USUAL_PORTS, host_and_port
from policy_module.live.holder import PolicyInForce
from policy_module.rules.document import Direction, Purpose
from policy_module.rules.requests import (
    AddressRequest,
    Allow,
    Deny,
    EgressRequest,
    FederationRequest,
    Reason,
)

NOT_LOOPBACK = "registered on this machine, resolved to another"

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
        return None if self.is_server(host) else self.refusal((Purpose.OTHER,), host)

    def is_server(self, host: str) -> bool:
        """Whether ``host`` is the name of a server we may talk to."""
        return isinstance(self._in_force.decide(FederationRequest(host, Direction.OUT)), Allow)

    def refusal_of_address(
        self, purposes: Purposes, host: str, port: int, address: str
    ) -> Deny | None:
        """Give why ``host`` may not be connected to at ``address``; no purposes mean federation."""
        with_port, without = host_and_port(host, port, None), host_and_port(host, port, port)
        names = (without, with_port) if port in USUAL_PORTS.values() else (with_port, without)
        at = ipaddress.ip_address(address)
        if Purpose.BRIDGES in purposes and self._registered.intersection(names):
            return None if at.is_loopback else self._not_this_machine(names)
        decision = self._in_force.decide(AddressRequest(tuple(purposes), names, at))
        if isinstance(decision, Allow):
            return None
        self._refusals.refused(
            Cause(
                f"connect for {purposes[0] if purposes else 'federation'}",
                decision.subject,
                decision.rule,
                add=line_to_add(purposes[0], names[0], abroad=True) if purposes else None,
            )
        )
        return decision

    def _not_this_machine(self, names: tuple[str, str]) -> Deny:
        """Refuse what only calls itself this machine, which is all that let it through."""
        denial = Deny(Reason.DESTINATION_NOT_LISTED, NOT_LOOPBACK, names[0])
        self._refusals.refused(Cause(f"connect for {Purpose.BRIDGES}", names[0], denial.rule))
        return denial

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
