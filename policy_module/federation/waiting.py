# SPDX-License-Identifier: AGPL-3.0-or-later
"""What waits in the database for servers that are refused, and must not be delivered later.

Messages between devices carry the keys of encrypted rooms. Synapse takes those for any server and
keeps them until it can be reached: after it has been allowed again it would get all of them.
"""

from collections import Counter
from collections.abc import Callable, Collection, Mapping
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
from policy_module.rules.requests import Allow, Deny, FederationRequest

if TYPE_CHECKING:
    from synapse.server import HomeServer

MESSAGES = (
    "SELECT DISTINCT destination FROM device_federation_outbox",
    "DELETE FROM device_federation_outbox WHERE destination = ?",
)
OTHERS = (
    (
        "SELECT DISTINCT destination FROM device_lists_outbound_pokes",
        "DELETE FROM device_lists_outbound_pokes WHERE destination = ?",
    ),
    # What was told of devices: without it a server that is allowed again asks for all of them.
    (
        "SELECT DISTINCT destination FROM device_lists_outbound_last_success",
        "DELETE FROM device_lists_outbound_last_success WHERE destination = ?",
    ),
    # Rooms in which a server has missed something that was said while it was allowed.
    (
        "SELECT DISTINCT destination FROM destination_rooms",
        "DELETE FROM destination_rooms WHERE destination = ?",
    ),
    (
        "SELECT DISTINCT destination FROM destination_rooms_sticky_events_backlog",
        "DELETE FROM destination_rooms_sticky_events_backlog WHERE destination = ?",
    ),
)


@define(eq=False)
class Outbox:
    """The messages between devices, and the news of devices and rooms, that wait for other servers."""

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

    def permitted(self, servers: Collection[str]) -> set[str]:
        """Give the servers that may be told which devices people have.

        The others are not recorded: nobody has asked for them to be told.
        """
        return {
            server
            for server in servers
            if isinstance(self._in_force.decide(FederationRequest(server, Direction.OUT)), Allow)
        }

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
    for statements in OTHERS:
        _delete(transaction, statements, is_refused)
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
    """Take no news of devices for a refused server from now on, in this process."""
    store = hs.get_datastores().main
    note = store.add_device_list_outbound_pokes

    async def note_permitted(
        user_id: str,
        device_id: str,
        room_id: str,
        hosts: Collection[str],
        context: dict[str, str] | None,
    ) -> None:
        await note(user_id, device_id, room_id, outbox.permitted(hosts), context)

    store.add_device_list_outbound_pokes = note_permitted  # type: ignore[method-assign]
    if not hasattr(store, "add_remote_messages_from_client_to_device_inbox"):
        return
    take = store.add_remote_messages_from_client_to_device_inbox

    async def take_permitted(remote_messages_by_destination: dict[str, Any]) -> int:
        return await take(outbox.taken(remote_messages_by_destination))

    store.add_remote_messages_from_client_to_device_inbox = take_permitted  # type: ignore[method-assign]
