# SPDX-License-Identifier: AGPL-3.0-or-later
"""Steps of a handover to a room that another network's bridge has made, and of leaving it again.

The two are in the room already and talk there, so there is no ghost to dismiss and nobody to invite but
our bot. The chat's own room becomes an archive beside the guest's. Each step may be repeated.
"""

from mautrix.types import RoomID, UserID

from bridges.core.handover.notices import HandoverNotices
from bridges.core.handover.state import Handover, Step, link_to
from bridges.core.history.keeper import HistoryKeeper
from bridges.core.matrix.client import Homeserver
from bridges.core.matrix.senders import Senders
from bridges.core.network import NetworkInfo
from bridges.core.portal.links import Links
from bridges.core.portal.membership import RoomMembers
from bridges.core.portal.properties import RoomProperties
from bridges.core.portal.spaces import Spaces
from bridges.core.sessions import Sessions
from bridges.core.storage.portals import Portal, PortalStore
from bridges.core.text import user_text


class SharingSteps:
    """Does what comes after each step. Raises the homeserver's errors."""

    def __init__(
        self,
        homeserver: Homeserver,
        portals: PortalStore,
        links: Links,
        sessions: Sessions,
        senders: Senders,
        members: RoomMembers,
        properties: RoomProperties,
        spaces: Spaces,
        history: HistoryKeeper,
        notices: HandoverNotices,
        network: NetworkInfo,
        prefix: str,
    ) -> None:
        """``prefix``: what commands in rooms of chats begin with."""
        self._hs = homeserver
        self._portals = portals
        self._links = links
        self._sessions = sessions
        self._senders = senders
        self._members = members
        self._properties = properties
        self._spaces = spaces
        self._history = history
        self._notices = notices
        self._network = network
        self._prefix = prefix

    async def do(self, handover: Handover, own: RoomID, portal: Portal) -> bool:
        """Do what leads to the next step; False if that waits for the guest to come in.

        ``own`` is the room the keeper's chat had before and has again afterwards.
        """
        match handover.step:
            case Step.AGREED:
                await self._enter(handover)
            case Step.INVITED:
                if not await self._both_are_in(handover):
                    return False
                await self._move(portal, handover.room)
            case Step.SHOWN_AGAIN:
                await self._properties.show_nothing(portal, handover.room)
                await self._properties.show_title(own, await self._properties.title(portal))
            case Step.GHOST_GONE | Step.CLOSING:
                await self._show(portal, handover)
            case Step.SHOWN:
                await self._spaces.list_direct(handover.keeper, handover.room, handover.guest)
                await self._spaces.list_direct(handover.guest, handover.room, handover.keeper)
                await self._list_others(handover, own, None, None)
            case Step.LISTED:
                await self._announce(handover, own)
            case Step.RETURNING:
                await self._move(portal, own)
                user, login = handover.guest_user, handover.kept.receiver
                await self._senders.ghost_in(own, user, login)
            case Step.GHOST_BACK:
                ghost = self._senders.ghost_mxid(handover.guest_user)
                await self._list_others(handover, own, ghost, self._keeper_ghost(handover))
            case Step.LISTED_AGAIN:
                await self._part(handover, own)
        return True

    async def _enter(self, handover: Handover) -> None:
        bot, room = self._senders.bot, handover.room
        if not await self._is_in(room):
            keeper = await self._senders.person(handover.keeper)
            await self._hs.invite(keeper, room, bot.mxid)
            await self._hs.join(bot, room)
        for person in (handover.keeper, handover.guest):
            await self._members.invite(room, person)

    async def _is_in(self, room: RoomID) -> bool:
        """Whether our bot is in a room; what is stored of that may be older than what it has done."""
        return room in await self._hs.joined_rooms(self._senders.bot)

    async def _both_are_in(self, handover: Handover) -> bool:
        inside = await self._hs.joined_members(self._senders.bot, handover.room)
        return {handover.keeper, handover.guest} <= set(inside)

    async def _move(self, portal: Portal, room: RoomID) -> None:
        """Have the chat go on in another room; what is being written ends up in one or the other."""
        async with self._links.in_the_making(portal.key):
            now = await self._portals.get(portal.key)
            if now is not None and now.room != room:
                await self._portals.put_in(now, room)

    async def _show(self, portal: Portal, handover: Handover) -> None:
        await self._properties.show_bridge(portal, handover.room)
        if handover.step is Step.CLOSING:
            text = user_text(
                "Your {network} chat is only here now. Should one of you still write over {network}, it "
                "appears here.",
                network=self._network.name,
            )
            await self._notices.tell_both(handover, text)

    async def _list_others(
        self,
        handover: Handover,
        own: RoomID,
        guest_ghost: UserID | None,
        keeper_ghost: UserID | None,
    ) -> None:
        """List the rooms that are not shared, each as the chat with somebody."""
        await self._spaces.list_direct(handover.keeper, own, guest_ghost)
        other = await self._notices.other_room(handover)
        if other is not None:
            await self._spaces.list_direct(handover.guest, other, keeper_ghost)

    async def _announce(self, handover: Handover, own: RoomID) -> None:
        text = user_text(
            "Your {network} chat goes on in this room too: what one of you sends over {network} appears "
            "here now. If you both need {network} no more for this chat, both say `{prefix} only-here`. "
            "`{prefix} take-back` undoes this for {network} alone, at any time.",
            network=self._network.name,
            prefix=self._prefix,
        )
        await self._notices.tell_both(handover, text)
        text = user_text(
            "This chat goes on in another room, where you both are in person: {link} What was said "
            "here stays here. Write there from now on.",
            link=link_to(handover.room),
        )
        await self._notices.tell(handover, own, handover.keeper, text, "own")
        await self._notices.point_to_kept(handover)

    async def _part(self, handover: Handover, own: RoomID) -> None:
        text = self._notices.gone_back(handover)
        await self._notices.tell(handover, own, handover.keeper, text, "own")
        await self._notices.point_back(handover)
        if handover.other is not None:
            await self._history.bring_in(handover.other, handover.other.receiver)
        if await self._is_in(handover.room):
            await self._leave(handover)

    async def _leave(self, handover: Handover) -> None:
        await self._notices.tell_left(handover)
        await self._hs.leave(self._senders.bot, handover.room)

    def _keeper_ghost(self, handover: Handover) -> UserID | None:
        login = self._sessions.get(handover.kept.receiver)
        return None if login is None else self._senders.ghost_mxid(login.record.user)
