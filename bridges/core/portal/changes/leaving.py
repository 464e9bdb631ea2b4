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
from bridges.core.errors import BridgeError, SessionLost, TemporaryError
from bridges.core.network import NetworkInfo
from bridges.core.portal.carriers import Carriers
from bridges.core.portal.properties import RoomProperties
from bridges.core.portal.task import unsupported
from bridges.core.room_abilities import HandlesLeave
from bridges.core.sessions import ActiveLogin
from bridges.core.storage.portals import Portal
from bridges.core.text import UserText, user_text


class Leaving:
    """Lets people out."""

    def __init__(
        self,
        carriers: Carriers,
        properties: RoomProperties,
        management: ManagementRooms,
        voice: BotVoice,
        network: NetworkInfo,
        *,
        leave_chats: bool,
    ) -> None:
        """``leave_chats``: who leaves a room leaves the group or channel as well."""
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
            await self._tell(person, self._of_direct(await self._properties.title(portal)))
            return
        if self._leave_chats:
            refusal = await self._leave_all(portal, logins)
            if refusal is None:
                return
            await self._tell(person, refusal)
        await self._tell(person, self._of_group(portal.name, room))

    async def leave_chat(self, portal: Portal, login: ActiveLogin) -> None:
        """Leave a chat on the network. Raises its errors."""
        session = login.session
        if not isinstance(session, HandlesLeave):
            raise unsupported(self._network)
        await session.leave(portal.key)

    async def _leave_all(self, portal: Portal, logins: list[ActiveLogin]) -> UserText | None:
        """Leave with all logins; why it was refused, if it was."""
        try:
            for login in logins:
                await self.leave_chat(portal, login)
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
