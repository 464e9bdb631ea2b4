# SPDX-License-Identifier: AGPL-3.0-or-later
"""Looks up what people's messages point to: other messages, rooms and custom emoji."""

from typing import Any

from mautrix.types import EventID, RoomID

from bridges.core.emoji import CustomEmoji
from bridges.core.ids import ChatID, MessageID
from bridges.core.matrix.content import parse_references
from bridges.core.matrix.links import Known
from bridges.core.matrix.senders import Senders
from bridges.core.storage.messages import MessageStore
from bridges.core.storage.portals import PortalStore


class ReferenceBook:
    """Knows the remote names of what has a Matrix name."""

    def __init__(
        self,
        messages: MessageStore,
        portals: PortalStore,
        senders: Senders,
        emoji: CustomEmoji,
    ) -> None:
        self._messages = messages
        self._portals = portals
        self._senders = senders
        self._emoji = emoji

    async def of(self, content: dict[str, Any]) -> Known:
        """What is known of everything a message's content points to."""
        wanted = parse_references(content)
        messages: dict[EventID, tuple[ChatID, MessageID]] = {}
        for event in wanted.events:
            stored = await self._messages.by_event(event)
            if stored and not stored[0].redacted:
                messages[event] = (stored[0].chat.chat, stored[0].id)
        chats: dict[RoomID, ChatID] = {}
        for room in wanted.rooms:
            portal = await self._portals.by_room(room)
            if portal is not None:
                chats[room] = portal.key.chat
        emoji: dict[str, str] = {}
        for picture in wanted.pictures:
            name = await self._emoji.named(picture)
            if name is not None:
                emoji[picture] = name
        return Known(self._senders.remote_of, messages, chats, emoji)
