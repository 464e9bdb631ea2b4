# SPDX-License-Identifier: AGPL-3.0-or-later
"""Who is in a portal's room: the people whose chat it is, and the ghosts of the others."""

from collections.abc import Sequence

from mautrix.types import RoomID, UserID

from bridges.core.chat import ChatInfo, ChatKind, Member, Membership
from bridges.core.ids import LoginID, RemoteUserID
from bridges.core.matrix import event_types
from bridges.core.matrix.client import Homeserver
from bridges.core.matrix.errors import HomeserverRefused
from bridges.core.matrix.senders import Senders
from bridges.core.portal.gathering import Gathering
from bridges.core.portal.spaces import Spaces
from bridges.core.sessions import ActiveLogin
from bridges.core.storage.handovers import HandoverStore
from bridges.core.storage.people import PeopleStore
from bridges.core.storage.portals import LoginPortal, Portal, PortalStore

_INSIDE = ("join", "invite", "knock")
_ONLY_THE_OWNERS = frozenset({ChatKind.DIRECT, ChatKind.SPACE})
"""Where ghosts do not gather: of two people one is there anyway, and in a space nothing is said."""


class RoomMembers:
    """Brings people and ghosts into rooms and out of them."""

    def __init__(
        self,
        homeserver: Homeserver,
        portals: PortalStore,
        people: PeopleStore,
        senders: Senders,
        spaces: Spaces,
        gathering: Gathering,
        handovers: HandoverStore,
    ) -> None:
        self._hs = homeserver
        self._portals = portals
        self._people = people
        self._senders = senders
        self._spaces = spaces
        self._gathering = gathering
        self._handovers = handovers

    async def part_of(self, portal: Portal, login: ActiveLogin) -> LoginPortal | None:
        """A login's part in a portal, None if it was not brought in yet."""
        parts = await self._portals.logins_in(portal.key)
        return next((one for one in parts if one.login == login.record.id), None)

    async def bring_in(
        self,
        portal: Portal,
        room: RoomID,
        login: ActiveLogin,
        space: RoomID | None,
        *,
        may_write: bool,
    ) -> None:
        """Bring a login's owner into a room and its space, and note the login's part in it."""
        record = login.record
        if (
            portal.kind is ChatKind.DIRECT
            and portal.other_user is not None
            and await self._handovers.guest_in(room, portal.other_user) is None
        ):
            ghost = await self._senders.ghost_in(room, portal.other_user, record.id)
            await self._spaces.add_direct(record.owner, ghost.mxid, room)
        await self.invite(room, record.owner)
        if space is not None:
            await self._spaces.put(space, room)
        part = LoginPortal(record.id, portal.key, space is not None, may_write)
        await self._portals.add_login(part)

    async def invite(self, room: RoomID, person: UserID) -> None:
        """Have a person in a room, also one who was banned from it."""
        # Not what is known: an older event may have come since the bridge took them out.
        now = await self._in_room(room, person) or "leave"
        if now == "ban":
            await self._hs.unban(self._senders.bot, room, person)
            now = "leave"
        await self._people.set_membership(room, person, now)
        await self._spaces.bring_in(person, room)

    async def apply(self, portal: Portal, room: RoomID, info: ChatInfo, login: ActiveLogin) -> None:
        """Show who has left, who was banned and who may come back; others join by and by."""
        members = info.members or ()
        for member in members:
            user = member.user.user
            match member.membership:
                case Membership.JOIN:
                    await self._let_back(room, user)
                case Membership.LEAVE:
                    await self.remove_ghost(room, user)
                case Membership.BAN:
                    await self._ban(room, user)
        if info.members_complete and info.members is not None:
            await self._remove_others(room, members)
        if info.bans_complete and info.members is not None:
            await self._let_others_back(room, members)
        if portal.kind not in _ONLY_THE_OWNERS:
            await self._gathering.want(room, members, login.record.id)

    async def remove_ghost(self, room: RoomID, user: RemoteUserID, reason: str = "") -> None:
        """Have somebody's ghost leave a room."""
        self._gathering.forget(room, user)
        mxid = self._senders.ghost_mxid(user)
        if await self._people.membership(room, mxid) == "join":
            if await self._in_room(room, mxid) in _INSIDE:
                await self._hs.leave(self._senders.known(mxid), room, reason)
            await self._people.set_membership(room, mxid, "leave")

    async def take_out(self, room: RoomID, mxid: UserID, reason: str) -> None:
        """Remove a person or a ghost, whether they are in the room or invited."""
        if await self._in_room(room, mxid) in _INSIDE:
            try:
                await self._hs.kick(self._senders.bot, room, mxid, reason)
            except HomeserverRefused:
                # They may have left, or were taken out for another reason, at the same moment.
                if await self._in_room(room, mxid) in _INSIDE:
                    raise
        await self._people.set_membership(room, mxid, "leave")

    async def let_in(self, room: RoomID, user: RemoteUserID, mxid: UserID, login: LoginID) -> None:
        """Have somebody join who was invited and brought into the chat; people join themselves."""
        if self._senders.ghost_of(mxid) is not None:
            await self._senders.ghost_in(room, user, login)

    async def restore(self, room: RoomID, mxid: UserID, before: str | None) -> None:
        """Give somebody the membership back that they had before it was changed in the room."""
        bot, now = self._senders.bot, await self._in_room(room, mxid)
        if now == "ban" and before != "ban":
            await self._hs.unban(bot, room, mxid)
        if before == "ban":
            await self._hs.ban(bot, room, mxid)
        elif before not in _INSIDE:
            await self.take_out(room, mxid, "")
        elif self._senders.ghost_of(mxid) is not None:
            await self._senders.rejoin(room, self._senders.known(mxid))
        else:
            await self._people.set_membership(room, mxid, "leave")
            await self._spaces.bring_in(mxid, room)

    async def _ban(self, room: RoomID, user: RemoteUserID) -> None:
        self._gathering.forget(room, user)
        for mxid in {self._senders.ghost_mxid(user), self._senders.mxid_of(user)}:
            if await self._people.membership(room, mxid) != "ban":
                await self._hs.ban(self._senders.bot, room, mxid)
                await self._people.set_membership(room, mxid, "ban")

    async def _let_back(self, room: RoomID, user: RemoteUserID) -> None:
        for mxid in {self._senders.ghost_mxid(user), self._senders.mxid_of(user)}:
            if await self._people.membership(room, mxid) == "ban":
                await self._hs.unban(self._senders.bot, room, mxid)
                await self._people.set_membership(room, mxid, "leave")

    async def _let_others_back(self, room: RoomID, members: Sequence[Member]) -> None:
        banned = {one.user.user for one in members if one.membership is Membership.BAN}
        for mxid in await self._people.with_membership(room, "ban"):
            user = self._senders.remote_of(mxid)
            if user is not None and user not in banned:
                await self._let_back(room, user)

    async def _remove_others(self, room: RoomID, members: Sequence[Member]) -> None:
        listed = {self._senders.ghost_mxid(one.user.user) for one in members}
        for mxid in await self._people.with_membership(room, "join"):
            user = self._senders.remote_of(mxid)
            if user is not None and mxid == self._senders.ghost_mxid(user) and mxid not in listed:
                await self.remove_ghost(room, user)

    async def _in_room(self, room: RoomID, mxid: UserID) -> str | None:
        bot = self._senders.bot
        state = await self._hs.get_state_event(bot, room, event_types.MEMBER, mxid)
        return None if state is None else state.get("membership")
