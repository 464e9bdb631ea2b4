# SPDX-License-Identifier: AGPL-3.0-or-later
"""Who may exchange anything with us at this moment: the policy, and whether we can account for it."""

from collections.abc import Callable

from attrs import define, field

from policy_module.audit.record import AuditSink
from policy_module.live.holder import PolicyInForce
from policy_module.rules.decide import decide
from policy_module.rules.document import Direction
from policy_module.rules.names import server_of
from policy_module.rules.policy import Policy
from policy_module.rules.requests import (
    Allow,
    Decision,
    Deny,
    FederationRequest,
    InviteRequest,
    Reason,
)

NO_RECORD = "the audit log cannot be written"


@define(eq=False)
class Gate:
    """Answers by the policy in force, and refuses every other server while nothing can be recorded or
    somebody else may have been asked.

    Rooms are put in order by the policy alone: a full disk must not cost anybody their membership.
    """

    _in_force: PolicyInForce
    _sink: AuditSink
    _closed: str | None = field(default=None, init=False)

    def close(self, rule: str) -> None:
        """Refuse every other server from now on, until the homeserver is started again."""
        self._closed = rule

    def decide(self, request: FederationRequest | InviteRequest) -> Decision:
        """Answer a request; never raises."""
        decision = self._in_force.decide(request)
        rule = self._closed
        if rule is None and not self._sink.healthy:
            rule = NO_RECORD
        if rule is None or isinstance(decision, Deny):
            return decision
        other = self._other(request)
        if other == self._in_force.policy.own_server:
            return Allow(decision.rule)
        return Deny(Reason.CLOSED, rule, other)

    def _other(self, request: FederationRequest | InviteRequest) -> str | None:
        """Give the server at the other end; our own if there is none."""
        match request:
            case FederationRequest(server):
                return server
            case InviteRequest(inviter, invitee):
                ours = self._in_force.policy.own_server
                return next(
                    (server for user in (inviter, invitee) if (server := server_of(user)) != ours),
                    ours,
                )


def refused_by(*policies: Policy, moment: float) -> Callable[[str], bool]:
    """Give a test for servers that one of the policies keeps us from calling, for any thread.

    ``moment`` is in seconds since 1970.
    """

    def is_refused(server: str) -> bool:
        request = FederationRequest(server, Direction.OUT)
        return any(isinstance(decide(policy, request, moment), Deny) for policy in policies)

    return is_refused
