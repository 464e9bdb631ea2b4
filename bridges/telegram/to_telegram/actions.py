# SPDX-License-Identifier: AGPL-3.0-or-later
"""Everything done to messages that exist: edit, remove, mark as read; and typing."""

from collections.abc import Sequence
from typing import Any

from telethon.tl.functions import channels
from telethon.tl.functions.messages import (
    DeleteMessagesRequest,
    ReadDiscussionRequest,
    ReadHistoryRequest,
    SetTypingRequest,
)
from telethon.tl.types import SendMessageCancelAction, SendMessageTypingAction

from bridges.core.errors import BridgeError
from bridges.core.ids import ChatKey, MessageID
from bridges.core.outgoing import (
    OutgoingReceipt,
    OutgoingRedaction,
)
from bridges.telegram import ids
from bridges.telegram.connection import Caller
from bridges.telegram.peers import Peers, input_channel
from bridges.telegram.store.entities import Entities

TYPING_SECONDS = 6.0
"""How long Telegram shows that somebody types."""

_GONE = frozenset({"TELEGRAM.MESSAGE_ID_INVALID", "TELEGRAM.MSG_ID_INVALID"})


class MessageActions:
    """Acts on messages for one login."""

    def __init__(self, call: Caller, peers: Peers, entities: Entities) -> None:
        self._call = call
        self._peers = peers
        self._entities = entities

    async def redact(self, redaction: OutgoingRedaction) -> None:
        """See ``HandlesRedactions``."""
        await self.delete(await self._peers.chat(redaction.chat), redaction.targets)

    async def mark_read(self, receipt: OutgoingReceipt) -> None:
        """See ``HandlesReceipts``."""
        peer = await self._peers.chat(receipt.chat)
        channel = input_channel(peer)
        number = ids.message_number(receipt.up_to)
        topic = ids.topic_number(receipt.chat)
        if channel is None:
            await self._call(ReadHistoryRequest(peer, number))
        elif topic is not None or await self._entities.forums([channel.channel_id]):
            await self._call(ReadDiscussionRequest(peer, topic or ids.GENERAL, number))
        else:
            await self._call(channels.ReadHistoryRequest(channel, number))

    async def set_typing(self, chat: ChatKey, typing: bool) -> None:
        """See ``HandlesTyping``."""
        action = SendMessageTypingAction() if typing else SendMessageCancelAction()
        peer, topic = await self._peers.chat(chat), ids.topic_number(chat)
        await self._call(SetTypingRequest(peer, action, top_msg_id=topic))

    async def delete(self, peer: Any, targets: Sequence[MessageID]) -> None:
        """Remove messages for everybody; success if they are gone already."""
        numbers = [ids.message_number(one) for one in targets]
        channel = input_channel(peer)
        if channel is None:
            await self._unless(_GONE, DeleteMessagesRequest(numbers, revoke=True))
        else:
            await self._unless(_GONE, channels.DeleteMessagesRequest(channel, numbers))

    async def _unless(self, harmless: frozenset[str], request: Any) -> Any:
        """Send a request; errors with these codes mean that it is done already, and give None."""
        try:
            return await self._call(request)
        except BridgeError as error:
            if error.code not in harmless:
                raise
            return None
