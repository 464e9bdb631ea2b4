# SPDX-License-Identifier: AGPL-3.0-or-later
"""What waits in the database for servers that are refused, and must not be delivered later.

Messages between devices carry the keys of encrypted rooms. Synapse takes those for any server and
keeps them until it can be reached: after it has been allowed again it would get all of them.
"""

from collections import Counter
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from attrs import define
from synapse.module_api import ModuleApi
from synapse.storage.database import LoggingTransaction

from policy_module.audit.record import AuditRecord, AuditSink
from policy_module.audit.refusals import Cause, RefusalLog
from policy_module.federation.gate import refused_by
from policy_module.live.holder import PolicyInForce
from policy_module.rules.document import Direction
from policy_module.rules.policy import Policy
from policy_module.rules.requests import Deny, FederationRequest

if TYPE_CHECKING:
    from synapse.server import HomeServer

MESSAGES = (
    "SELECT DISTINCT destination FROM device_federation_outbox",
    "DELETE FROM device_federation_outbox WHERE destination = ?",
)
DEVICE_CHANGES = (
    "SELECT DISTINCT destination FROM device_lists_outbound_pokes",
    "DELETE FROM device_lists_outbound_pokes WHERE destination = ?",
)


@define(eq=False)
class Outbox:
    """The messages between devices that wait for other servers."""

    _api: ModuleApi
    _in_force: PolicyInForce
    _refusals: RefusalLog
    _sink: AuditSink

    def taken(self, messages: Mapping[str, Any]) -> dict[str, Any]:
        """Give the messages, by destination, that may be kept for sending."""
        kept = {}
        for server, message in messages.items():
            decision = self._in_force.decide(FederationRequest(server, Direction.OUT))
            if isinstance(decision, Deny):
                self._refusals.refused(
                    Cause("to_device", server, decision.rule, direction=Direction.OUT)
                )
            else:
                kept[server] = message
        return kept

    def changed(self, before: Policy, now: Policy) -> None:
        """Delete what waits for servers that are refused now, or were until now."""
        self._api.run_as_background_process(
            "policy_outbox", self._clear, refused_by(before, now, moment=self._in_force.now)
        )

    async def _clear(self, is_refused: Callable[[str], bool]) -> None:
        deleted = await self._api.run_db_interaction("policy_outbox", delete_waiting, is_refused)
        for server, messages in sorted(deleted.items()):
            self._sink.record(
                AuditRecord("to_device_dropped", {"server": server, "messages": messages})
            )


def delete_waiting(
    transaction: LoggingTransaction, is_refused: Callable[[str], bool]
) -> Counter[str]:
    """Delete what waits for refused servers; give the number of messages deleted, by server."""
    _delete(transaction, DEVICE_CHANGES, is_refused)
    return _delete(transaction, MESSAGES, is_refused)


def _delete(
    transaction: LoggingTransaction,
    statements: tuple[str, str],
    is_refused: Callable[[str], bool],
) -> Counter[str]:
    waiting, delete = statements
    transaction.execute(waiting)
    deleted: Counter[str] = Counter()
    for server in [server for (server,) in transaction.fetchall() if is_refused(server)]:
        transaction.execute(delete, (server,))
        deleted[server] = transaction.rowcount
    return deleted


def keep_nothing_waiting(hs: "HomeServer", outbox: Outbox) -> None:
    """Take no message between devices for a refused server from now on, in this process."""
    store = hs.get_datastores().main
    if not hasattr(store, "add_remote_messages_from_client_to_device_inbox"):
        return
    take = store.add_remote_messages_from_client_to_device_inbox

    async def take_permitted(remote_messages_by_destination: dict[str, Any]) -> int:
        return await take(outbox.taken(remote_messages_by_destination))

    store.add_remote_messages_from_client_to_device_inbox = take_permitted  # type: ignore[method-assign]
