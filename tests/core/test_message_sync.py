# SPDX-License-Identifier: AGPL-3.0-or-later
"""What new messages of the network answer."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any
from unittest.mock import AsyncMock, Mock

import pytest
from attrs import evolve
from mautrix.types import EventID, RoomID, UserID

from bridges.core.chat import Sender
from bridges.core.content import (
    FormattedText,
    Location,
    MediaInfo,
    MediaKind,
    RemoteMedia,
    RemotePart,
    Text,
    TextKind,
)
from bridges.core.events import RemoteMessage
from bridges.core.ids import ChatID, ChatKey, MessageID, RemoteUserID
from bridges.core.matrix import event_types
from bridges.core.matrix.rendering import Rendered
from bridges.core.portal.contents import in_view
from bridges.core.portal.gate import EchoGate
from bridges.core.portal.links import Links
from bridges.core.portal.messages import MessageSync
from bridges.core.storage.messages import MessageStore, StoredMessage
from bridges.core.storage.queue import NewRow, Queue
from tests.core.clocks import QuickClock
from tests.core.databases import core_database

CHAT = ChatKey(ChatID("bazaar"))
ALI, ME = RemoteUserID("ali"), RemoteUserID("me")
SAID = FormattedText("> the plan", "<blockquote>the plan</blockquote>")
ANSWER = RemoteMessage(
    CHAT,
    Sender(ALI),
    MessageID("2"),
    datetime(2026, 1, 1, tzinfo=UTC),
    (Text(FormattedText("yes")),),
    reply_to=MessageID("1"),
    answered=SAID,
)


def mine(event: str) -> StoredMessage:
    return StoredMessage(CHAT, MessageID("1"), EventID(event), ME, UserID("@me:home"), 0)


class WatchedGate(EchoGate):
    """Tells when somebody wants it."""

    def __init__(self) -> None:
        super().__init__()
        self.wanted = asyncio.Event()

    @asynccontextmanager
    async def hold(self, key: ChatKey) -> AsyncIterator[None]:
        self.wanted.set()
        async with super().hold(key):
            yield


class Chat:
    """New messages over a real database; everything else is played."""

    def __init__(self, database: Any) -> None:
        self._database = database
        self._queue = Queue(database, "from_remote")
        self.gate = WatchedGate()
        self.store = MessageStore(database)
        self.sent: list[dict[str, Any]] = []
        self.sync = MessageSync(
            database,
            self._queue,
            self.store,
            Links(self.store),
            Mock(
                room_for=AsyncMock(return_value=RoomID("!bazaar:home")),
                leads_to=AsyncMock(return_value=True),
            ),
            Mock(
                of=AsyncMock(return_value=Mock(mxid=UserID("@ali:home"))),
                settled=AsyncMock(),
            ),
            Mock(message=self._send),
            Mock(of=self._rendered),
            Mock(),
            Mock(known=AsyncMock(return_value=False)),
            Mock(bridged=AsyncMock()),
            self.gate,
            QuickClock(),
            Mock(room_elsewhere=AsyncMock(return_value=None)),
        )

    async def _rendered(self, part: Text, _login: Any) -> Rendered:
        return Rendered(event_types.MESSAGE, {"body": part.text.body})

    async def _send(self, _room: Any, _sender: Any, rendered: Rendered, *_: Any) -> EventID:
        self.sent.append(dict(rendered.content))
        return EventID(f"${len(self.sent)}")

    async def is_told(self, message: RemoteMessage) -> None:
        """The network tells of a message."""
        new = NewRow("bazaar", f"message {message.id}", "login", "{}")
        async with self._database.transaction() as connection:
            await self._queue.put(connection, [new], message.timestamp)
        (row,) = await self._queue.head("bazaar", 1)
        await self.sync.message(row, message, Mock())

    async def link(self, message: StoredMessage) -> None:
        async with self._database.transaction() as connection:
            await self.store.insert(connection, [message])


@pytest.fixture
async def chat(database_url: str) -> AsyncIterator[Chat]:
    async with core_database(database_url) as database:
        yield Chat(database)


class TestAnswers:
    async def test_to_what_is_in_the_room_are_replies(self, chat: Chat) -> None:
        await chat.link(mine("$one"))
        await chat.is_told(ANSWER)
        (sent,) = chat.sent
        assert sent["body"] == "yes"
        assert sent["m.relates_to"] == {"m.in_reply_to": {"event_id": "$one"}}

    async def test_to_what_is_not_in_the_room_say_what_that_said(self, chat: Chat) -> None:
        await chat.is_told(ANSWER)
        (sent,) = chat.sent
        assert sent == {"body": "> the plan\nyes"}

    async def test_to_what_is_just_being_sent_wait_for_its_link(self, chat: Chat) -> None:
        async with chat.gate.hold(CHAT):
            chat.gate.wanted.clear()
            told = asyncio.create_task(chat.is_told(ANSWER))
            await chat.gate.wanted.wait()
            assert not chat.sent
            await chat.link(mine("$one"))
        await told
        assert chat.sent[0]["m.relates_to"] == {"m.in_reply_to": {"event_id": "$one"}}


PHOTO = RemoteMedia(MediaKind.IMAGE, MediaInfo("lake.jpg"), "ref")
PLACE = Location("geo:38.5,68.7")


@pytest.mark.parametrize(
    ("parts", "shown"),
    [
        ((PHOTO, PLACE), (evolve(PHOTO, caption=SAID), PLACE)),
        ((PLACE, PHOTO), (PLACE, PHOTO, Text(SAID, TextKind.NOTICE))),
    ],
)
def test_what_is_answered_does_not_move_the_parts(
    parts: tuple[RemotePart, ...], shown: tuple[RemotePart, ...]
) -> None:
    assert in_view(parts, SAID) == shown
