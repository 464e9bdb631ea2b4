# SPDX-License-Identifier: AGPL-3.0-or-later
"""Makes portal rooms, brings people into them and keeps their properties up to date."""

import asyncio
from collections.abc import Set as AbstractSet
from typing import Any

import structlog
from attrs import evolve
from mautrix.types import RoomID, UserID

from bridges.core.chat import ChatInfo, ChatKind, Membership, UserInfo
from bridges.core.errors import Rejected
from bridges.core.ids import ChatKey, LoginID, RemoteUserID
from bridges.core.matrix import event_types
from bridges.core.matrix.client import Homeserver, HomeserverRefused
from bridges.core.matrix.senders import AvatarUploader, Senders
from bridges.core.network import NetworkInfo
from bridges.core.portal.room_request import (
    RoomPlan,
    bridge_state,
    bridge_state_key,
    power_levels,
    room_request,
)
from bridges.core.portal.spaces import Spaces
from bridges.core.sanitize import clean_name, clean_text
from bridges.core.sessions import ActiveLogin
from bridges.core.storage.cache import BoundedCache
from bridges.core.storage.logins import LoginStore
from bridges.core.storage.people import PeopleStore
from bridges.core.storage.portals import LoginPortal, Portal, PortalStore

_KNOWN_MEMBERS = 8192


