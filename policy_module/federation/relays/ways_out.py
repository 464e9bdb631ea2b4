# SPDX-License-Identifier: AGPL-3.0-or-later
"""What can be done about a room that stays frozen, because nobody of this homeserver has power there:
leave it, or go on in a new one."""

from collections.abc import Callable
from http import HTTPStatus

from attrs import define
from synapse.api.errors import Codes, SynapseError
from synapse.util.async_helpers import Linearizer

from policy_module.audit.record import AuditRecord, AuditSink
from policy_module.federation.gate import refused_by
from policy_module.federation.relays.replacing import WORDS, NewRoom, Replacing
from policy_module.federation.relays.rooms import Rooms
from policy_module.live.holder import PolicyInForce
from policy_module.rules.names import server_of


@define(eq=False)
class WaysOut:
    """Done for an administrator of this homeserver, in the name of the people in the room."""

    _in_force: PolicyInForce
    _rooms: Rooms
    _replacing: Replacing
    _one_at_a_time: Linearizer
    _sink: AuditSink

    async def frozen(self) -> dict[str, list[str]]:
        """Give the rooms somebody of a refused server takes part in, with those servers."""
        found = await self._rooms.members_of(self._refused())
        return {
            room: sorted({server for user in users if (server := server_of(user)) is not None})
            for room, users in found.items()
        }

    async def leave(self, room_id: str, administrator: str) -> int:
        """Have everybody of this homeserver leave; give their number.

        Raises:
            SynapseError: 404 if nobody of this homeserver is there.
        """
        people = await self._people_here(room_id)
        for person in people:
            await self._rooms.remove(room_id, person, person, WORDS)
        self._sink.record(
            AuditRecord(
                "room_left", {"room": room_id, "user": administrator, "people": len(people)}
            )
        )
        return len(people)

    async def replace(self, room_id: str, administrator: str) -> NewRoom:
        """Go on in a new room with the local and allowed members of the old one.

        The local member with most power becomes its creator. People of this homeserver are in it at
        once, others are invited. For a room that has been replaced this gives the same new room, and
        completes what is not complete.

        Raises:
            SynapseError: 404 if nobody of this homeserver is there; 403 if the policy does not permit
                such a room.
        """
        async with self._one_at_a_time.queue(room_id):
            await self._people_here(room_id)
            new = await self._replacing.replace(room_id)
        details = {"room": room_id, "new_room": new.room_id, "user": administrator}
        self._sink.record(AuditRecord("room_replaced", details))
        return new

    async def _people_here(self, room_id: str) -> list[str]:
        people = sorted(await self._rooms.local_members(room_id))
        if not people:
            raise SynapseError(
                HTTPStatus.NOT_FOUND, "Nobody of this homeserver is in that room.", Codes.NOT_FOUND
            )
        return people

    def _refused(self) -> Callable[[str], bool]:
        return refused_by(self._in_force.policy, moment=self._in_force.now)
