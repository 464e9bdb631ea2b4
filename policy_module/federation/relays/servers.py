# SPDX-License-Identifier: AGPL-3.0-or-later
"""Which servers take part in a room, known without asking the database for every message."""

from collections import OrderedDict
from typing import TYPE_CHECKING

from attrs import define, field, frozen
from synapse.storage.database import LoggingTransaction

from policy_module.inside import state_changes
from policy_module.rules.names import server_of

if TYPE_CHECKING:
    from synapse.server import HomeServer

MOST_ROOMS = 10_000
"""Rooms of which the invited servers are remembered."""

_INVITED = (
    "SELECT state_key FROM current_state_events"
    " WHERE room_id = ? AND type = 'm.room.member' AND membership = 'invite'"
)


@frozen
class _Invited:
    """The servers invited when the stream of events stood at ``position``."""

    position: int
    servers: frozenset[str]


@define(eq=False)
class RoomServers:
    """Reads the servers of rooms. Those joined are kept by Synapse, those invited here."""

    _hs: "HomeServer"
    _kept: OrderedDict[str, _Invited] = field(factory=OrderedDict, init=False)

    async def joined(self, room_id: str) -> frozenset[str]:
        """Give the servers with somebody in the room, ours among them."""
        state = self._hs.get_storage_controllers().state
        return frozenset(
            await state.get_current_hosts_in_room_or_partial_state_approximation(room_id)
        )

    async def others(self, room_id: str) -> frozenset[str]:
        """Give the other servers with somebody joined or invited."""
        servers = await self.joined(room_id) | await self._invited(room_id)
        return servers - {self._hs.hostname}

    async def _invited(self, room_id: str) -> frozenset[str]:
        store = self._hs.get_datastores().main
        kept = self._kept.get(room_id)
        changes = state_changes(self._hs)
        if kept is None or changes.has_entity_changed(room_id, kept.position):
            position = store.get_room_max_stream_ordering()
            kept = _Invited(position, await self._read_invited(room_id))
            self._kept[room_id] = kept
            if len(self._kept) > MOST_ROOMS:
                self._kept.popitem(last=False)
        self._kept.move_to_end(room_id)
        return kept.servers

    async def _read_invited(self, room_id: str) -> frozenset[str]:
        def read(transaction: LoggingTransaction) -> list[str]:
            transaction.execute(_INVITED, (room_id,))
            return [user for (user,) in transaction.fetchall()]

        database = self._hs.get_datastores().main.db_pool
        users = await database.runInteraction("policy_invited_servers", read)
        return frozenset(server for user in users if (server := server_of(user)) is not None)
