# SPDX-License-Identifier: AGPL-3.0-or-later
"""What a session can do to chats themselves: ``bridges.core.room_abilities``."""

from collections.abc import Sequence
from pathlib import Path

from bridges.core.chat import Avatar
from bridges.core.ids import ChatKey, RemoteUserID
from bridges.core.outgoing import OutgoingPins, OutgoingPower
from bridges.whatsapp.linked.disappearing import TIMES, Disappearing
from bridges.whatsapp.linked.pins import PinActions
from bridges.whatsapp.linked.rooms import RoomActions


class RoomAbilities:
    """What a session inherits; it calls ``_open_rooms`` first."""

    def _open_rooms(self, rooms: RoomActions, pins: PinActions, timers: Disappearing) -> None:
        self._rooms = rooms
        self._timers = timers
        self._pins = pins

    async def set_name(self, chat: ChatKey, name: str) -> None:
        """See ``HandlesChatName``."""
        await self._rooms.set_name(chat, name)

    async def set_topic(self, chat: ChatKey, topic: str) -> None:
        """See ``HandlesChatTopic``."""
        await self._rooms.set_topic(chat, topic)

    async def set_avatar(self, chat: ChatKey, path: Path | None) -> Avatar:
        """See ``HandlesChatAvatar``."""
        return await self._rooms.set_avatar(chat, path)

    @property
    def disappearing_times(self) -> Sequence[int]:
        """See ``HandlesDisappearing``."""
        return TIMES

    async def set_disappearing(self, chat: ChatKey, seconds: int) -> None:
        """See ``HandlesDisappearing``."""
        await self._timers.set(chat, seconds)

    async def set_pinned(self, pins: OutgoingPins) -> None:
        """See ``HandlesPins``."""
        await self._pins.set_pinned(pins)

    async def invite(self, chat: ChatKey, user: RemoteUserID) -> None:
        """See ``HandlesMembers``."""
        await self._rooms.invite(chat, user)

    async def kick(self, chat: ChatKey, user: RemoteUserID) -> None:
        """See ``HandlesMembers``."""
        await self._rooms.kick(chat, user)

    async def ban(self, chat: ChatKey, user: RemoteUserID) -> None:
        """See ``HandlesMembers``."""
        await self._rooms.ban(chat, user)

    async def unban(self, chat: ChatKey, user: RemoteUserID) -> None:
        """See ``HandlesMembers``."""
        await self._rooms.unban(chat, user)

    async def leave(self, chat: ChatKey) -> None:
        """See ``HandlesLeave``."""
        await self._rooms.leave(chat)

    async def set_power(self, power: OutgoingPower) -> None:
        """See ``HandlesPower``."""
        await self._rooms.set_power(power)
