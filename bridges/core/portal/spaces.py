# SPDX-License-Identifier: AGPL-3.0-or-later
"""One space per login that gathers its rooms, and the person's list of direct chats."""

import asyncio

from mautrix.types import RoomID, UserID

from bridges.core.bot.portrait import Portrait
from bridges.core.handover.state import direct_rooms
from bridges.core.matrix import event_types
from bridges.core.matrix.client import Homeserver
from bridges.core.matrix.errors import HomeserverRefused
from bridges.core.matrix.senders import Senders
from bridges.core.network import LoginRecord, NetworkInfo
from bridges.core.portal.births import RoomBirths, created_for
from bridges.core.storage.database import Database
from bridges.core.storage.logins import KeyValueStore, LoginStore
from bridges.core.storage.people import PeopleStore


class Spaces:
    """Makes and fills spaces; does nothing if they are switched off."""

    def __init__(
        self,
        homeserver: Homeserver,
        logins: LoginStore,
        people: PeopleStore,
        senders: Senders,
        network: NetworkInfo,
        server_name: str,
        births: RoomBirths,
        portrait: Portrait,
        database: Database,
        values: KeyValueStore,
        *,
        enabled: bool,
    ) -> None:
        self._hs = homeserver
        self._logins = logins
        self._people = people
        self._senders = senders
        self._network = network
        self._server_name = server_name
        self._births = births
        self._portrait = portrait
        self._db = database
        self._values = values
        self._enabled = enabled
        self._lock = asyncio.Lock()

    async def of(self, login: LoginRecord) -> RoomID | None:
        """A login's space, made if needed; None if spaces are switched off."""
        if not self._enabled:
            return None
        async with self._lock:
            space = await self._logins.space(login.id)
            return space or await self._create(login)

    async def put(self, space: RoomID, room: RoomID) -> None:
        """Put a room into a space."""
        await self._set_child(space, room, {"via": [self._server_name]})

    async def take_out(self, space: RoomID, room: RoomID) -> None:
        """Take a room out of a space; one that is not in it stays so."""
        await self._set_child(space, room, {})
        # What a room says of its space counts only together with what the space says of it.

    async def _set_child(self, space: RoomID, room: RoomID, content: dict[str, object]) -> None:
        await self._hs.set_state(self._senders.bot, space, event_types.SPACE_CHILD, room, content)

    async def add_direct(self, owner: UserID, other: UserID, room: RoomID) -> None:
        """Have the person's clients list a room as the direct chat with ``other``."""
        if not self._senders.may_speak_as(owner):
            return
        person = await self._senders.person(owner)
        async with self._lock:
            direct = await self._hs.get_account_data(person, event_types.DIRECT)
            rooms = direct.get(other, [])
            if room not in rooms:
                direct[other] = [*rooms, room]
                await self._hs.set_account_data(person, event_types.DIRECT, direct)

    async def list_direct(self, owner: UserID, room: RoomID, other: UserID | None) -> None:
        """Have the person's clients list a room as the direct chat with ``other`` only.

        None: it is no direct chat. Does nothing for somebody the bridge may not speak for.
        """
        if not self._senders.may_speak_as(owner):
            return
        person = await self._senders.person(owner)
        async with self._lock:
            direct = await self._hs.get_account_data(person, event_types.DIRECT)
            wanted = direct_rooms(direct, room, other)
            if wanted != direct:
                await self._hs.set_account_data(person, event_types.DIRECT, wanted)

    async def bring_in(self, owner: UserID, room: RoomID) -> None:
        """Invite a person, and join them where the bridge may act for them."""
        known = await self._people.membership(room, owner)
        if known == "join":
            return
        if known != "invite":
            await self._hs.invite(self._senders.bot, room, owner)
        if not self._senders.may_speak_as(owner):
            await self._people.set_membership(room, owner, "invite")
            return
        try:
            await self._hs.join(await self._senders.person(owner), room)
        except HomeserverRefused:
            # A policy of the homeserver may forbid it; then the invitation has to do.
            await self._people.set_membership(room, owner, "invite")
        else:
            await self._people.set_membership(room, owner, "join")

    async def _create(self, login: LoginRecord) -> RoomID:
        purpose = f"org.karvon.{self._network.id}.space://{login.id}"
        begun = f"making {purpose}"
        room = None
        if await self._values.get(begun) is not None:
            room = await self._births.find(purpose)
        if room is None:
            async with self._db.transaction() as connection:
                await self._values.put(connection, begun, "1")
            room = await self._hs.create_room(self._senders.bot, self._request(login, purpose))
        await self._logins.set_space(login.id, room)
        await self._values.delete(begun)
        await self.bring_in(login.owner, room)
        return room

    def _request(self, login: LoginRecord, purpose: str) -> dict[str, object]:
        picture = self._portrait.uri
        avatar = {"type": event_types.AVATAR, "state_key": "", "content": {"url": picture}}
        return {
            "initial_state": [] if picture is None else [avatar],
            "preset": "private_chat",
            "name": f"{self._network.name} ({login.name})",
            "creation_content": {"type": "m.space"} | created_for(purpose),
            "power_level_content_override": {"events_default": 100},
        }
