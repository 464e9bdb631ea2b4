# SPDX-License-Identifier: AGPL-3.0-or-later
"""Asking for and changing topics of forums (https://core.telegram.org/api/forum)."""

from typing import Any

from telethon.tl import types as tl
from telethon.tl.functions.messages import (
    CreateForumTopicRequest,
    EditForumTopicRequest,
    GetForumTopicsByIDRequest,
)

from bridges.core.chat import ChatInfo
from bridges.core.errors import BridgeError, Rejected
from bridges.core.ids import ChatKey
from bridges.core.text import user_text
from bridges.telegram import ids
from bridges.telegram.connection import Caller
from bridges.telegram.errors import refused
from bridges.telegram.peers import Peers
from bridges.telegram.to_telegram.pieces import random_id
from bridges.telegram.topic_info import topic_info

_NOT_MODIFIED = "TELEGRAM.TOPIC_NOT_MODIFIED"


class Topics:
    """The topics one login sees."""

    def __init__(self, call: Caller, peers: Peers) -> None:
        self._call = call
        self._peers = peers

    async def info(self, chat: ChatKey) -> ChatInfo:
        """What is known of a topic. Raises ``Rejected`` if it does not exist (any more)."""
        number = ids.topic_number(chat)
        request = GetForumTopicsByIDRequest(await self._peers.chat(chat), [number])
        answer = await self._call(request)
        topic = next((one for one in answer.topics if one.id == number), None)
        channel = ids.chat_peer(chat)
        found = [one for one in answer.chats if one.id == getattr(channel, "channel_id", None)]
        if not isinstance(topic, tl.ForumTopic) or not found:
            raise refused("TOPIC_DELETED")
        return topic_info(topic, found[0])

    async def create(self, chat: ChatKey, key: str, title: str) -> ChatKey:
        """See ``HandlesTopics``."""
        peer = ids.chat_peer(chat)
        if not isinstance(peer, tl.PeerChannel):
            raise refused("CHANNEL_FORUM_MISSING")
        number = random_id(key, 0)
        target = await self._peers.of(peer)
        answer = await self._call(CreateForumTopicRequest(target, title, random_id=number))
        return ids.topic_key(peer.channel_id, _created(answer, number))

    async def rename(self, chat: ChatKey, title: str) -> None:
        """Give a topic another title; success if it has that already."""
        target = await self._peers.chat(chat)
        request = EditForumTopicRequest(target, ids.topic_number(chat), title=title)
        try:
            await self._call(request)
        except BridgeError as error:
            if error.code != _NOT_MODIFIED:
                raise


def _created(answer: Any, number: int) -> int:
    for update in answer.updates:
        if isinstance(update, tl.UpdateMessageID) and update.random_id == number:
            topic: int = update.id
            return topic
    raise Rejected(
        "TELEGRAM.NO_TOPIC_ID",
        user_text("Telegram does not say which topic it has made; look in a Telegram app."),
        certain=False,
    )
