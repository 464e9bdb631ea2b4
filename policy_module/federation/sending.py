# SPDX-License-Identifier: AGPL-3.0-or-later
"""What waits in memory for servers that are refused, in the process that sends.

Synapse keeps one queue for each server and empties it only when something was delivered: after the
server has been allowed again it would get what was said before.
"""

from collections.abc import Callable, Mapping
from typing import Any

from attrs import define

from policy_module.audit.record import AuditRecord, AuditSink
from policy_module.federation.gate import refused_by
from policy_module.inside import empty
from policy_module.live.holder import PolicyInForce
from policy_module.rules.policy import Policy


@define(eq=False)
class Queues:
    """Synapse's queues by server (``FederationSender``, 1.163), which come and go by themselves."""

    _queues: Mapping[str, Any]
    _in_force: PolicyInForce
    _sink: AuditSink

    def changed(self, before: Policy, now: Policy) -> None:
        """Empty the queues for servers that are refused now, or were until now."""
        self._empty(refused_by(before, now, moment=self._in_force.now))

    def _empty(self, is_refused: Callable[[str], bool]) -> None:
        for server, queue in self._queues.items():
            dropped = empty(queue) if is_refused(server) else 0
            if dropped:
                self._sink.record(
                    AuditRecord("queue_dropped", {"server": server, "waiting": dropped})
                )
