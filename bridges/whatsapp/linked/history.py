# SPDX-License-Identifier: AGPL-3.0-or-later
"""What was said before, from what the phone has handed over."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from bridges.core.content import RemotePart
from bridges.core.events import ReactionsOf, RemoteMessage, RemoteReceipt
from bridges.core.history.pages import HistoryPage, PastMessage
from bridges.core.ids import ChatKey, MessageID
from bridges.whatsapp.from_whatsapp.context import context_of
from bridges.whatsapp.ids import maybe_jid
from bridges.whatsapp.linked.contents import Contents
from bridges.whatsapp.linked.device import LinkedDevice
from bridges.whatsapp.linked.envelope import Envelope
from bridges.whatsapp.linked.history_sync import HistorySync
from bridges.whatsapp.linked.incoming import Said, meaning
from bridges.whatsapp.linked.people import People
from bridges.whatsapp.linked.queries import known_chat
from bridges.whatsapp.linked.stores import Stores
from bridges.whatsapp.store.past import OldMessage, Position

_LAST = 1 << 62


class Past:
    """For one login."""

    def __init__(
        self,
        device: LinkedDevice,
        stores: Stores,
        people: People,
        contents: Contents,
        awaited: HistorySync,
    ) -> None:
        self._awaited = awaited
        self._device = device
        self._stores = stores
        self._people = people
        self._contents = contents

    async def history(self, chat: ChatKey, before: MessageID | None, limit: int) -> HistoryPage:
        """See ``ReadsHistory``."""
        known_chat(chat)
        await self._awaited.check()
        kept = await self._stores.past.before(chat.chat, await self._position(chat, before), limit)
        messages = [one for old in kept if (one := await self._message(chat, old)) is not None]
        more = kept[0].id if len(kept) == limit else None
        return HistoryPage(messages=tuple(messages), more=more)

    async def _position(self, chat: ChatKey, message: MessageID | None) -> Position | None:
        """Where to read on. A message that came by itself stands behind all of its second."""
        if message is None:
            return None
        kept = await self._stores.past.position(chat.chat, message)
        if kept is not None:
            return kept
        said = await self._stores.messages.get(chat.chat, message)
        return None if said is None else Position(said.sent_at, _LAST)

    async def read_marks(
        self, chat: ChatKey, among: Sequence[MessageID]
    ) -> Sequence[RemoteReceipt]:
        """See ``ReadsHistory``: the account itself has read all that is not unread."""
        found = [await self._stores.messages.get(chat.chat, one) for one in among]
        read = [one for one in found if one is not None and not one.unread]
        if not read:
            return ()
        last = max(read, key=lambda one: one.sent_at)
        return [RemoteReceipt(chat, self._people.sender(self._device.me), last.id)]

    async def _message(self, chat: ChatKey, old: OldMessage) -> PastMessage | None:
        noted = await self._stores.messages.get(chat.chat, old.id)
        if noted is None:
            return None
        envelope = Envelope(
            chat,
            self._people.sender(noted.sender),
            noted.sender,
            old.id,
            datetime.fromtimestamp(old.sent_at, UTC),
            (),
        )
        content = old.data.get("message") or {}
        parts = await self._parts(content, old.data, envelope)
        if not parts:
            return None
        target = context_of(content).get("stanzaID")
        message = RemoteMessage(
            chat,
            envelope.sender,
            old.id,
            envelope.when,
            parts,
            reply_to=MessageID(str(target)) if target else None,
            answered=await self._contents.answered(content),
        )
        return PastMessage(message, reactions=await self._reactions(chat, old.data))

    async def _parts(
        self, content: Mapping[str, Any], told: Mapping[str, Any], envelope: Envelope
    ) -> tuple[RemotePart, ...]:
        if not content:
            return await self._contents.noted(told, envelope)
        said = meaning(content)
        if not isinstance(said, Said):
            return ()
        return await self._contents.parts(said.content, {})

    async def _reactions(self, chat: ChatKey, told: Mapping[str, Any]) -> tuple[ReactionsOf, ...]:
        found = []
        for one in told.get("reactions", ()):
            key, emoji = one.get("key") or {}, str(one.get("text", ""))
            speaker = maybe_jid(key.get("participant"))
            if key.get("fromMe"):
                speaker = self._device.me
            elif speaker is None:
                speaker = maybe_jid(chat.chat)
            if speaker is not None and emoji:
                person = await self._people.person(speaker)
                found.append(ReactionsOf(self._people.sender(person), (emoji,)))
        return tuple(found)
