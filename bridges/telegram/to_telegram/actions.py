# SPDX-License-Identifier: AGPL-3.0-or-later
"""Everything done to messages that exist: edit, remove, mark as read; and typing."""

from collections.abc import Mapping, Sequence
from typing import Any

from telethon.tl.functions import channels
from telethon.tl.functions.messages import (
    DeleteMessagesRequest,
    EditMessageRequest,
    ReadDiscussionRequest,
    ReadHistoryRequest,
    SetTypingRequest,
)
from telethon.tl.types import SendMessageCancelAction, SendMessageTypingAction

from bridges.core.errors import BridgeError, Rejected
from bridges.core.ids import ChatKey, MessageID
from bridges.core.outgoing import (
    OutgoingEdit,
    OutgoingReceipt,
    OutgoingRedaction,
)
from bridges.core.text import user_text
from bridges.telegram import ids
from bridges.telegram.connection import Caller
from bridges.telegram.errors import refused
from bridges.telegram.from_telegram.messages import edit_stamps
from bridges.telegram.peers import Peers, input_channel
from bridges.telegram.store.entities import Entities
from bridges.telegram.to_telegram.pieces import texts_of

TYPING_SECONDS = 6.0
"""How long Telegram shows that somebody types."""

_SAME_TEXT = "TELEGRAM.MESSAGE_NOT_MODIFIED"
_GONE = frozenset({"TELEGRAM.MESSAGE_ID_INVALID", "TELEGRAM.MSG_ID_INVALID"})


class MessageActions:
    """Acts on messages for one login."""

    def __init__(self, call: Caller, peers: Peers, entities: Entities) -> None:
        self._call = call
        self._peers = peers
        self._entities = entities

    async def edit(self, edit: OutgoingEdit) -> Mapping[MessageID, int]:
        """See ``HandlesEdits``. Messages that a shorter text does not need any more are removed.

        Raises ``Rejected`` if the new text needs more messages than the old one had.
        """
        texts = texts_of(edit.content)
        if not texts:
            raise refused("MESSAGE_EMPTY")
        if len(texts) > len(edit.targets):
            raise Rejected(
                "TELEGRAM.EDIT_TOO_LONG",
                user_text("The new text is too long for this message; send it as a new one."),
            )
        peer = await self._peers.chat(edit.chat)
        stamps: dict[MessageID, int] = {}
        for target, text in zip(edit.targets, texts, strict=False):
            request = EditMessageRequest(
                peer,
                ids.message_number(target),
                message=text.text,
                entities=list(text.entities),
            )
            answer = await self._unless(frozenset({_SAME_TEXT}), request)
            stamps |= edit_stamps(getattr(answer, "updates", ()))
        if len(edit.targets) > len(texts):
            await self._delete(peer, edit.targets[len(texts) :])
        return stamps

    async def redact(self, redaction: OutgoingRedaction) -> None:
        """See ``HandlesRedactions``."""
        await self._delete(await self._peers.chat(redaction.chat), redaction.targets)

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

    async def _delete(self, peer: Any, targets: Sequence[MessageID]) -> None:
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
