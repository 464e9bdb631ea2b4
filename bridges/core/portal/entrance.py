# SPDX-License-Identifier: AGPL-3.0-or-later
"""Where a message goes: into its chat's room, which may have to be made first, or nowhere."""

from mautrix.types import RoomID

from bridges.core.errors import TemporaryError
from bridges.core.events import RemoteMessage
from bridges.core.history.keeper import HistoryKeeper
from bridges.core.ids import ChatKey
from bridges.core.portal.rooms import Rooms
from bridges.core.portal.welcome import Welcome
from bridges.core.sessions import ActiveLogin
from bridges.core.storage.portals import PortalStore
from bridges.core.text import user_text


class HistoryFirst(TemporaryError):
    """What was said before has to be in the room first."""

    def __init__(self) -> None:
        super().__init__(
            "HISTORY_FIRST", user_text("Earlier messages are being fetched."), retry_after=0
        )


class RoomChanged(TemporaryError):
    """The chat goes on in another room than the one its message was meant for."""

    def __init__(self) -> None:
        super().__init__("ROOM_CHANGED", user_text("A message is being sent."), retry_after=0)


class Entrance:
    """Finds the room of a message."""

    def __init__(
        self,
        rooms: Rooms,
        portals: PortalStore,
        keeper: HistoryKeeper,
        welcome: Welcome,
    ) -> None:
        self._rooms = rooms
        self._portals = portals
        self._keeper = keeper
        self._welcome = welcome

    async def room_for(self, event: RemoteMessage, login: ActiveLogin) -> RoomID | None:
        """The room a message goes to, made if needed; None if its chat gets none by itself.

        Raises ``HistoryFirst`` while the chat is being brought in.
        """
        portal = await self._portals.get(event.chat)
        if (portal is None or portal.room is None) and not self._keeper.holds(event.chat):
            if not await self._welcome.has(event.chat, login):
                return await self._room_made_meanwhile(event)
            await self._keeper.bring_in(event.chat, login.record.id, event.id)
        if self._keeper.holds(event.chat):
            raise HistoryFirst
        _, room = await self._rooms.of(event.chat, login)
        return room

    async def leads_to(self, room: RoomID, chat: ChatKey) -> bool:
        """Whether a room is still the one a chat has."""
        portal = await self._portals.get(chat)
        return portal is not None and portal.room == room

    async def _room_made_meanwhile(self, event: RemoteMessage) -> RoomID | None:
        """The room of a chat that gets none by itself, if somebody has just asked for it."""
        if self._keeper.holds(event.chat):
            raise HistoryFirst
        portal = await self._portals.get(event.chat)
        return None if portal is None else portal.room
