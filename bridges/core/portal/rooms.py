# SPDX-License-Identifier: AGPL-3.0-or-later
"""The rooms of portals: which chat has which, and who is in it by which login."""

import structlog
from mautrix.types import RoomID

from bridges.core.chat import ChatInfo, ChatKind, Membership
from bridges.core.errors import Rejected
from bridges.core.events import ChatMoved
from bridges.core.ids import ChatKey, LoginID
from bridges.core.keyed_locks import KeyedLocks
from bridges.core.portal.chat_settings import ChatSettingsSync
from bridges.core.portal.discussions import Discussions
from bridges.core.portal.membership import RoomMembers
from bridges.core.portal.moving import Moving
from bridges.core.portal.parents import Parents
from bridges.core.portal.pins import PinBoard
from bridges.core.portal.power import PowerKeeper
from bridges.core.portal.properties import RoomProperties
from bridges.core.portal.room_maker import RoomMaker
from bridges.core.portal.spaces import Spaces
from bridges.core.sessions import ActiveLogin
from bridges.core.storage.cache import BoundedCache
from bridges.core.storage.portals import LoginPortal, Portal, PortalStore

_KNOWN_MEMBERS = 8192


class Rooms:
    """The rooms of all portals."""

    def __init__(
        self,
        portals: PortalStore,
        maker: RoomMaker,
        properties: RoomProperties,
        members: RoomMembers,
        powers: PowerKeeper,
        spaces: Spaces,
        parents: Parents,
        moving: Moving,
        settings: ChatSettingsSync,
        pins: PinBoard,
        discussions: Discussions,
    ) -> None:
        self._log = structlog.get_logger("karvon.rooms")
        self._portals = portals
        self._maker = maker
        self._properties = properties
        self._members = members
        self._powers = powers
        self._spaces = spaces
        self._parents = parents
        self._moving = moving
        self._settings = settings
        self._pins = pins
        self._discussions = discussions
        self._creating: KeyedLocks[ChatKey] = KeyedLocks()
        self._inside: BoundedCache[tuple[LoginID, ChatKey], bool] = BoundedCache(_KNOWN_MEMBERS)

    async def of(
        self, key: ChatKey, login: ActiveLogin, moved_from: ChatKey | None = None
    ) -> tuple[Portal, RoomID]:
        """A chat's portal with its room, made if needed, with the login's owner brought in.

        Whatever is interrupted is taken up by the next call. ``moved_from``: the chat whose news
        that it goes on as this one are being handled.
        """
        portal = await self._portals.get(key)
        if (
            portal is not None
            and portal.room is not None
            and self._inside.get((login.record.id, key))
        ):
            return portal, portal.room
        async with self._creating.hold(key):
            return await self._ensure(key, login, moved_from)

    async def made(self, key: ChatKey, login: ActiveLogin) -> RoomID:
        """A chat's room, made if needed; nobody is brought in yet, which is for ``of`` to do."""
        async with self._creating.hold(key):
            portal, _, _ = await self._with_room(key, login, None)
        assert portal.room is not None
        return portal.room

    def knows(self, key: ChatKey, login: LoginID) -> bool:
        """Whether a login was brought into a chat's room lately, or since the start."""
        return self._inside.get((login, key)) is not None

    async def part_of(self, portal: Portal, login: ActiveLogin) -> LoginPortal | None:
        """A login's part in a portal that has a room; None if the login is not in the chat.

        A login that has come back finds its chats again by this, whether or not they are recent.
        """
        part = await self._members.part_of(portal, login)
        if part is not None or not await self._is_in_chat(portal.key, login):
            return part
        await self.of(portal.key, login)
        return await self._members.part_of(portal, login)

    async def apply(self, key: ChatKey, info: ChatInfo, login: ActiveLogin) -> None:
        """Show what has changed in a chat; a chat without a room only remembers it."""
        portal = await self._portals.get(key)
        if portal is None or portal.successor is not None:
            return
        updated = await self._properties.updated(portal, info, login.record.id)
        if updated.room is not None:
            await self._show(portal, updated, updated.room, info, login)
        if updated != portal:
            await self._portals.save(updated)
        if info.pinned is not None:
            await self._pins.replace(updated, info.pinned)
        if info.settings is not None:
            await self._settings.from_remote(key, info.settings, login)
        await self._discussions.tell(updated, login)
        if (
            updated.room is not None
            and _says_i_am_in(info)
            and await self._members.part_of(updated, login) is None
        ):
            await self.of(key, login)

    async def _show(
        self, portal: Portal, updated: Portal, room: RoomID, info: ChatInfo, login: ActiveLogin
    ) -> None:
        await self._properties.show(portal, updated, room)
        if updated.parent is not None:
            await self.of(updated.parent, login)
        if updated.parent != portal.parent:
            await self._parents.regroup(portal, updated, room)
        if info.predecessor is not None:
            await self._moving.close(info.predecessor, updated.key, room)
        await self._powers.apply(portal, updated, room, info, login)
        await self._members.apply(updated, room, info, login)

    async def leave(self, key: ChatKey, login: ActiveLogin, *, deleted: bool) -> RoomID | None:
        """Note that a login has left a chat; returns the room it was in.

        One that goes on in the room as another chat was not left. A chat that was ``deleted``
        disappears from the space it was in.
        """
        portal = await self._portals.get(key)
        if portal is None or portal.successor is not None:
            return None
        # Not while somebody is brought in, who would be noted as being inside for ever.
        async with self._creating.hold(key):
            self._inside.discard((login.record.id, key))
            await self._portals.remove_login(login.record.id, key)
        if deleted and portal.room is not None:
            await self._parents.remove(portal, portal.room)
        return portal.room

    async def move(self, event: ChatMoved, login: ActiveLogin) -> None:
        """A chat goes on as another: in the same room, or the old one points to the new one's."""
        chat, successor = event.chat, event.successor
        if event.same_messages:
            # First and whenever this is repeated: later the old chat has no room that tells of it.
            await self._moving.take_messages(chat, successor)
        old = await self._portals.get(chat)
        if old is not None and old.room is not None:
            _, room = await self.of(successor, login, chat)
            await self._moving.close(chat, successor, room)

    def forget(self, key: ChatKey, login: LoginID) -> None:
        """Note that a login's owner may not be in a chat's room any more."""
        self._inside.discard((login, key))

    def logged_out(self, login: LoginID) -> None:
        """Note that a login is gone; its rooms stay."""
        for known in [one for one in self._inside if one[0] == login]:
            self._inside.discard(known)

    async def _ensure(
        self, key: ChatKey, login: ActiveLogin, moved_from: ChatKey | None
    ) -> tuple[Portal, RoomID]:
        before = await self._portals.get(key)
        was_there = before is not None and before.room is not None
        portal, info, made = await self._with_room(key, login, moved_from)
        assert portal.room is not None
        if await self._members.part_of(portal, login) is None:
            info = info or await self._ask(key, login)
            if info is None and was_there and portal.kind is not ChatKind.DIRECT:
                # What was said before the login left; it may not see what others say now.
                return portal, portal.room
            info = info or ChatInfo()
            await self._bring_in(portal, portal.room, info, login)
            if made:
                await self._pins.replace(portal, info.pinned or ())
                await self._members.apply(portal, portal.room, info, login)
            else:
                await self.apply(key, info, login)
                await self._powers.show(portal, portal.room)
        elif portal.kind is ChatKind.DIRECT:
            await self._members.invite(portal.room, login.record.owner)
        self._inside.put((login.record.id, key), True)
        return portal, portal.room

    async def _with_room(
        self, key: ChatKey, login: ActiveLogin, moved_from: ChatKey | None
    ) -> tuple[Portal, ChatInfo | None, bool]:
        """A portal with its room, what was asked about the chat, and whether the room is new."""
        portal = await self._portals.get(key)
        if portal is not None and portal.room is not None:
            return portal, None, False
        info = await self._ask(key, login)
        portal = portal or Portal(key, ChatKind.GROUP)
        heir = await self._heir(portal, info, moved_from)
        portal = heir or await self._make(portal, info, login)
        await self._discussions.tell(portal, login)
        await self._discussions.room_made(portal, login)
        return portal, info, heir is None

    async def _make(self, portal: Portal, info: ChatInfo | None, login: ActiveLogin) -> Portal:
        if info is None:
            # The message that wants a room is worth more than its room's name.
            info = ChatInfo(name=str(portal.key.chat))
        portal = await self._properties.updated(portal, info, login.record.id)
        return await self._maker.make(portal, info, login, await self._space(portal, login))

    async def _heir(
        self, portal: Portal, info: ChatInfo | None, moved_from: ChatKey | None
    ) -> Portal | None:
        predecessor = moved_from
        if predecessor is None and info is not None:
            predecessor = info.predecessor
        if predecessor is None:
            return None
        return await self._moving.inherit(portal, predecessor)

    async def _bring_in(
        self, portal: Portal, room: RoomID, info: ChatInfo, login: ActiveLogin
    ) -> None:
        await self._settings.room_made(portal, room, info.settings, login)
        space = await self._space(portal, login)
        may_write = info.may_write is not False
        await self._members.bring_in(portal, room, login, space, may_write=may_write)

    async def _space(self, portal: Portal, login: ActiveLogin) -> RoomID | None:
        """The space in which a login finds a chat; made if needed."""
        if portal.parent is None:
            return await self._spaces.of(login.record)
        _, room = await self.of(portal.parent, login)
        return room

    async def _is_in_chat(self, key: ChatKey, login: ActiveLogin) -> bool:
        if key.receiver:
            return key.receiver == login.record.id
        try:
            await login.session.chat_info(key)
        except Rejected:
            return False
        return True

    async def _ask(self, key: ChatKey, login: ActiveLogin) -> ChatInfo | None:
        try:
            return await login.session.chat_info(key)
        except Rejected as error:
            self._log.warning("no information about a chat", error=error.code)
            return None


def _says_i_am_in(info: ChatInfo) -> bool:
    return any(one.user.is_me and one.membership is Membership.JOIN for one in info.members or ())
