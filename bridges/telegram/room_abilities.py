# SPDX-License-Identifier: AGPL-3.0-or-later
"""What a session can do to chats themselves: ``bridges.core.room_abilities``, part by part."""

from pathlib import Path

from bridges.core.chat import Avatar
from bridges.core.ids import ChatKey, RemoteUserID
from bridges.core.outgoing import OutgoingPins, OutgoingPower
from bridges.telegram.connection import Caller
from bridges.telegram.peers import Peers
from bridges.telegram.to_telegram.members import MemberActions
from bridges.telegram.to_telegram.pins import PinActions
from bridges.telegram.to_telegram.rights import RightActions
from bridges.telegram.to_telegram.rooms import RoomActions
from bridges.telegram.to_telegram.uploads import Uploader


class RoomAbilities:
    """What a session inherits; it calls ``_open_rooms`` first."""

    def _open_rooms(self, call: Caller, peers: Peers, uploader: Uploader) -> None:
        self._rooms = RoomActions(call, peers, uploader)
        self._pins = PinActions(call, peers)
        self._members = MemberActions(call, peers)
        self._rights = RightActions(call, peers)

    async def set_name(self, chat: ChatKey, name: str) -> None:
        """See ``HandlesChatName``."""
        await self._rooms.set_name(chat, name)

    async def set_topic(self, chat: ChatKey, topic: str) -> None:
        """See ``HandlesChatTopic``."""
        await self._rooms.set_topic(chat, topic)

    async def set_avatar(self, chat: ChatKey, path: Path | None) -> Avatar:
        """See ``HandlesChatAvatar``."""
        return await self._rooms.set_avatar(chat, path)

    async def set_pinned(self, pins: OutgoingPins) -> None:
        """See ``HandlesPins``."""
        await self._pins.set_pinned(pins)

    async def invite(self, chat: ChatKey, user: RemoteUserID) -> None:
        """See ``HandlesMembers``."""
        await self._members.invite(chat, user)

    async def kick(self, chat: ChatKey, user: RemoteUserID) -> None:
        """See ``HandlesMembers``."""
        await self._members.kick(chat, user)

    async def ban(self, chat: ChatKey, user: RemoteUserID) -> None:
        """See ``HandlesMembers``."""
        await self._members.ban(chat, user)

    async def unban(self, chat: ChatKey, user: RemoteUserID) -> None:
        """See ``HandlesMembers``."""
        await self._members.unban(chat, user)

    async def leave(self, chat: ChatKey) -> None:
        """See ``HandlesLeave``."""
        await self._rooms.leave(chat)

    async def set_power(self, power: OutgoingPower) -> None:
        """See ``HandlesPower``."""
        await self._rights.set_power(power)
