# SPDX-License-Identifier: AGPL-3.0-or-later
"""Keeping what is said in chats that have no room yet: the phone does not hand it over again."""

from collections.abc import Mapping
from typing import Any

from mautrix.util.async_db import Connection as Transaction

from bridges.core.clock import Clock
from bridges.core.ids import ChatKey, MessageID
from bridges.core.network import BridgeHandle
from bridges.whatsapp.ids import chat_jid
from bridges.whatsapp.linked.batch import Batch
from bridges.whatsapp.linked.envelope import Envelope
from bridges.whatsapp.store.past import OldMessage, PastStore

_MOST = 5000
"""Messages that are kept of a chat nobody opens."""


class Keeping:
    """For one login. What is kept has the form in which phones hand over old messages."""

    def __init__(self, handle: BridgeHandle, past: PastStore) -> None:
        self._handle = handle
        self._clock: Clock = handle.clock
        self._past = past

    async def said(self, envelope: Envelope, content: Mapping[str, Any], batch: Batch) -> None:
        """Keep a message if there is no room that it goes into."""
        if await self._handle.has_room(envelope.chat):
            return
        key: dict[str, Any] = {
            "remoteJID": str(chat_jid(envelope.chat)),
            "fromMe": envelope.sender.is_me,
            "ID": envelope.id,
            "participant": str(envelope.speaker),
        }
        data = {"key": key, "message": content, "messageTimestamp": str(envelope.seconds)}
        # Behind everything of the same second that the phone has handed over.
        place = int(self._clock.now().timestamp() * 1000)
        chat = envelope.chat.chat
        self._write(batch, OldMessage(chat, envelope.id, envelope.seconds, place, data))

        async def prune(transaction: Transaction) -> None:
            await self._past.prune(transaction, chat, _MOST)

        batch.writes.append(prune)

    async def edited(
        self, chat: ChatKey, target: MessageID, content: Mapping[str, Any], batch: Batch
    ) -> None:
        """Keep the new content of a message that is kept."""
        kept = await self._past.get(chat.chat, target)
        if kept is not None:
            self._write(batch, kept.saying({**kept.data, "message": content}))

    async def reacted(
        self, envelope: Envelope, target: MessageID, emoji: str, batch: Batch
    ) -> None:
        """Keep somebody's reaction to a message that is kept; an empty one takes it away."""
        kept = await self._past.get(envelope.chat.chat, target)
        if kept is None:
            return
        author = str(envelope.speaker)
        others = [
            one
            for one in kept.data.get("reactions", ())
            if (one.get("key") or {}).get("participant") != author
        ]
        key = {"participant": author, "fromMe": envelope.sender.is_me}
        given = [{"key": key, "text": emoji}] if emoji else []
        self._write(batch, kept.saying({**kept.data, "reactions": [*others, *given]}))

    async def revoked(self, chat: ChatKey, target: MessageID, batch: Batch) -> None:
        """Keep a message no more."""

        async def write(transaction: Transaction) -> None:
            await self._past.forget(transaction, chat.chat, target)

        batch.writes.append(write)

    def _write(self, batch: Batch, message: OldMessage) -> None:
        async def write(transaction: Transaction) -> None:
            await self._past.write(transaction, [message])

        batch.writes.append(write)
