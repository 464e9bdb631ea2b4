# SPDX-License-Identifier: AGPL-3.0-or-later
"""Rooms the bot was removed from: a ghost lets it in again, or the chat goes on in a new room."""

import structlog
from attrs import evolve
from mautrix.types import RoomID

from bridges.core.bot.rooms import ManagementRooms
from bridges.core.bot.voice import BotVoice
from bridges.core.errors import TemporaryError
from bridges.core.ids import ChatKey
from bridges.core.matrix.client import Homeserver
from bridges.core.matrix.errors import HomeserverRefused
from bridges.core.matrix.senders import Senders
from bridges.core.portal.rooms import Rooms
from bridges.core.storage.logins import LoginStore
from bridges.core.storage.messages import MessageStore
from bridges.core.storage.people import PeopleStore
from bridges.core.storage.portals import Portal, PortalStore
from bridges.core.text import user_text


class RoomRestored(TemporaryError):
    """What could not be done in a room can be done now, there or in the chat's new room."""

    def __init__(self) -> None:
        super().__init__("ROOM_RESTORED", user_text("The room was lost."), retry_after=0)


class Rescue:
    """Gives chats a room again in which the bot can act."""

    def __init__(
        self,
        homeserver: Homeserver,
        logins: LoginStore,
        portals: PortalStore,
        people: PeopleStore,
        messages: MessageStore,
        senders: Senders,
        rooms: Rooms,
        management: ManagementRooms,
        voice: BotVoice,
    ) -> None:
        self._log = structlog.get_logger("karvon.rescue")
        self._hs = homeserver
        self._logins = logins
        self._portals = portals
        self._people = people
        self._messages = messages
        self._senders = senders
        self._rooms = rooms
        self._management = management
        self._voice = voice

    async def helped(self, chat: ChatKey) -> bool:
        """Whether a chat's room was lost, and something was done about it.

        False if the bot is where it should be: then something else is wrong.
        """
        portal = await self._portals.get(chat)
        if portal is None or portal.room is None:
            return False
        if portal.room in await self._hs.joined_rooms(self._senders.bot):
            return False
        if not await self._came_back(portal.room):
            await self._give_up(portal, portal.room)
        return True

    async def _came_back(self, room: RoomID) -> bool:
        bot = self._senders.bot
        inside = await self._people.with_membership(room, "join")
        for mxid in (None, *inside):
            try:
                if mxid is not None:
                    if self._senders.ghost_of(mxid) is None:
                        continue
                    await self._hs.invite(self._senders.known(mxid), room, bot.mxid)
                await self._hs.join(bot, room)
            except HomeserverRefused as refused:
                self._log.info("the bot cannot come back this way", error=str(refused))
            else:
                await self._people.set_membership(room, bot.mxid, "join")
                return True
        return False

    async def _give_up(self, portal: Portal, room: RoomID) -> None:
        """Have the chat's next message make a new room. People are told first: it may be repeated."""
        for part in await self._portals.logins_in(portal.key):
            record = await self._logins.get(part.login)
            if record is not None:
                text = user_text(
                    "I was removed from the room of {name}. The chat goes on in a new room.",
                    name=portal.name or room,
                )
                mine = await self._management.of(record.owner)
                await self._voice.say(mine, text, user=record.owner)
            self._rooms.forget(portal.key, part.login)
            await self._portals.remove_login(part.login, portal.key)
        await self._messages.detach(portal.key)
        await self._portals.save(evolve(portal, room=None))
        self._portals.forget_room(room)
