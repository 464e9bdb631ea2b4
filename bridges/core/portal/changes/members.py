# SPDX-License-Identifier: AGPL-3.0-or-later
"""People who bring others into rooms, take them out or leave: what that means for the chat."""

from mautrix.types import UserID

from bridges.core.errors import Rejected
from bridges.core.handover.handovers import Handovers
from bridges.core.ids import RemoteUserID
from bridges.core.matrix.senders import Senders
from bridges.core.network import NetworkInfo
from bridges.core.portal.carriers import Carriers
from bridges.core.portal.changes.carrying import Carrying
from bridges.core.portal.changes.change import Change, Json
from bridges.core.portal.changes.leaving import Leaving
from bridges.core.portal.changes.transition import Transition, transition
from bridges.core.portal.membership import RoomMembers
from bridges.core.portal.rescue import Rescue
from bridges.core.portal.task import unsupported
from bridges.core.room_abilities import HandlesMembers
from bridges.core.sessions import ActiveLogin, Sessions
from bridges.core.storage.people import PeopleStore
from bridges.core.text import user_text


class MemberChanges:
    """Handles member events of portals' rooms."""

    def __init__(
        self,
        people: PeopleStore,
        sessions: Sessions,
        carriers: Carriers,
        carrying: Carrying,
        members: RoomMembers,
        leaving: Leaving,
        senders: Senders,
        rescue: Rescue,
        network: NetworkInfo,
        handovers: Handovers,
    ) -> None:
        self._handovers = handovers
        self._senders = senders
        self._rescue = rescue
        self._people = people
        self._sessions = sessions
        self._carriers = carriers
        self._carrying = carrying
        self._members = members
        self._leaving = leaving
        self._network = network

    async def handle(self, change: Change) -> None:
        """Carry one member event, or undo it."""
        target = UserID(change.key)
        if target == self._senders.bot.mxid:
            await self._people.set_membership(change.room, target, _membership(change.content))
            await self._rescue.helped(change.portal.key)
            return
        now = _membership(change.content)
        if target == change.sender:
            await self._handovers.member_changed(change.room, target, now)
        # What is known may have been changed by news that are older than this event.
        before = (
            await self._people.membership(change.room, target)
            if change.before is None
            else _membership(change.before)
        )
        kind = transition(before, now, is_own=target == change.sender)
        if kind is Transition.LEAVE:
            await self._people.set_membership(change.room, target, now)
            await self._leaving.left(change.portal, change.room, target)
            return
        user = None if kind is Transition.NOTHING else await self._user(kind, change)
        if user is None:
            await self._people.set_membership(change.room, target, now)
            return
        handler = _Handler(user, kind, before, self._members, self._people, self._network)
        await self._carrying.carry(change, handler)

    async def _user(self, kind: Transition, change: Change) -> RemoteUserID | None:
        target = UserID(change.key)
        if kind is not Transition.INVITE or self._senders.ghost_of(target) is not None:
            return await self._carriers.user_behind(target, change.portal)
        if await self._carriers.logins_in(target, change.portal):
            return None  # Their account is in the chat; only they were not in the room.
        logins = self._sessions.of(target)
        return logins[0].record.user if logins else None


def _membership(content: Json) -> str:
    return str(content.get("membership"))


class _Handler:
    """One member event as a change; see ``ChangeHandler``."""

    def __init__(
        self,
        user: RemoteUserID,
        kind: Transition,
        before: str | None,
        members: RoomMembers,
        people: PeopleStore,
        network: NetworkInfo,
    ) -> None:
        self._people = people
        self._user = user
        self._kind = kind
        self._before = before
        self._members = members
        self._network = network

    async def is_known(self, _change: Change) -> bool:
        return False  # Whether somebody is in a chat only the network knows.

    async def carry(self, change: Change, login: ActiveLogin) -> None:
        session, chat = login.session, change.portal.key
        if not isinstance(session, HandlesMembers):
            raise unsupported(self._network)
        if session.is_me(self._user):
            raise Rejected("YOURSELF", user_text("Nobody can do that to themselves."))
        match self._kind:
            case Transition.INVITE:
                await session.invite(chat, self._user)
            case Transition.KICK:
                await session.kick(chat, self._user)
            case Transition.BAN:
                await session.ban(chat, self._user)
            case Transition.UNBAN:
                await session.unban(chat, self._user)
        await self._remember(change, login)

    async def put_back(self, change: Change) -> None:
        await self._members.restore(change.room, UserID(change.key), self._before)

    async def _remember(self, change: Change, login: ActiveLogin) -> None:
        target = UserID(change.key)
        await self._people.set_membership(change.room, target, change.content["membership"])
        if self._kind is Transition.INVITE:
            await self._members.let_in(change.room, self._user, target, login.record.id)
