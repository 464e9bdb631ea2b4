# SPDX-License-Identifier: AGPL-3.0-or-later
"""What is done in the rooms while a chat is handed over or taken back; every step may be repeated."""

from mautrix.types import RoomID, UserID

from bridges.core.handover.moving_out import MovingOut
from bridges.core.handover.notices import HandoverNotices
from bridges.core.handover.sharing import SharingSteps
from bridges.core.handover.state import Handover, Step
from bridges.core.history.keeper import HistoryKeeper
from bridges.core.interpreter import Interpreter
from bridges.core.matrix import event_types
from bridges.core.matrix.senders import Senders
from bridges.core.network import NetworkInfo
from bridges.core.portal.membership import RoomMembers
from bridges.core.portal.power import PowerKeeper
from bridges.core.portal.properties import RoomProperties
from bridges.core.portal.room_state import RoomState
from bridges.core.portal.spaces import Spaces
from bridges.core.sessions import Sessions
from bridges.core.storage.portals import Portal, PortalStore
from bridges.core.text import UserText, user_text


class HandoverSteps:
    """Does what comes after each step. Raises the homeserver's errors."""

    def __init__(
        self,
        portals: PortalStore,
        sessions: Sessions,
        senders: Senders,
        members: RoomMembers,
        powers: PowerKeeper,
        properties: RoomProperties,
        state: RoomState,
        spaces: Spaces,
        notices: HandoverNotices,
        sharing: SharingSteps,
        moving_out: MovingOut,
        history: HistoryKeeper,
        interpreter: Interpreter,
        network: NetworkInfo,
        prefix: str,
    ) -> None:
        """``prefix``: what commands in rooms of chats begin with."""
        self._portals = portals
        self._sessions = sessions
        self._senders = senders
        self._members = members
        self._powers = powers
        self._properties = properties
        self._state = state
        self._spaces = spaces
        self._notices = notices
        self._sharing = sharing
        self._moving_out = moving_out
        self._history = history
        self._interpreter = interpreter
        self._network = network
        self._prefix = prefix

    async def do(self, handover: Handover) -> bool:
        """Do what leads to the next step; False if that waits for the guest to come in."""
        portal = await self._portals.get(handover.kept)
        if portal is None:
            return True  # The chat was deleted with all that belongs to it.
        if handover.own_room is not None:
            return await self._sharing.do(handover, handover.own_room, portal)
        if await self._moving_out.concerns(handover, portal):
            await self._moving_out.do(handover, portal)
            return True
        return await self._do(handover, portal)

    async def _do(self, handover: Handover, portal: Portal) -> bool:
        match handover.step:
            case Step.AGREED:
                await self._powers.show(portal, handover.room)
                await self._members.invite(handover.room, handover.guest)
            case Step.INVITED:
                return await self._is_in(handover.room, handover.guest)
            case Step.SWITCHED:
                await self._dismiss_ghost(handover)
            case Step.GHOST_GONE | Step.SHOWN_AGAIN | Step.CLOSING:
                await self._show(portal, handover)
            case Step.SHOWN:
                await self._list(handover)
            case Step.LISTED:
                await self._announce(handover)
            case Step.RETURNING:
                user, login = handover.guest_user, handover.kept.receiver
                await self._senders.ghost_in(handover.room, user, login)
            case Step.GHOST_BACK:
                await self._list_as_before(handover)
            case Step.LISTED_AGAIN:
                await self._part(handover)
        return True

    async def _is_in(self, room: RoomID, person: UserID) -> bool:
        member = await self._state.get(room, event_types.MEMBER, person)
        return member is not None and member.get("membership") == "join"

    async def _dismiss_ghost(self, handover: Handover) -> None:
        translate = await self._interpreter.translation(handover.keeper)
        reason = user_text("{person} is here in person now.", person=handover.guest)
        await self._members.remove_ghost(handover.room, handover.guest_user, translate(reason))

    async def _show(self, portal: Portal, handover: Handover) -> None:
        await self._properties.show_title(handover.room, await self._properties.shown_title(portal))
        await self._properties.show_bridge(portal, handover.room)
        await self._powers.show(portal, handover.room)
        if handover.step is Step.CLOSING:
            await self._notices.tell_both(handover, self._closed())

    async def _list(self, handover: Handover) -> None:
        await self._spaces.list_direct(handover.keeper, handover.room, handover.guest)
        await self._spaces.list_direct(handover.guest, handover.room, handover.keeper)
        other = await self._notices.other_room(handover)
        if other is not None:
            await self._spaces.list_direct(handover.guest, other, None)

    async def _list_as_before(self, handover: Handover) -> None:
        ghost = self._senders.ghost_mxid(handover.guest_user)
        await self._spaces.list_direct(handover.keeper, handover.room, ghost)
        with_keeper = handover.keeper if handover.guest_stays else None
        await self._spaces.list_direct(handover.guest, handover.room, with_keeper)
        other, keeper = await self._notices.other_room(handover), self._keeper_ghost(handover)
        if other is not None and keeper is not None:
            await self._spaces.list_direct(handover.guest, other, keeper)

    async def _announce(self, handover: Handover) -> None:
        await self._notices.tell_both(handover, self._dual(handover))
        for person, other in (
            (handover.keeper, handover.guest),
            (handover.guest, handover.keeper),
        ):
            if not self._senders.may_speak_as(person):
                text = user_text(
                    "I cannot change your list of direct chats: mark this room there as your "
                    "chat with {person} yourself.",
                    person=other,
                )
                await self._notices.tell(handover, handover.room, person, text, "list")
        await self._notices.point_to_kept(handover)

    async def _part(self, handover: Handover) -> None:
        await self._notices.tell_both(
            handover,
            user_text(
                "This was taken back: what is written here goes over {network} again.",
                network=self._network.name,
            ),
        )
        await self._notices.point_back(handover)
        if handover.other is not None:
            # Somebody who logged in later has had no need of a room of their own until now.
            await self._history.bring_in(handover.other, handover.other.receiver)
        if not handover.guest_stays:
            translate = await self._interpreter.translation(handover.guest)
            reason = user_text("The chat goes over {network} again.", network=self._network.name)
            await self._members.take_out(handover.room, handover.guest, translate(reason))

    def _keeper_ghost(self, handover: Handover) -> UserID | None:
        login = self._sessions.get(handover.kept.receiver)
        return None if login is None else self._senders.ghost_mxid(login.record.user)

    def _dual(self, handover: Handover) -> UserText:
        return user_text(
            "You are both in this room in person now. What you write here goes directly and not over "
            "{network}; what one of you sends over {network} still appears here. If you both need "
            "{network} no more for this chat, both say `{prefix} only-here`. "
            "`{prefix} take-back` undoes all of it, at any time.",
            network=self._network.name,
            prefix=self._prefix,
        )

    def _closed(self) -> UserText:
        return user_text(
            "This chat is only here now. Should one of you still write over {network}, it appears here.",
            network=self._network.name,
        )
