# SPDX-License-Identifier: AGPL-3.0-or-later
"""Taking back a handover whose room another network's bridge goes on to use.

The two stay where they are. The chat that is taken back gets a new room, as its history is where they are.
"""

from collections.abc import Sequence

from attrs import evolve
from mautrix.types import RoomID, UserID

from bridges.core.handover.notices import HandoverNotices
from bridges.core.handover.state import Handover, Step
from bridges.core.history.keeper import HistoryKeeper
from bridges.core.matrix import event_types
from bridges.core.matrix.client import Homeserver
from bridges.core.matrix.senders import Senders
from bridges.core.portal.properties import RoomProperties
from bridges.core.portal.room_state import RoomState
from bridges.core.portal.rooms import Rooms
from bridges.core.portal.spaces import Spaces
from bridges.core.sessions import Sessions
from bridges.core.storage.messages import MessageStore
from bridges.core.storage.people import PeopleStore
from bridges.core.storage.portals import Portal, PortalStore


class MovingOut:
    """Does what comes after the steps of taking back. Raises the homeserver's errors."""

    def __init__(
        self,
        homeserver: Homeserver,
        portals: PortalStore,
        messages: MessageStore,
        people: PeopleStore,
        sessions: Sessions,
        senders: Senders,
        rooms: Rooms,
        properties: RoomProperties,
        state: RoomState,
        spaces: Spaces,
        history: HistoryKeeper,
        notices: HandoverNotices,
        other_bots: Sequence[UserID],
    ) -> None:
        self._hs = homeserver
        self._portals = portals
        self._messages = messages
        self._people = people
        self._sessions = sessions
        self._senders = senders
        self._rooms = rooms
        self._properties = properties
        self._state = state
        self._spaces = spaces
        self._history = history
        self._notices = notices
        self._other_bots = other_bots

    async def concerns(self, handover: Handover, portal: Portal) -> bool:
        """Whether the chat leaves the room to others, or has done so."""
        if handover.may_be_taken_back or handover.is_shared:
            return False
        if portal.room != handover.room:
            return True
        return handover.step is Step.RETURNING and await self._is_used(handover.room)

    async def do(self, handover: Handover, portal: Portal) -> None:
        """Do what leads to the next step."""
        match handover.step:
            case Step.RETURNING:
                if portal.room == handover.room:
                    await self._give_up(handover, portal, handover.room)
                await self._leave(handover.room)
            case Step.GHOST_BACK:
                await self._list_other(handover)
            case Step.LISTED_AGAIN:
                await self._notices.point_back(handover)
                for chat in (handover.kept, handover.other):
                    if chat is not None:
                        await self._history.bring_in(chat, chat.receiver)

    async def _is_used(self, room: RoomID) -> bool:
        for bot in self._other_bots:
            member = await self._state.get(room, event_types.MEMBER, bot)
            if member is not None and member.get("membership") == "join":
                return True
        return False

    async def _give_up(self, handover: Handover, portal: Portal, room: RoomID) -> None:
        await self._notices.tell_left(handover)
        await self._properties.show_nothing(portal, room)
        await self._messages.detach(portal.key)
        self._rooms.forget(portal.key, portal.key.receiver)
        await self._portals.remove_login(portal.key.receiver, portal.key)
        await self._portals.save(evolve(portal, room=None))
        self._portals.forget_room(room)

    async def _leave(self, room: RoomID) -> None:
        bot = self._senders.bot
        if room in await self._hs.joined_rooms(bot):
            await self._hs.leave(bot, room)
        await self._people.set_membership(room, bot.mxid, "leave")

    async def _list_other(self, handover: Handover) -> None:
        other, login = (
            await self._notices.other_room(handover),
            self._sessions.get(handover.kept.receiver),
        )
        if other is not None and login is not None:
            ghost = self._senders.ghost_mxid(login.record.user)
            await self._spaces.list_direct(handover.guest, other, ghost)
