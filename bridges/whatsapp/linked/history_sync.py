# SPDX-License-Identifier: AGPL-3.0-or-later
"""What the phone hands over after linking: names, chats as they are, and what was said in them.

It comes in parts: the first has names, each of the others a chat or a piece of one. Everything is kept
as it came, for the phone sends it once.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import timedelta
from typing import Any

from attrs import evolve
from mautrix.util.async_db import Connection as Transaction

from bridges.core.clock import Clock
from bridges.core.errors import TemporaryError
from bridges.core.formatting.names import clean_name
from bridges.core.ids import ChatKey, MessageID
from bridges.core.text import user_text
from bridges.whatsapp.from_whatsapp.stubs import tells_something
from bridges.whatsapp.ids import STATUS, Jid, chat_key, maybe_jid
from bridges.whatsapp.linked.batch import Batch
from bridges.whatsapp.linked.device import LinkedDevice
from bridges.whatsapp.linked.envelope import moment
from bridges.whatsapp.linked.incoming import poll_answers
from bridges.whatsapp.linked.people import People
from bridges.whatsapp.linked.stores import Stores
from bridges.whatsapp.store.chats import FOR_EVER, ChatFacts
from bridges.whatsapp.store.messages import Said
from bridges.whatsapp.store.past import OldMessage

Data = Mapping[str, Any]

_CHATS = frozenset({"INITIAL_BOOTSTRAP", "RECENT", "FULL"})
"""Kinds of histories that hold chats."""
_LOOK_AGAIN = 2.0
_PATIENCE = timedelta(minutes=1)
_ASKED_PATIENCE = 20.0
"""Seconds for which somebody who asks for a list may be kept waiting."""


class HistorySync:
    """For one login."""

    def __init__(self, device: LinkedDevice, clock: Clock, stores: Stores, people: People) -> None:
        self._device = device
        self._clock = clock
        self._stores = stores
        self._people = people
        self._is_there = False

    async def check(self) -> None:
        """Raise ``TemporaryError`` while it makes sense to wait for the phone."""
        if await self.is_awaited():
            text = user_text(
                "Your phone has not handed over your chats yet. Try again in a minute."
            )
            raise TemporaryError("WHATSAPP.HISTORY_AWAITED", text, retry_after=_LOOK_AGAIN)

    async def settled(self) -> None:
        """Wait a little for the phone."""
        now = asyncio.get_running_loop().time
        deadline = now() + _ASKED_PATIENCE
        while now() < deadline and await self.is_awaited():
            await self._clock.sleep(_LOOK_AGAIN)

    async def is_awaited(self) -> bool:
        """Whether the phone has yet to hand over chats or contacts of an account that was just linked.

        Without contacts rooms would not be called as people call each other.
        """
        login = self._device.login
        if self._is_there or await self._stores.accounts.is_complete(login):
            self._is_there = True
            return False
        account = await self._stores.accounts.get(login)
        # Nothing is awaited for ever: the phone may have gone offline.
        return account is not None and self._clock.now() - account.linked_at < _PATIENCE

    async def part(self, data: Data, batch: Batch) -> None:
        """A ``history_sync`` event."""
        for address, name in data.get("push_names", {}).items():
            jid = maybe_jid(address)
            if jid is not None:
                batch.events += await self._people.pushed(await self._people.person(jid), str(name))
        conversation = data.get("conversation")
        if isinstance(conversation, Mapping):
            await self._chat(conversation, batch)
        if data.get("sync_type") in _CHATS and data.get("part") == data.get("parts"):
            batch.writes.append(self._came())

    def _came(self) -> Callable[[Transaction], Awaitable[None]]:
        async def write(transaction: Transaction) -> None:
            await self._stores.accounts.history_came(transaction, self._device.login)

        return write

    async def _chat(self, told: Data, batch: Batch) -> None:
        jid = maybe_jid(told.get("ID"))
        if jid is None or jid == STATUS:  # Old posts are over.
            return
        lid, number = maybe_jid(told.get("lidJID")), maybe_jid(told.get("pnJID"))
        if jid.is_person:
            batch.people = await self._people.news((jid, lid), (jid, number), (lid, number))
            jid = await self._people.person(jid, lid)
        chat = chat_key(jid, self._device.login)
        messages = [
            one
            for index, wrapped in enumerate(told.get("messages", ()))
            if (one := await self._message(chat, jid, wrapped, index)) is not None
        ]
        known = await self._stores.chats.get(chat.chat)
        said = [one for _, one in messages]
        if said and said[0].sent_at >= known.active_at:  # the piece with the latest messages
            said = _with_unread(said, _number(told.get("unreadCount")), self._device.me)
        self._facts(known, told, said, batch)
        batch.writes.append(self._keep([one for one, _ in messages], said))

    async def _message(
        self, chat: ChatKey, jid: Jid, wrapped: Data, index: int
    ) -> tuple[OldMessage, Said] | None:
        """``index`` counts from the newest message, which phones send first."""
        told = wrapped.get("message") or {}
        key = told.get("key") or {}
        identifier = str(key.get("ID", ""))
        if not identifier or not (told.get("message") or tells_something(told)):
            return None
        speaker = await self._speaker(key, told, jid)
        when = int(moment(told.get("messageTimestamp"), self._clock.now()).timestamp())
        place = _number(wrapped.get("msgOrderID")) or -index
        old = OldMessage(chat.chat, MessageID(identifier), when, place, told)
        return old, Said(chat.chat, MessageID(identifier), speaker, when)

    async def _speaker(self, key: Data, told: Data, chat: Jid) -> Jid:
        if key.get("fromMe"):
            return self._device.me
        named = maybe_jid(key.get("participant")) or maybe_jid(told.get("participant"))
        return await self._people.person(named) if named is not None else chat

    def _facts(self, known: ChatFacts, told: Data, said: Sequence[Said], batch: Batch) -> None:
        latest = max((one.sent_at for one in said), default=0)
        told_time = _number(told.get("conversationTimestamp") or told.get("lastMsgTimestamp"))
        facts = evolve(
            known,
            name=clean_name(str(told.get("name") or told.get("displayName") or "")) or known.name,
            active_at=max(known.active_at, latest, told_time),
            archived=bool(told.get("archived", known.archived)),
            pinned=bool(told.get("pinned", known.pinned)),
            muted_until=_muted(told.get("muteEndTime"), known.muted_until),
            timer=_number(told.get("ephemeralExpiration")) or known.timer,
            timer_set=_number(told.get("ephemeralSettingTimestamp")) or known.timer_set,
        )

        async def write(transaction: Transaction) -> None:
            await self._stores.chats.write(transaction, facts)

        batch.writes.append(write)

    def _keep(
        self, old: list[OldMessage], said: list[Said]
    ) -> Callable[[Transaction], Awaitable[None]]:
        async def write(transaction: Transaction) -> None:
            await self._stores.past.write(transaction, old)
            await self._stores.messages.write(transaction, said)
            for one in old:
                answers = poll_answers(one.data.get("message") or {})
                if answers is not None:
                    await self._stores.polls.write(transaction, one.id, answers)

        return write


def _with_unread(said: Sequence[Said], count: int, me: Jid) -> list[Said]:
    """Mark as unread as many of others' messages as the phone has counted; the newest come first."""
    theirs = [index for index, one in enumerate(said) if one.sender != me]
    unread = set(theirs[:count])
    return [evolve(one, unread=index in unread) for index, one in enumerate(said)]


def _muted(told: Any, known: int) -> int:
    if told is None:
        return known
    seconds = _number(told)
    return FOR_EVER if seconds < 0 or seconds > 1 << 40 else seconds


def _number(value: Any) -> int:
    try:
        return int(value or 0)
    except (TypeError, ValueError):
        return 0
