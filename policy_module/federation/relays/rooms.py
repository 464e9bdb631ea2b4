# SPDX-License-Identifier: AGPL-3.0-or-later
"""Rooms as the database has them, and what is done to them in the name of local people."""

import json
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from attrs import define
from synapse.api.constants import Membership
from synapse.events import EventBase
from synapse.module_api import ModuleApi
from synapse.storage.database import LoggingTransaction
from synapse.types import UserID, create_requester
from synapse.types.state import StateFilter

from policy_module.federation.relays.acl import OURS
from policy_module.federation.relays.freeze import OwnWork
from policy_module.federation.relays.power import Powers
from policy_module.rules.names import server_of

if TYPE_CHECKING:
    from synapse.server import HomeServer

ACL = "m.room.server_acl"

_MEMBERS = (
    "SELECT room_id, state_key FROM current_state_events"
    " WHERE type = 'm.room.member' AND membership IN ('join', 'invite', 'knock')"
)
_ROOMS_WITH_OUR_ACL = (
    "SELECT state.room_id FROM current_state_events AS state"
    " JOIN event_json AS json ON json.event_id = state.event_id"
    " WHERE state.type = ? AND state.state_key = '' AND json.json LIKE ?"
)
_MEMBERSHIPS = (
    "SELECT state_key, membership FROM current_state_events"
    " WHERE room_id = ? AND type = 'm.room.member'"
)
_MADE_WITH = (
    "SELECT state.room_id, json.json FROM current_state_events AS state"
    " JOIN events ON events.event_id = state.event_id"
    " JOIN event_json AS json ON json.event_id = state.event_id"
    " WHERE state.type = 'm.room.create' AND state.state_key = '' AND json.json LIKE ?"
    " AND EXISTS (SELECT 1 FROM current_state_events AS levels WHERE"
    " levels.room_id = state.room_id AND levels.type = 'm.room.power_levels')"
    " ORDER BY events.stream_ordering"
)
_SAID_WITH = (
    "SELECT events.sender FROM events JOIN event_json AS json ON json.event_id = events.event_id"
    " WHERE events.room_id = ? AND events.type = 'm.room.message' AND json.json LIKE ?"
)


