# SPDX-License-Identifier: AGPL-3.0-or-later
"""People who leave the room of a chat.

Leaving a room is one click, and leaving a group on the network may be for ever. So by default somebody
leaves the room only, and the bot tells them how to leave the group as well and how to come back. The
operator may decide that the room and the group are left together.
"""

from mautrix.types import RoomID, UserID

from bridges.core.bot.rooms import ManagementRooms
from bridges.core.bot.voice import BotVoice
from bridges.core.chat import ChatKind
from bridges.core.errors import BridgeError, Rejected, SessionLost, TemporaryError, Unsupported
from bridges.core.events import ChatGone
from bridges.core.network import NetworkInfo
from bridges.core.portal.carriers import Carriers
from bridges.core.portal.departures import Departures
from bridges.core.portal.membership import RoomMembers
from bridges.core.portal.properties import RoomProperties
from bridges.core.portal.rooms import Rooms
from bridges.core.portal.task import unsupported
from bridges.core.room_abilities import HandlesLeave
from bridges.core.sessions import ActiveLogin
from bridges.core.storage.portals import Portal, PortalStore
from bridges.core.text import UserText, user_text


class Leaving:
    """Lets people out."""

    def __init__(
        self,
        portals: PortalStore,
        rooms: Rooms,
        members: RoomMembers,
        departures: Departures,
        carriers: Carriers,
        properties: RoomProperties,
        management: ManagementRooms,
        voice: BotVoice,
        network: NetworkInfo,
        *,
        leave_chats: bool,
    ) -> None:
        """``leave_chats``: who leaves a room leaves the group or channel as well."""
        self._portals = portals
        self._rooms = rooms
        self._members = members
        self._departures = departures
        self._carriers = carriers
        self._properties = properties
        self._management = management
        self._voice = voice
        self._network = network
        self._leave_chats = leave_chats

    async def left(self, portal: Portal, room: RoomID, person: UserID) -> None:
        """Somebody has left a room. Raises ``TemporaryError`` if that has to be handled again."""
        logins = await self._carriers.logins_in(person, portal)
        if not logins:
            return
        if portal.kind is ChatKind.DIRECT:
            for login in logins:
                self._rooms.forget(portal.key, login.record.id)
            await self._tell(person, self._of_direct(await self._properties.title(portal)))
            return
        if self._leave_chats:
            refusal = await self._leave_all(portal, logins)
            if refusal is None:
                return
            await self._tell(person, refusal)
        await self._tell(person, self._of_group(portal.name, room))

    async def leave_chat(self, person: UserID, room: RoomID) -> str:
        """Have a person's logins leave the chat of a room; returns its name.

        Raises ``Rejected`` if it is none of theirs, and the network's errors.
        """
        portal, logins = await self._chat_of(person, room)
        if portal.kind is ChatKind.DIRECT:
            raise Unsupported("DIRECT", user_text("Only groups and channels can be left."))
        for login in logins:
            await self._leave(portal, login)
        return await self._properties.title(portal)

    async def rejoin(self, person: UserID, room: RoomID) -> str:
        """Bring a person back into the room of a chat they are in; returns its name.

        Raises ``Rejected`` if it is none.
        """
        portal, _ = await self._chat_of(person, room)
        await self._members.invite(room, person)
        return await self._properties.title(portal)

    async def _chat_of(self, person: UserID, room: RoomID) -> tuple[Portal, list[ActiveLogin]]:
        portal = await self._portals.by_room(room)
        logins = [] if portal is None else await self._carriers.logins_in(person, portal)
        if portal is None or not logins:
            raise Rejected(
                "NO_CHAT",
                user_text(
                    "That is not the room of a chat of yours. Say the command in the room itself, "
                    "or add its address, which begins with an exclamation mark."
                ),
            )
        return portal, logins

    async def _leave(self, portal: Portal, login: ActiveLogin) -> None:
        session = login.session
        if not isinstance(session, HandlesLeave):
            raise unsupported(self._network)
        await session.leave(portal.key)
        await self._departures.gone(ChatGone(portal.key), login)

    async def _leave_all(self, portal: Portal, logins: list[ActiveLogin]) -> UserText | None:
        """Leave with all logins; why it was refused, if it was."""
        try:
            for login in logins:
                await self._leave(portal, login)
        except (TemporaryError, SessionLost):
            raise
        except BridgeError as error:
            return error.text
        return None

    async def _tell(self, person: UserID, text: UserText) -> None:
        room = await self._management.of(person)
        await self._voice.say(room, text, user=person, markdown=True)

    def _of_direct(self, name: str) -> UserText:
        return user_text(
            "You have left the room with {name}. It comes back with their next message.", name=name
        )

    def _of_group(self, name: str, room: RoomID) -> UserText:
        return user_text(
            "You have left the room of {name}, but not the chat on {network}: nobody there notices, "
            "and its messages do not reach you here. To leave it there as well, say "
            "`leave-chat {room}`; to come back to the room, say `rejoin {room}`.",
            name=name,
            network=self._network.name,
            room=room,
        )
