# SPDX-License-Identifier: AGPL-3.0-or-later
"""What can be done about a room that stays frozen, because nobody of this homeserver has power there:
leave it, or go on in a new one."""

import logging
from collections.abc import Callable
from http import HTTPStatus
from typing import TYPE_CHECKING

from attrs import define, frozen
from synapse.api.constants import Membership
from synapse.api.errors import Codes, SynapseError
from synapse.module_api import ModuleApi
from synapse.types import UserID, create_requester

from policy_module.audit.record import AuditRecord, AuditSink
from policy_module.federation.gate import refused_by
from policy_module.federation.relays.rooms import Rooms
from policy_module.federation.relays.successor import TAKEN_OVER, OldRoom, successor
from policy_module.live.holder import PolicyInForce
from policy_module.rules.names import server_of

if TYPE_CHECKING:
    from synapse.server import HomeServer

logger = logging.getLogger(__name__)

TOMBSTONE = "m.room.tombstone"

WORDS = (
    "This room goes on elsewhere: a server takes part here that this homeserver does not talk to."
)


@frozen
class NewRoom:
    """A room that has replaced another.

    ``came`` are those who are in it or invited, ``missing`` those who could not be; ``pointed_to``
    says whether the old room points to it.
    """

    room_id: str
    came: tuple[str, ...]
    missing: tuple[str, ...]
    pointed_to: bool


@define(eq=False)
class WaysOut:
    """Done for an administrator of this homeserver, in the name of the people in the room."""

    _api: ModuleApi
    _hs: "HomeServer"
    _in_force: PolicyInForce
    _rooms: Rooms
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
            await self._set(person, person, room_id, Membership.LEAVE, WORDS)
        self._sink.record(
            AuditRecord(
                "room_left", {"room": room_id, "user": administrator, "people": len(people)}
            )
        )
        return len(people)

    async def replace(self, room_id: str, administrator: str) -> NewRoom:
        """Make a new room with the local and allowed members of the old one.

        The local member with most power becomes its creator. People of this homeserver are in it at
        once, others are invited.

        Raises:
            SynapseError: 404 if nobody of this homeserver is there; 403 if the policy does not permit
                such a room.
        """
        people = await self._people_here(room_id)
        powers = await self._rooms.powers(room_id)
        creator = powers.strongest(people) or people[0]
        members = await self._rooms.members_not_of(self._refused(), room_id)
        old = OldRoom(room_id, await self._rooms.contents(room_id, TAKEN_OVER))
        version = self._hs.config.server.default_room_version
        new_room, _ = await self._api.create_room(
            creator,
            successor(
                old,
                creator,
                members,
                shared=set(members) != set(people),
                creators_stand_above=version.msc4289_creator_power_enabled,
            ),
            ratelimit=False,
        )
        others = [user for user in members if user != creator]
        came = tuple([user for user in others if await self._bring(creator, user, new_room)])
        pointed_to = powers.may_set(creator, TOMBSTONE)
        if pointed_to:
            await self._point(room_id, creator, new_room)
        details = {"room": room_id, "new_room": new_room, "user": administrator}
        self._sink.record(AuditRecord("room_replaced", details))
        return NewRoom(new_room, (creator, *came), tuple(set(others).difference(came)), pointed_to)

    async def _people_here(self, room_id: str) -> list[str]:
        people = sorted(await self._rooms.local_members(room_id))
        if not people:
            raise SynapseError(
                HTTPStatus.NOT_FOUND, "Nobody of this homeserver is in that room.", Codes.NOT_FOUND
            )
        return people

    async def _bring(self, creator: str, user: str, room_id: str) -> bool:
        try:
            await self._set(creator, user, room_id, Membership.INVITE)
            if self._api.is_mine(user):
                await self._set(user, user, room_id, Membership.JOIN)
        except SynapseError as error:
            logger.warning("Could not bring %s into %s: %s", user, room_id, error)
            return False
        return True

    async def _set(
        self, actor: str, target: str, room_id: str, membership: str, reason: str | None = None
    ) -> None:
        await self._hs.get_room_member_handler().update_membership(
            create_requester(actor),
            UserID.from_string(target),
            room_id,
            membership,
            content={"reason": reason} if reason is not None else {},
            ratelimit=False,
        )

    async def _point(self, room_id: str, sender: str, new_room: str) -> None:
        content = {"body": WORDS, "replacement_room": new_room}
        await self._rooms.set_state(room_id, sender, TOMBSTONE, content)

    def _refused(self) -> Callable[[str], bool]:
        return refused_by(self._in_force.policy, moment=self._in_force.now)