class Rooms:
    """The rooms of all portals."""

    def __init__(
        self,
        homeserver: Homeserver,
        logins: LoginStore,
        portals: PortalStore,
        people: PeopleStore,
        senders: Senders,
        spaces: Spaces,
        upload_avatar: AvatarUploader,
        network: NetworkInfo,
        server_name: str,
    ) -> None:
        self._log = structlog.get_logger("karvon.rooms")
        self._hs = homeserver
        self._logins = logins
        self._portals = portals
        self._people = people
        self._senders = senders
        self._spaces = spaces
        self._upload_avatar = upload_avatar
        self._network = network
        self._server_name = server_name
        self._creating: dict[ChatKey, asyncio.Lock] = {}
        self._inside: BoundedCache[tuple[LoginID, ChatKey], LoginPortal] = BoundedCache(
            _KNOWN_MEMBERS
        )
        self._version: str | None = None

    async def of(self, key: ChatKey, login: ActiveLogin) -> tuple[Portal, RoomID]:
        """A chat's portal with its room, made if needed, with the login's owner brought in.

        Whatever is interrupted is taken up by the next call.
        """
        portal = await self._portals.get(key)
        if (
            portal is not None
            and portal.room is not None
            and self._inside.get((login.record.id, key))
        ):
            return portal, portal.room
        lock = self._creating.setdefault(key, asyncio.Lock())
        try:
            async with lock:
                return await self._ensure(key, login)
        finally:
            if not lock.locked():
                self._creating.pop(key, None)

    def knows(self, key: ChatKey, login: LoginID) -> bool:
        """Whether a login was brought into a chat's room lately, or since the start."""
        return self._inside.get((login, key)) is not None

    async def part_of(self, portal: Portal, login: ActiveLogin) -> LoginPortal | None:
        """A login's part in a portal that has a room; None if the login is not in the chat.

        A login that has come back finds its chats again by this, whether or not they are recent.
        """
        parts = await self._portals.logins_in(portal.key)
        part = next((one for one in parts if one.login == login.record.id), None)
        if part is not None or not await self._is_in_chat(portal.key, login):
            return part
        await self.of(portal.key, login)
        return self._inside.get((login.record.id, portal.key))

    async def _is_in_chat(self, key: ChatKey, login: ActiveLogin) -> bool:
        if key.receiver:
            return key.receiver == login.record.id
        try:
            await login.session.chat_info(key)
        except Rejected:
            return False
        return True

    async def apply(self, key: ChatKey, info: ChatInfo, login: ActiveLogin) -> None:
        """Show what has changed in a chat; a chat without a room only remembers it."""
        portal = await self._portals.get(key)
        if portal is None:
            return
        updated = await self._with_info(portal, info, login.record.id)
        if updated != portal:
            if portal.room is not None:
                await self._show_changes(portal, updated, portal.room)
            await self._portals.save(updated)
        if updated.room is None:
            return
        for member in info.members or ():
            if member.membership is not Membership.JOIN:
                await self._remove_ghost(updated.room, member.user.user)
        if info.may_write is not None:
            await self._set_may_write(updated, updated.room, login, info.may_write)

    async def rename_direct(
        self, user: RemoteUserID, info: UserInfo, besides: AbstractSet[RoomID] = frozenset()
    ) -> set[RoomID]:
        """Rename direct chats that are called like the other side; returns their rooms.

        Rooms in ``besides`` are left alone.
        """
        if info.name is None:
            return set()
        renamed = set()
        for portal in await self._portals.direct_with(user):
            if portal.room is None or portal.name or portal.room in besides:
                continue
            await self._set_state(portal.room, event_types.NAME, {"name": clean_name(info.name)})
            renamed.add(portal.room)
        return renamed

    async def leave(self, key: ChatKey, login: ActiveLogin) -> RoomID | None:
        """Note that a login has left a chat; returns the room it was in."""
        self._inside.discard((login.record.id, key))
        await self._portals.remove_login(login.record.id, key)
        portal = await self._portals.get(key)
        return None if portal is None else portal.room

    def logged_out(self, login: LoginID) -> None:
        """Note that a login is gone; its rooms stay."""
        for known in [one for one in self._inside if one[0] == login]:
            self._inside.discard(known)

    # -- Making a room

    async def _ensure(self, key: ChatKey, login: ActiveLogin) -> tuple[Portal, RoomID]:
        portal = await self._portals.get(key)
        info: ChatInfo | None = None
        if portal is None or portal.room is None:
            info = await self._ask(key, login)
            fresh = portal or Portal(key, info.kind or ChatKind.GROUP)
            portal = await self._with_info(fresh, info, login.record.id)
            portal = await self._create(portal, info, login)
        assert portal.room is not None
        await self._bring_in(portal, portal.room, info, login)
        return portal, portal.room

    async def _ask(self, key: ChatKey, login: ActiveLogin) -> ChatInfo:
        try:
            return await login.session.chat_info(key)
        except Rejected as error:
            # The message that wants a room is worth more than its room's name.
            self._log.warning("no information about a chat", error=error.code)
            return ChatInfo(kind=ChatKind.GROUP, name=str(key.chat))

    async def _create(self, portal: Portal, info: ChatInfo, login: ActiveLogin) -> Portal:
        room = await self._find_orphan(portal) if portal.creating else None
        title = None
        if room is None:
            plan = await self._plan(portal, info, login)
            title = plan.title
            await self._portals.save(evolve(portal, creating=True))
            room = await self._hs.create_room(self._senders.bot, room_request(plan))
            await self._people.set_membership(room, login.record.owner, "invite")
        portal = evolve(portal, room=room, creating=False)
        await self._portals.save(portal)
        # The other side may have been renamed before this was a room that could be.
        if (now := await self._title(portal)) != title:
            await self._set_state(room, event_types.NAME, {"name": now})
        return portal

    async def _plan(self, portal: Portal, info: ChatInfo, login: ActiveLogin) -> RoomPlan:
        invite: list[UserID] = [login.record.owner]
        if portal.kind is ChatKind.DIRECT and portal.other_user is not None:
            ghost = await self._senders.ghost(portal.other_user, login.record.id)
            if ghost.mxid != login.record.owner:
                invite.append(ghost.mxid)
        return RoomPlan(
            portal=portal,
            network=self._network,
            bot=self._senders.bot.mxid,
            server_name=self._server_name,
            title=await self._title(portal),
            invite=invite,
            readers=[login.record.owner] if info.may_write is False else [],
            features=login.session.room_features(portal.key),
            space=await self._spaces.of(login.record),
            version=await self._room_version(),
        )

    async def _find_orphan(self, portal: Portal) -> RoomID | None:
        """Find the room an interrupted attempt has made, by what it says about itself."""
        wanted = (event_types.BRIDGE, bridge_state_key(self._network, portal.key))
        known = {one.room for one in await self._portals.with_rooms()}
        for room in await self._hs.joined_rooms(self._senders.bot):
            if room in known:
                continue
            state = await self._hs.get_state(self._senders.bot, room)
            if any((event["type"], event.get("state_key")) == wanted for event in state):
                return room
        return None

    async def _room_version(self) -> str:
        if self._version is None:
            self._version = await self._hs.default_room_version()
        return self._version

    # -- People

    async def _bring_in(
        self, portal: Portal, room: RoomID, info: ChatInfo | None, login: ActiveLogin
    ) -> None:
        record = login.record
        parts = await self._portals.logins_in(portal.key)
        part = next((one for one in parts if one.login == record.id), None)
        if part is None:
            info = info or await self._ask(portal.key, login)
            if portal.kind is ChatKind.DIRECT and portal.other_user is not None:
                ghost = await self._senders.ghost_in(room, portal.other_user, record.id)
                await self._spaces.add_direct(record.owner, ghost.mxid, room)
            await self._spaces.bring_in(record.owner, room)
            in_space = await self._spaces.add(record, room)
            part = LoginPortal(record.id, portal.key, in_space, info.may_write is not False)
            if parts and not part.may_write:
                await self._set_power_levels(portal, room, [*parts, part])
            await self._portals.add_login(part)
        self._inside.put((record.id, portal.key), part)

    async def _remove_ghost(self, room: RoomID, user: RemoteUserID) -> None:
        mxid = self._senders.ghost_mxid(user)
        if await self._people.membership(room, mxid) == "join":
            await self._hs.kick(self._senders.bot, room, mxid, "left the chat")
            await self._people.set_membership(room, mxid, "leave")

    async def _set_may_write(
        self, portal: Portal, room: RoomID, login: ActiveLogin, may_write: bool
    ) -> None:
        parts = {part.login: part for part in await self._portals.logins_in(portal.key)}
        mine = parts.get(login.record.id)
        if mine is None or mine.may_write == may_write:
            return
        parts[mine.login] = evolve(mine, may_write=may_write)
        await self._set_power_levels(portal, room, list(parts.values()))
        await self._portals.add_login(parts[mine.login])
        self._inside.put((mine.login, portal.key), parts[mine.login])

    async def _set_power_levels(
        self, portal: Portal, room: RoomID, parts: list[LoginPortal]
    ) -> None:
        readers = []
        for part in parts:
            record = await self._logins.get(part.login)
            if record is not None and not part.may_write:
                readers.append(record.owner)
        content = power_levels(self._senders.bot.mxid, readers, await self._room_version())
        await self._set_state(room, event_types.POWER_LEVELS, content)

    # -- Properties

    async def _with_info(self, portal: Portal, info: ChatInfo, login: LoginID) -> Portal:
        """The portal with everything ``info`` knows; uploads a new picture."""
        changes: dict[str, Any] = {}
        if info.kind is not None:
            changes["kind"] = info.kind
        if info.name is not None:
            changes["name"] = clean_name(info.name)
        if info.topic is not None:
            changes["topic"] = clean_text(info.topic)
        if info.other_user is not None:
            changes["other_user"] = info.other_user
        if info.avatar is not None and info.avatar.id != portal.avatar_id:
            uri = await self._upload_avatar(login, info.avatar) if info.avatar.id else ""
            if uri or not info.avatar.id:
                changes |= {"avatar_id": info.avatar.id, "avatar_uri": uri}
        return evolve(portal, **changes)

    async def _show_changes(self, old: Portal, new: Portal, room: RoomID) -> None:
        if new.name != old.name:
            await self._set_state(room, event_types.NAME, {"name": await self._title(new)})
        if new.topic != old.topic:
            await self._set_state(room, event_types.TOPIC, {"topic": new.topic})
        if new.avatar_uri != old.avatar_uri:
            await self._set_state(room, event_types.AVATAR, {"url": new.avatar_uri})
        if (new.name, new.avatar_uri) != (old.name, old.avatar_uri):
            key = bridge_state_key(self._network, new.key)
            bot = self._senders.bot
            content = dict(bridge_state(self._network, new, bot.mxid, await self._title(new)))
            for name in (event_types.BRIDGE, event_types.BRIDGE_UNSTABLE):
                await self._hs.set_state(bot, room, name, key, content)

    async def _title(self, portal: Portal) -> str:
        if portal.name or portal.other_user is None:
            return portal.name
        return clean_name((await self._people.ghost(portal.other_user)).name)

    async def _set_state(self, room: RoomID, event_type: str, content: dict[str, object]) -> None:
        try:
            await self._hs.set_state(self._senders.bot, room, event_type, "", content)
        except HomeserverRefused as refused:
            # Somebody may have taken the bot's rights; messages are still carried.
            self._log.warning("a room's property could not be set", error=str(refused))
