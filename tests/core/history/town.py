# SPDX-License-Identifier: AGPL-3.0-or-later
"""Everything around the history of a chat, played; the database is real."""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any
from unittest.mock import AsyncMock, Mock

from attrs import evolve
from mautrix.types import EventID, RoomID, UserID

from bridges.core.chat import ChatKind, Sender
from bridges.core.clock import Clock
from bridges.core.config import BackfillConfig
from bridges.core.content import FormattedText, Text
from bridges.core.events import ReactionsOf, RemoteMessage
from bridges.core.history.filler import HistoryFiller
from bridges.core.history.keeper import HistoryKeeper
from bridges.core.history.pages import HistoryPage, PastMessage
from bridges.core.history.reader import HistoryReader
from bridges.core.history.store import HistoryStore
from bridges.core.history.writer import EventKey, PastEvent, PastReaction
from bridges.core.ids import ChatID, ChatKey, LoginID, MessageID, RemoteUserID
from bridges.core.matrix.client import MatrixSender
from bridges.core.matrix.rendering import Rendered
from bridges.core.portal.links import Links
from bridges.core.rows import chat_lane, message_key
from bridges.core.storage.codec import EventCodec
from bridges.core.storage.database import Database
from bridges.core.storage.expiry import ExpiryStore
from bridges.core.storage.messages import MessageStore
from bridges.core.storage.portals import Portal, PortalStore
from bridges.core.storage.queue import NewRow, Queue

LOGIN = LoginID("zarina")
CHAT = ChatKey(ChatID("nodira"), LOGIN)
BEGINNING = datetime(2030, 1, 1, tzinfo=UTC)


def past(number: int, chat: ChatKey = CHAT, **changes: Any) -> PastMessage:
    """The message of this number; each is a minute later than the one before."""
    message = RemoteMessage(
        chat=chat,
        sender=Sender(RemoteUserID("nodira")),
        id=MessageID(str(number)),
        timestamp=BEGINNING + timedelta(minutes=number),
        parts=(Text(FormattedText(f"text {number}")),),
    )
    return evolve(PastMessage(message), **changes)


class Network:
    """A session that has histories; what is in `errors` strikes its next requests, None none.

    It answers while it is `open`, and always for chats that are `at_once`.
    """

    def __init__(self, clock: Clock) -> None:
        self.said: dict[ChatKey, list[PastMessage]] = {}
        self.continues: dict[ChatKey, ChatKey] = {}
        self.errors: list[Exception | None] = []
        self.asked: list[tuple[ChatKey, MessageID | None, int]] = []
        self.open = asyncio.Event()
        self.open.set()
        self.at_once: set[ChatKey] = set()
        self.under_way = 0
        self.most_at_once = 0
        self._clock = clock

    async def history(self, chat: ChatKey, before: MessageID | None, limit: int) -> HistoryPage:
        self.asked.append((chat, before, limit))
        self.under_way += 1
        self.most_at_once = max(self.most_at_once, self.under_way)
        try:
            await self._clock.sleep(1)
            if chat not in self.at_once:
                await self.open.wait()
            error = self.errors.pop(0) if self.errors else None
            if error is not None:
                raise error
        finally:
            self.under_way -= 1
        everything = self.said.get(chat, [])
        wanted = [one for one in everything if before is None or int(one.message.id) < int(before)]
        page = wanted[-limit:]
        if len(page) < len(wanted):
            return HistoryPage(tuple(page), more=page[0].message.id)
        return HistoryPage(tuple(page), continues=self.continues.get(chat))

    async def read_marks(self, _chat: ChatKey, _among: Sequence[MessageID]) -> Sequence[Any]:
        return ()


class Room:
    """What is in all rooms, each event once by its key; an insertion may be made to fail."""

    def __init__(self) -> None:
        self.events: dict[EventKey, PastEvent | PastReaction] = {}
        self.batches: list[int] = []
        self.errors: list[Exception] = []
        self.finished = 0

    async def insert(
        self, room: RoomID, batch: Sequence[PastEvent | PastReaction]
    ) -> Mapping[EventKey, EventID]:
        self.batches.append(len(batch))
        for one in batch:
            if self.errors:
                raise self.errors.pop(0)
            self.events.setdefault(one.key, one)
        return {
            one.key: EventID(f"${one.key.chat}/{one.key.message}/{one.key.part}") for one in batch
        }

    async def finish(self, room: RoomID) -> None:
        if self.errors:
            raise self.errors.pop(0)
        self.finished += 1

    def bodies(self, chat: ChatKey = CHAT) -> list[str]:
        """What is said there, in order."""
        return [
            one.rendered.content["body"]
            for one in self.events.values()
            if isinstance(one, PastEvent) and one.key.chat == str(chat)
        ]


