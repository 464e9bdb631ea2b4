# SPDX-License-Identifier: AGPL-3.0-or-later
"""What a portal's room is called and looks like."""

from collections.abc import Set as AbstractSet
from typing import Any

from attrs import evolve
from mautrix.types import RoomID

from bridges.core.chat import ChatInfo, UserInfo
from bridges.core.handover.state import Step
from bridges.core.ids import NO_CHAT, LoginID, RemoteUserID
from bridges.core.matrix import event_types
from bridges.core.matrix.senders import AvatarUploader, Senders
from bridges.core.network import NetworkInfo
from bridges.core.portal.room_request import bridge_state, bridge_state_key
from bridges.core.portal.room_state import RoomState
from bridges.core.sanitize import clean_name, clean_text
from bridges.core.storage.handovers import HandoverStore
from bridges.core.storage.people import PeopleStore
from bridges.core.storage.portals import Portal, PortalStore


class RoomProperties:
    """Names, topics and pictures of portals."""

    def __init__(
        self,
        portals: PortalStore,
        people: PeopleStore,
        senders: Senders,
        state: RoomState,
        upload_avatar: AvatarUploader,
        network: NetworkInfo,
        handovers: HandoverStore,
    ) -> None:
        self._portals = portals
        self._people = people
        self._senders = senders
        self._state = state
        self._upload_avatar = upload_avatar
        self._network = network
        self._handovers = handovers

    async def updated(self, portal: Portal, info: ChatInfo, login: LoginID) -> Portal:
        """The portal with everything ``info`` knows; uploads a new picture. Stores nothing."""
        changes: dict[str, Any] = {}
        if info.kind is not None:
            changes["kind"] = info.kind
        if info.name is not None:
            changes["name"] = clean_name(info.name)
        if info.topic is not None:
            changes["topic"] = clean_text(info.topic)
        if info.other_user is not None:
            changes["other_user"] = info.other_user
        if info.rights is not None:
            changes["rights"] = info.rights
        for name in ("parent", "discussion"):
            chat = getattr(info, name)
            if chat is not None:
                changes[name] = None if chat == NO_CHAT else chat
        if info.avatar is not None and info.avatar.id != portal.avatar_id:
            uri = await self._upload_avatar(login, info.avatar) if info.avatar.id else ""
            if uri or not info.avatar.id:
                changes |= {"avatar_id": info.avatar.id, "avatar_uri": uri}
        return evolve(portal, **changes)

    async def show(self, old: Portal, new: Portal, room: RoomID) -> None:
        """Show in the room what differs between two versions of its portal."""
        handover = await self._handovers.in_room(room)
        if handover is not None and handover.is_shared:
            return  # It is called, and looks, as the bridge shows it that rules it.
        if new.name != old.name:
            await self.show_title(room, await self.shown_title(new))
        if new.topic != old.topic:
            await self._state.show(room, event_types.TOPIC, {"topic": new.topic})
        if new.avatar_uri != old.avatar_uri:
            await self._state.show(room, event_types.AVATAR, {"url": new.avatar_uri})
        if (new.name, new.avatar_uri) != (old.name, old.avatar_uri):
            await self.show_bridge(new, room)

    async def show_title(self, room: RoomID, title: str) -> None:
        """Give a room this name."""
        await self._state.show(room, event_types.NAME, {"name": title})

    async def title(self, portal: Portal) -> str:
        """How the room is called: like the chat, or like the other side of a direct one."""
        if portal.name or portal.other_user is None:
            return portal.name
        return clean_name((await self._people.ghost(portal.other_user)).name)

    async def shown_title(self, portal: Portal) -> str:
        """The name the room has: none where both people of a direct chat are in it themselves."""
        handover = await self._handovers.of(portal.key)
        if (
            handover is not None
            and handover.room == portal.room
            and (handover.is_native or handover.is_shared)
        ):
            return ""
        return await self.title(portal)

    async def show_bridge(self, portal: Portal, room: RoomID) -> None:
        """Show whose chat the room is, and on which network."""
        key = bridge_state_key(self._network, portal.key)
        bot = self._senders.bot.mxid
        content = dict(bridge_state(self._network, portal, bot, await self.title(portal)))
        handover = await self._handovers.of(portal.key)
        if handover is not None and handover.room == room and handover.is_native:
            content |= {event_types.HANDED_OVER: {"to": handover.guest}}
            if handover.step in (Step.CLOSING, Step.CLOSED):
                content = {}
        for name in (event_types.BRIDGE, event_types.BRIDGE_UNSTABLE):
            await self._state.set(room, name, content, key)

    async def show_nothing(self, portal: Portal, room: RoomID) -> None:
        """Show that a room is no chat of this network's any more."""
        key = bridge_state_key(self._network, portal.key)
        for name in (event_types.BRIDGE, event_types.BRIDGE_UNSTABLE):
            await self._state.set(room, name, {}, key)

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
            if not await self.shown_title(portal):
                continue
            await self.show_title(portal.room, clean_name(info.name))
            renamed.add(portal.room)
        return renamed
