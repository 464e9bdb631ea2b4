# SPDX-License-Identifier: AGPL-3.0-or-later
"""What a session can do to chats themselves: ``bridges.core.room_abilities``, part by part."""

from pathlib import Path

from bridges.core.chat import Avatar
from bridges.core.errors import Rejected
from bridges.core.ids import ChatKey, RemoteUserID
from bridges.core.outgoing import OutgoingPins, OutgoingPower
from bridges.core.text import user_text
from bridges.telegram import ids
from bridges.telegram.connection import Caller
from bridges.telegram.peers import Peers
from bridges.telegram.to_telegram.members import MemberActions
from bridges.telegram.to_telegram.pins import PinActions
from bridges.telegram.to_telegram.rights import RightActions
from bridges.telegram.to_telegram.rooms import RoomActions
from bridges.telegram.to_telegram.uploads import Uploader
from bridges.telegram.topics import Topics


class RoomAbilities:
    """What a session inherits; it calls ``_open_rooms`` first."""

    def _open_rooms(self, call: Caller, peers: Peers, uploader: Uploader, topics: Topics) -> None:
        self._topics = topics
        self._rooms = RoomActions(call, peers, uploader)
        self._pins = PinActions(call, peers)
        self._members = MemberActions(call, peers)
        self._rights = RightActions(call, peers)

    async def set_name(self, chat: ChatKey, name: str) -> None:
        """See ``HandlesChatName``."""
        if ids.topic_number(chat) is None:
            await self._rooms.set_name(_whole(chat), name)
        else:
            await self._topics.rename(chat, name)

    async def set_topic(self, chat: ChatKey, topic: str) -> None:
        """See ``HandlesChatTopic``."""
        await self._rooms.set_topic(_whole(chat), topic)

    async def set_avatar(self, chat: ChatKey, path: Path | None) -> Avatar:
        """See ``HandlesChatAvatar``."""
        return await self._rooms.set_avatar(_whole(chat), path)

    async def set_pinned(self, pins: OutgoingPins) -> None:
        """See ``HandlesPins``."""
        await self._pins.set_pinned(pins)

    async def invite(self, chat: ChatKey, user: RemoteUserID) -> None:
        """See ``HandlesMembers``."""
        await self._members.invite(_whole(chat), user)

    async def kick(self, chat: ChatKey, user: RemoteUserID) -> None:
        """See ``HandlesMembers``."""
        await self._members.kick(_whole(chat), user)

    async def ban(self, chat: ChatKey, user: RemoteUserID) -> None:
        """See ``HandlesMembers``."""
        await self._members.ban(_whole(chat), user)

    async def unban(self, chat: ChatKey, user: RemoteUserID) -> None:
        """See ``HandlesMembers``."""
        await self._members.unban(_whole(chat), user)

    async def leave(self, chat: ChatKey) -> None:
        """See ``HandlesLeave``."""
        await self._rooms.leave(_whole(chat))

    async def set_power(self, power: OutgoingPower) -> None:
        """See ``HandlesPower``."""
        _whole(power.chat)
        await self._rights.set_power(power)


def _whole(chat: ChatKey) -> ChatKey:
    """A chat that is no part of another: members and rights are the whole forum's.

    Raises ``Rejected`` for topics and spaces.
    """
    if "/" in chat.chat:
        raise Rejected(
            "TELEGRAM.TOPIC",
            user_text("That is about the whole group: do it in the group's own room."),
        )
    return chat