@define(eq=False)
class Rooms:
    """The rooms this homeserver takes part in."""

    _api: ModuleApi
    _hs: "HomeServer"
    _store: Any
    """Synapse's data store; its cached methods have no types outside its own checks."""
    _own_work: OwnWork

    async def members_of(
        self, is_refused: Callable[[str], bool], room_id: str | None = None
    ) -> Mapping[str, Sequence[str]]:
        """Give the people of refused servers who are in a room, invited or asking to be let in.

        By room; of one room if ``room_id`` is given.
        """

        def read(transaction: LoggingTransaction) -> dict[str, list[str]]:
            if room_id is None:
                transaction.execute(_MEMBERS)
            else:
                transaction.execute(f"{_MEMBERS} AND room_id = ?", (room_id,))
            found: defaultdict[str, list[str]] = defaultdict(list)
            for room, user in transaction:
                server = server_of(user)
                if server is None or is_refused(server):
                    found[room].append(user)
            return dict(found)

        return await self._api.run_db_interaction("policy_members", read)

    async def with_our_acl(self) -> Sequence[str]:
        """Give the rooms in whose list of servers this module has denied somebody."""

        def read(transaction: LoggingTransaction) -> list[str]:
            transaction.execute(_ROOMS_WITH_OUR_ACL, (ACL, f'%"{OURS}"%'))
            return [room for (room,) in transaction.fetchall()]

        return await self._api.run_db_interaction("policy_acls", read)

    async def local_members(self, room_id: str) -> Iterable[str]:
        """Give the people of this homeserver who are in a room."""
        members: Iterable[str] = await self._store.get_local_users_in_room(room_id)
        return members

    async def memberships(self, room_id: str) -> Mapping[str, str]:
        """Give the memberships of a room, by user."""

        def read(transaction: LoggingTransaction) -> dict[str, str]:
            transaction.execute(_MEMBERSHIPS, (room_id,))
            return dict(transaction.fetchall())

        return await self._api.run_db_interaction("policy_memberships", read)

    async def marked(self, key: str, mark: str) -> tuple[str, str] | None:
        """Find the first room somebody of this homeserver has made with a mark in its creation.

        Gives it with its creator. One whose making was broken off, so that nobody has power there, does
        not count.
        """

        def read(transaction: LoggingTransaction) -> list[tuple[str, str]]:
            transaction.execute(_MADE_WITH, (f"%{mark}%",))
            return transaction.fetchall()

        for room_id, text in await self._api.run_db_interaction("policy_marked", read):
            event = json.loads(text)
            if event["content"].get(key) == mark and self._api.is_mine(event["sender"]):
                return room_id, event["sender"]
        return None

    async def has_said(self, room_id: str, key: str) -> bool:
        """Whether somebody of this homeserver has said something with a key in its content there."""

        def read(transaction: LoggingTransaction) -> list[str]:
            transaction.execute(_SAID_WITH, (room_id, f'%"{key}"%'))
            return [sender for (sender,) in transaction.fetchall()]

        senders = await self._api.run_db_interaction("policy_said", read)
        return any(self._api.is_mine(sender) for sender in senders)

    async def powers(self, room_id: str) -> Powers:
        """Read who may do what in a room."""
        state = await self._events(room_id, ("m.room.create", "m.room.power_levels"))
        create = state["m.room.create"]
        levels = state.get("m.room.power_levels")
        above: frozenset[str] = frozenset()
        if create.room_version.msc4289_creator_power_enabled:
            above = frozenset((create.sender, *create.content.get("additional_creators", ())))
        return Powers(levels.content if levels is not None else None, create.sender, above)

    async def acl(self, room_id: str) -> Mapping[str, Any] | None:
        """Read a room's list of servers."""
        event = (await self._events(room_id, (ACL,))).get(ACL)
        return event.content if event is not None else None

    async def contents(self, room_id: str, types: Sequence[str]) -> Mapping[str, Mapping[str, Any]]:
        """Read the contents of some of a room's state, with an empty key, by type."""
        events = await self._events(room_id, types)
        return {kind: event.content for kind, event in events.items()}

    async def _events(self, room_id: str, types: Sequence[str]) -> Mapping[str, EventBase]:
        # A room that was joined a moment ago may not have told all its members yet. Its other state is
        # known, and nobody may keep us from putting it in order by telling the rest slowly.
        state = await self._hs.get_storage_controllers().state.get_current_state(
            room_id, StateFilter.from_types([(kind, "") for kind in types]), await_full_state=False
        )
        return {kind: event for (kind, _), event in state.items()}

    async def set_state(
        self, room_id: str, sender: str, event_type: str, content: dict[str, Any]
    ) -> None:
        """Set state with an empty key, also while the room is frozen.

        Raises:
            SynapseError: if the room does not permit it.
        """
        with self._own_work.sending(room_id, event_type, sender):
            await self._api.create_and_send_event_into_room(
                {
                    "type": event_type,
                    "state_key": "",
                    "room_id": room_id,
                    "sender": sender,
                    "content": content,
                }
            )

    async def remove(self, room_id: str, actor: str, target: str, reason: str) -> None:
        """Kick somebody, or take an invite back, without asking their server for anything.

        Raises:
            SynapseError: if the room does not permit it.
        """
        await self.set_membership(room_id, actor, target, Membership.LEAVE, reason)

    async def set_membership(
        self, room_id: str, actor: str, target: str, membership: str, reason: str | None = None
    ) -> None:
        """Set a membership in the name of ``actor``.

        Raises:
            SynapseError: if the room or the policy does not permit it.
        """
        await self._hs.get_room_member_handler().update_membership(
            create_requester(actor),
            UserID.from_string(target),
            room_id,
            membership,
            content={} if reason is None else {"reason": reason},
            ratelimit=False,
        )
