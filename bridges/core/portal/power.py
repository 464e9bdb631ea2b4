# SPDX-License-Identifier: AGPL-3.0-or-later
"""Who may do what in a portal's room."""

from collections.abc import Mapping, Sequence

from attrs import evolve
from mautrix.types import RoomID, UserID

from bridges.core.chat import ChatInfo
from bridges.core.ids import RemoteUserID
from bridges.core.matrix import event_types
from bridges.core.matrix.client import Homeserver
from bridges.core.matrix.senders import Senders
from bridges.core.portal.power_levels import (
    Json,
    creators_are_mighty,
    level_of_person,
    power_levels,
    says_the_same,
    told_powers,
)
from bridges.core.portal.room_state import RoomState
from bridges.core.rights import EVERYBODY, NOBODY, UNKNOWN_RIGHTS, ChatRights
from bridges.core.sessions import ActiveLogin
from bridges.core.storage.handovers import HandoverStore
from bridges.core.storage.logins import LoginStore
from bridges.core.storage.portals import LoginPortal, Portal, PortalStore
from bridges.core.storage.powers import PowerStore


class PowerKeeper:
    """Keeps the power levels of portal rooms."""

    def __init__(
        self,
        homeserver: Homeserver,
        logins: LoginStore,
        portals: PortalStore,
        powers: PowerStore,
        senders: Senders,
        state: RoomState,
        handovers: HandoverStore,
        other_bots: Sequence[UserID],
    ) -> None:
        """``other_bots`` are those of the bridges beside this one."""
        self._hs = homeserver
        self._logins = logins
        self._portals = portals
        self._powers = powers
        self._senders = senders
        self._state = state
        self._handovers = handovers
        self._other_bots = other_bots
        self._version: str | None = None

    async def begin(self, portal: Portal, info: ChatInfo, login: ActiveLogin) -> Json:
        """Store the powers in a chat that gets a room; returns the levels to make it with."""
        told = told_powers(await self._powers.of(portal.key), info)
        await self._powers.put(portal.key, told)
        may_write = info.may_write is not False
        mine = LoginPortal(login.record.id, portal.key, in_space=False, may_write=may_write)
        parts = [*await self._portals.logins_in(portal.key), mine]
        users = await self._users(portal.rights, await self._powers.of(portal.key), parts)
        if self._version is None:
            self._version = await self._hs.default_room_version()
        bot = None if creators_are_mighty(self._version) else self._senders.bot.mxid
        return power_levels(portal.rights or UNKNOWN_RIGHTS, users, bot)

    async def apply(
        self, old: Portal, new: Portal, room: RoomID, info: ChatInfo, login: ActiveLogin
    ) -> None:
        """Show and store what ``info`` says of powers, between two versions of a portal."""
        known = await self._powers.of(new.key)
        told = told_powers(known, info)
        parts = {one.login: one for one in await self._portals.logins_in(new.key)}
        mine = parts.get(login.record.id)
        if mine is not None and info.may_write not in (None, mine.may_write):
            parts[mine.login] = evolve(mine, may_write=info.may_write)
        changed = parts.get(login.record.id)
        if not told and changed == mine and old.rights == new.rights:
            return
        users = await self._users(new.rights, {**known, **told}, list(parts.values()))
        await self._write(room, new.rights, users)
        await self._powers.put(new.key, told)
        if changed is not None and changed != mine:
            await self._portals.add_login(changed)

    async def show(self, portal: Portal, room: RoomID) -> None:
        """Give everybody in a room the power that is known of them."""
        await self._write(room, portal.rights, await self._known_users(portal))

    async def let_speak(self, room: RoomID, ghost: UserID) -> None:
        """Lift a ghost to the level that writing needs, until powers are shown again.

        What was said on the network was allowed there, if only at the time: a message may be older
        than the restriction, and a group's administrators may speak in the group's own name.
        """
        now = await self._state.get(room, event_types.POWER_LEVELS) or {}
        users, needed = now.get("users", {}), now.get("events_default", EVERYBODY)
        if await self._is_anothers(room):
            return
        if users.get(ghost, now.get("users_default", EVERYBODY)) < needed:
            content = now | {"users": users | {ghost: needed}}
            await self._state.set(room, event_types.POWER_LEVELS, content)

    async def wanted(self, portal: Portal, room: RoomID) -> Json:
        """What a room's levels have to say."""
        now = await self._state.get(room, event_types.POWER_LEVELS) or {}
        rights = await self._rights_in(room, portal.rights)
        return self._content(now, rights, await self._known_users(portal))

    async def _known_users(self, portal: Portal) -> Mapping[UserID, int]:
        powers = await self._powers.of(portal.key)
        parts = await self._portals.logins_in(portal.key)
        return await self._users(portal.rights, powers, parts)

    async def _users(
        self,
        rights: ChatRights | None,
        powers: Mapping[RemoteUserID, int],
        parts: Sequence[LoginPortal],
    ) -> Mapping[UserID, int]:
        write = (rights or UNKNOWN_RIGHTS).write
        users = {self._senders.ghost_mxid(user): power for user, power in powers.items()}
        people: dict[UserID, int] = {}
        for part in parts:
            record = await self._logins.get(part.login)
            if record is None:
                continue
            power = powers.get(record.user, EVERYBODY)
            level = level_of_person(power, write, may_write=part.may_write)
            people[record.owner] = max(level, people.get(record.owner, level))
            handover = await self._handovers.of(part.key)
            if handover is None or handover.kept != part.key or handover.is_shared:
                continue
            if handover.guest_is_in:
                people[handover.guest] = level  # Both can do the same in their chat.
                people |= dict.fromkeys(self._other_bots, NOBODY)
        return {**users, **people}

    async def _write(
        self, room: RoomID, rights: ChatRights | None, users: Mapping[UserID, int]
    ) -> None:
        if await self._is_anothers(room):
            return
        now = await self._state.get(room, event_types.POWER_LEVELS) or {}
        wanted = self._content(now, await self._rights_in(room, rights), users)
        if not says_the_same(now, wanted):
            await self._state.set(room, event_types.POWER_LEVELS, wanted)

    async def _is_anothers(self, room: RoomID) -> bool:
        """Whether another bridge rules a room."""
        handover = await self._handovers.in_room(room)
        return handover is not None and handover.is_shared

    async def _rights_in(self, room: RoomID, rights: ChatRights | None) -> ChatRights | None:
        """Rights as they are shown in a room.

        Two who are both in it may bring in the bot of another network on which they know each other.
        """
        handover = await self._handovers.in_room(room)
        if handover is None or not handover.guest_is_in:
            return rights
        return evolve(rights or UNKNOWN_RIGHTS, invite=EVERYBODY)

    def _content(self, now: Json, rights: ChatRights | None, users: Mapping[UserID, int]) -> Json:
        bot = self._senders.bot.mxid
        # A room keeps its version while the homeserver's default may have changed.
        listed = bot if bot in now.get("users", {}) else None
        return power_levels(rights or UNKNOWN_RIGHTS, users, listed)
