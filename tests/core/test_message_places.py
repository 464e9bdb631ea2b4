# SPDX-License-Identifier: AGPL-3.0-or-later
"""Finding the chats of messages that the network names without saying where they are."""

from collections.abc import AsyncIterator, Mapping
from datetime import UTC, datetime

import pytest
from mautrix.types import EventID, UserID

from bridges.core.chat import ChatKind, Sender
from bridges.core.content import FormattedText, Text
from bridges.core.events import ChatMoved, RemoteMessage
from bridges.core.ids import SHARED, ChatID, ChatKey, LoginID, MessageID, RemoteUserID
from bridges.core.rows import MessagePlaces, dedup_key, lane
from bridges.core.storage.database import Database
from bridges.core.storage.messages import MessageStore, StoredMessage
from bridges.core.storage.portals import Portal, PortalStore
from bridges.core.storage.queue import NewRow, Queue
from tests.core.databases import core_database

NOW = datetime(2030, 1, 1, tzinfo=UTC)
FORUM = ChatID("forum")
GENERAL, TOPIC = ChatKey(FORUM), ChatKey(ChatID("forum/7"))
OTHER = ChatKey(ChatID("forum-of-others"))


class Desk:
    """Messages bridged and waiting."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._messages = MessageStore(database)
        self._queue = Queue(database, "from_remote")
        self.portals = PortalStore(database)
        self.places = MessagePlaces(self._messages, self.portals, self._queue)

    async def bridged(self, chat: ChatKey, number: str) -> None:
        """A message is in its room."""
        link = StoredMessage(
            chat,
            MessageID(number),
            EventID(f"${chat}{number}"),
            RemoteUserID("1"),
            UserID("@1:home.test"),
            0,
        )
        async with self._database.transaction() as connection:
            await self._messages.insert(connection, [link])

    async def waiting(self, chat: ChatKey, number: str, login: str = "login") -> None:
        """A message waits in the queue."""
        text = (Text(FormattedText("x")),)
        event = RemoteMessage(chat, Sender(RemoteUserID("1")), MessageID(number), NOW, text)
        key = dedup_key(event, LoginID(login), lambda _chat, _login: False)
        async with self._database.transaction() as connection:
            await self._queue.put(connection, [NewRow(lane(event), key, login, "{}")], NOW)

    async def of(
        self, *numbers: str, within: ChatID | None = FORUM, receiver: LoginID = SHARED
    ) -> Mapping[MessageID, ChatKey]:
        """Where they are."""
        wanted = [MessageID(one) for one in numbers]
        return await self.places.of(receiver, wanted, within)


@pytest.fixture
async def desk(database_url: str) -> AsyncIterator[Desk]:
    async with core_database(database_url) as database:
        yield Desk(database)


async def test_bridged_ones(desk: Desk) -> None:
    await desk.bridged(GENERAL, "1")
    await desk.bridged(TOPIC, "2")
    assert await desk.of("1", "2", "3") == {"1": GENERAL, "2": TOPIC}


async def test_waiting_ones(desk: Desk) -> None:
    await desk.waiting(GENERAL, "1")
    await desk.waiting(TOPIC, "2")
    assert await desk.of("1", "2") == {"1": GENERAL, "2": TOPIC}


async def test_those_of_other_chats_do_not_count(desk: Desk) -> None:
    for put in (desk.bridged, desk.waiting):
        await put(OTHER, "1")
    assert await desk.of("1") == {}
    assert await desk.of("1", within=OTHER.chat) == {"1": OTHER}


async def test_one_that_a_sub_chat_is_called_after_is_in_that(desk: Desk) -> None:
    await desk.portals.save(Portal(TOPIC, ChatKind.GROUP))
    assert await desk.of("7", "8") == {"7": TOPIC}
    assert await desk.of("7", within=None) == {}


async def test_accounts_that_number_their_messages_are_told_apart(desk: Desk) -> None:
    one, other = LoginID("one"), LoginID("other")
    mine, theirs = ChatKey(ChatID("mine"), one), ChatKey(ChatID("theirs"), other)
    await desk.bridged(theirs, "1")
    await desk.waiting(theirs, "2", login="other")
    await desk.waiting(mine, "2", login="one")
    assert await desk.of("1", "2", within=None, receiver=one) == {"2": mine}
    assert await desk.of("1", "2", within=None, receiver=other) == {"1": theirs, "2": theirs}


def test_that_a_chat_goes_on_as_another_comes_before_what_is_said_there() -> None:
    moved = ChatMoved(OTHER, GENERAL)
    said = RemoteMessage(
        GENERAL, Sender(RemoteUserID("u")), MessageID("1"), NOW, (Text(FormattedText("hello")),)
    )
    assert lane(moved) == lane(said)
