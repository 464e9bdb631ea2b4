# SPDX-License-Identifier: AGPL-3.0-or-later
"""What it takes to go on in a new room, done on this homeserver."""

import hashlib
import hmac
from collections.abc import Callable, Collection, Mapping
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from attrs import define
from synapse.api.errors import SynapseError
from synapse.module_api import ModuleApi
from synapse.types import create_requester

from policy_module.federation.gate import refused_by
from policy_module.federation.relays.replacing import Successor
from policy_module.federation.relays.rooms import Rooms
from policy_module.federation.relays.successor import (
    REPLACES,
    TAKEN_OVER,
    OldRoom,
    coming,
    successor,
)
from policy_module.live.holder import PolicyInForce
from policy_module.rules.names import server_of

if TYPE_CHECKING:
    from synapse.server import HomeServer


@define(eq=False)
class Moving:
    """The work on rooms, for :class:`~policy_module.federation.relays.replacing.Replacing`."""

    _api: ModuleApi
    _hs: "HomeServer"
    _in_force: PolicyInForce
    _rooms: Rooms

    async def found(self, old: str) -> Successor | None:
        """Find the room that was made in the place of another."""
        found = await self._rooms.marked(REPLACES, self._mark(old))
        return None if found is None else Successor(*found)

    async def made(self, old: str) -> Successor:
        """Make one. The local member with most power becomes its creator."""
        people = sorted(await self._rooms.local_members(old))
        powers = await self._rooms.powers(old)
        creator = powers.strongest(people) or people[0]
        members = coming(await self.memberships(old))
        version = self._hs.config.server.default_room_version
        room_id, _ = await self._api.create_room(
            creator,
            successor(
                OldRoom(old, await self._rooms.contents(old, TAKEN_OVER), powers.above),
                creator,
                members,
                self._mark(old),
                shared=not all(map(self._api.is_mine, members)),
                creators_stand_above=version.msc4289_creator_power_enabled,
            ),
            ratelimit=False,
        )
        return Successor(room_id, creator)

    async def local_members(self, room_id: str) -> Collection[str]:
        """Give the people of this homeserver who are in a room."""
        return frozenset(await self._rooms.local_members(room_id))

    async def memberships(self, room_id: str) -> Mapping[str, str]:
        """Give the memberships by user, without people of refused servers."""
        is_refused = self._refused_now()
        return {
            user: membership
            for user, membership in (await self._rooms.memberships(room_id)).items()
            if (server := server_of(user)) is not None and not is_refused(server)
        }

    async def set_membership(self, actor: str, user: str, room_id: str, membership: str) -> None:
        """Set a membership in the name of ``actor``."""
        await self._rooms.set_membership(room_id, actor, user, membership)

    async def move_aliases(self, old: str, new: str) -> Collection[str]:
        """Have all local aliases of a room lead to another; give all that lead there."""
        store: Any = self._hs.get_datastores().main
        await store.update_aliases_for_room(old, new)
        aliases: Collection[str] = await store.get_aliases_for_room(new)
        return aliases

    async def move_entry(self, old: str, new: Successor) -> bool:
        """Have a room take another's place in the directory, if the policy permits that."""
        store = self._hs.get_datastores().main
        if await self._is_published(old):
            directory = self._hs.get_directory_handler()
            with suppress(SynapseError):  # A refusal is recorded where it is made.
                await directory.edit_published_room_list(
                    create_requester(new.creator), new.room_id, "public"
                )
            await store.set_room_is_public(old, False)
        return await self._is_published(new.room_id)

    async def state(self, room_id: str, event_type: str) -> Mapping[str, Any] | None:
        """Give the content of state with an empty key."""
        return (await self._rooms.contents(room_id, (event_type,))).get(event_type)

    async def setter(self, room_id: str, event_type: str) -> str | None:
        """Give somebody of this homeserver who may set state of a type; ``None`` if nobody may."""
        powers = await self._rooms.powers(room_id)
        strongest = powers.strongest(await self._rooms.local_members(room_id))
        if strongest is None or not powers.may_set(strongest, event_type):
            return None
        return strongest

    async def set_state(
        self, room_id: str, sender: str, event_type: str, content: dict[str, Any]
    ) -> None:
        """Set state with an empty key, also while the room is frozen."""
        await self._rooms.set_state(room_id, sender, event_type, content)

    async def tell(self, old: str, new: Successor, text: str) -> None:
        """Say in the new room, once, what it is there for."""
        if await self._rooms.has_said(new.room_id, REPLACES):
            return
        content = {"msgtype": "m.notice", "body": text, REPLACES: old}
        await self._api.create_and_send_event_into_room(
            {
                "type": "m.room.message",
                "room_id": new.room_id,
                "sender": new.creator,
                "content": content,
            }
        )

    async def _is_published(self, room_id: str) -> bool:
        room = await self._hs.get_datastores().main.get_room(room_id)
        return room is not None and room[0]

    def _mark(self, old: str) -> str:
        """Give what the successor of a room is known by.

        Anybody can name any room as the predecessor of theirs; this nobody else can write.
        """
        secret = self._hs.config.key.macaroon_secret_key
        return hmac.new(secret, f"{REPLACES} {old}".encode(), hashlib.sha256).hexdigest()

    def _refused_now(self) -> Callable[[str], bool]:
        return refused_by(self._in_force.policy, moment=self._in_force.now)