class Town:
    """A keeper of histories with its surroundings."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self.database = database
        self.clock = clock
        self.network = Network(clock)
        self.room = Room()
        self.writers = Mock(is_silent=False, for_room=Mock(return_value=self.room))
        self.hush = Mock(begin=AsyncMock(), end=AsyncMock())
        self.queue = Queue(database, "from_remote")
        self.messages = MessageStore(database)
        self.portals = PortalStore(database)
        self.limits = BackfillConfig()
        self.logins = {LOGIN: Mock(session=self.network)}
        self.logins[LOGIN].record.id = LOGIN
        self.rooms = Mock(
            of=AsyncMock(side_effect=self._room_of), made=AsyncMock(side_effect=self._room_made)
        )

    def store(self) -> HistoryStore:
        """The store, as a process opens it."""
        return HistoryStore(
            self.database,
            self.queue,
            self.messages,
            ExpiryStore(self.database),
            EventCodec(),
            self.clock,
        )

    @asynccontextmanager
    async def keeper(self) -> AsyncIterator[HistoryKeeper]:
        """A process that brings chats in, for the time of the block."""
        store = self.store()
        senders = Mock(
            speaker=AsyncMock(side_effect=self._speaker),
            introduce=AsyncMock(),
            puppet_of=Mock(return_value=None),
        )
        filler = HistoryFiller(
            store,
            self.messages,
            Links(self.messages),
            senders,
            Mock(of=AsyncMock(side_effect=self._rendered)),
            Mock(as_reaction=AsyncMock(side_effect=lambda _, emoji: emoji)),
            Mock(),
            Mock(known=AsyncMock(return_value=False)),
            Mock(bridged=AsyncMock()),
            self.writers,
        )
        sessions = Mock(get=self.logins.get)
        keeper = HistoryKeeper(
            store,
            HistoryReader(store, self.portals, senders),
            filler,
            self.writers,
            self.hush,
            self.rooms,
            self.portals,
            self.messages,
            sessions,
            self.clock,
            Mock(room_elsewhere=AsyncMock(return_value=None)),
            (),
            self.limits,
        )
        await keeper.start()
        try:
            yield keeper
        finally:
            await keeper.close()

    async def receive(self, *numbers: int, chat: ChatKey = CHAT) -> None:
        """Have messages arrive now."""
        async with self.database.transaction() as connection:
            rows = [
                NewRow(chat_lane(chat), message_key(chat, MessageID(str(one))), LOGIN, "{}")
                for one in numbers
            ]
            await self.queue.put(connection, rows, self.clock.now())

    async def waiting(self, chat: ChatKey = CHAT) -> list[str]:
        """Numbers of what has arrived and waits."""
        rows = await self.queue.head(chat_lane(chat), 1000)
        return [(row.dedup_key or "").split("\x1f")[2] for row in rows]

    async def _room_of(self, chat: ChatKey, _login: object) -> tuple[Portal, RoomID]:
        portal = Portal(chat, ChatKind.DIRECT, RoomID(f"!{chat.chat}"))
        await self.portals.save(portal)
        return portal, RoomID(f"!{chat.chat}")

    async def _room_made(self, chat: ChatKey, login: object) -> RoomID:
        _, room = await self._room_of(chat, login)
        return room

    async def _speaker(
        self, _room: RoomID, sender: Sender, _login: LoginID, *, invited: bool
    ) -> MatrixSender:
        return MatrixSender(UserID(f"@{sender.user}:test"))

    async def _rendered(self, part: Text, _login: object) -> Rendered:
        return Rendered("m.room.message", {"body": part.text.body})


def reacted(number: int, emoji: str) -> PastMessage:
    """A message somebody has reacted to."""
    return past(number, reactions=(ReactionsOf(Sender(RemoteUserID("rustam")), (emoji,)),))
