# SPDX-License-Identifier: AGPL-3.0-or-later
"""Sending messages, each once.

The worker remembers for each key what it has sent, so a repeated send is answered and not sent again.
"""

from datetime import UTC, datetime, timedelta

from bridges.core.content import LocalMedia, Poll
from bridges.core.errors import Rejected
from bridges.core.ids import ChatKey, MessageID
from bridges.core.outgoing import OutgoingMessage, Sent
from bridges.core.text import user_text
from bridges.whatsapp.ids import BROADCAST, NEWSLETTER
from bridges.whatsapp.linked.device import LinkedDevice
from bridges.whatsapp.linked.outgoing import Outgoing
from bridges.whatsapp.linked.queries import known_chat
from bridges.whatsapp.linked.refusals import guarded
from bridges.whatsapp.linked.stores import Stores
from bridges.whatsapp.polls import answer_id
from bridges.whatsapp.store.messages import Said
from bridges.whatsapp.wire.values import Sent as Answered

_EMPTY = user_text("There is nothing in this message that can be seen.")
_READ_ONLY = {
    NEWSLETTER: user_text(
        "Channels can be read here. Whoever runs one writes in it in WhatsApp on their phone."
    ),
    BROADCAST: user_text(
        "Status posts can be read here. To answer one, write to the person; to post something "
        "yourself, use WhatsApp on your phone."
    ),
}


class MessageSender:
    """Sends for one login."""

    def __init__(self, device: LinkedDevice, stores: Stores, outgoing: Outgoing) -> None:
        self._device = device
        self._stores = stores
        self._outgoing = outgoing

    async def send(self, message: OutgoingMessage) -> Sent:
        """See ``Session.send``."""
        jid = known_chat(message.chat)
        if jid.server in _READ_ONLY:
            raise Rejected("WHATSAPP.READ_ONLY", _READ_ONLY[jid.server])
        timer = (await self._stores.chats.get(message.chat.chat)).timer
        contents = await self._outgoing.messages(message)
        if not contents:
            raise Rejected("WHATSAPP.EMPTY", _EMPTY)
        answers: tuple[str, ...] = ()
        ids: list[MessageID] = []
        when = message.timestamp
        for number, content in enumerate(contents):
            key = f"{message.key}/{number}" if number else message.key
            answered = await guarded(
                self._device.worker.send(self._device.name, str(jid), content, key)
            )
            when = datetime.fromtimestamp(answered.timestamp, UTC)
            ids.append(MessageID(answered.id))
            await self._note(message.chat, answered)
            if number == 0 and isinstance(message.content, LocalMedia):
                await self._stores.sent.put(ids[0], content, answered.timestamp)
        if isinstance(message.content, Poll):
            texts = [one.text for one in message.content.answers]
            await self._stores.polls.note(ids[0], texts)
            answers = tuple(answer_id(text) for text in texts)
        expires = when + timedelta(seconds=timer) if timer else None
        return Sent(tuple(ids), when, answers, expires)

    async def _note(self, chat: ChatKey, answered: Answered) -> None:
        await self._stores.messages.note(
            Said(chat.chat, MessageID(answered.id), self._device.me, answered.timestamp)
        )
