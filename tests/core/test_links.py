# SPDX-License-Identifier: AGPL-3.0-or-later
"""What people do to an event at once, before its link is stored, finds the link."""

import asyncio
from collections.abc import AsyncIterator

import pytest
from mautrix.types import EventID, UserID

from bridges.core.ids import ChatID, ChatKey, LoginID, MessageID, RemoteUserID
from bridges.core.portal.links import Links
from bridges.core.storage.database import Database
from bridges.core.storage.messages import MessageStore, StoredMessage
from tests.core.databases import core_database

CHAT, OTHER = ChatKey(ChatID("1"), LoginID("ali")), ChatKey(ChatID("2"), LoginID("ali"))
EVENT = EventID("$tea")


class Desk:
    """A room into which something is written."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._messages = MessageStore(database)
        self.links = Links(self._messages)
        self.sent, self.may_store = asyncio.Event(), asyncio.Event()

    async def write(self) -> None:
        """Send an event, and store its link when that is allowed."""
        async with self.links.in_the_making(CHAT):
            self.sent.set()
            await self.may_store.wait()
            link = StoredMessage(
                CHAT, MessageID("7"), EVENT, RemoteUserID("2"), UserID("@2:home.test"), 0
            )
            async with self._database.transaction() as connection:
                await self._messages.insert(connection, [link])

    async def found(self, chat: ChatKey) -> list[str]:
        """The messages the event is."""
        return [one.id for one in await self.links.of(chat, EVENT)]


@pytest.fixture
async def desk(database_url: str) -> AsyncIterator[Desk]:
    async with core_database(database_url) as database:
        yield Desk(database)


async def test_a_link_in_the_making_is_waited_for(desk: Desk) -> None:
    writing = asyncio.create_task(desk.write())
    await desk.sent.wait()
    looking = asyncio.create_task(desk.found(CHAT))
    assert await desk.found(OTHER) == []  # It has gone the same way to the database and back.
    assert not looking.done()
    desk.may_store.set()
    assert await looking == ["7"]
    await writing


async def test_one_that_is_stored_is_found_whatever_is_being_written(desk: Desk) -> None:
    desk.may_store.set()
    await desk.write()
    async with asyncio.timeout(10), desk.links.in_the_making(CHAT):
        assert await desk.found(CHAT) == ["7"]


async def test_nobody_waits_for_what_has_failed(desk: Desk) -> None:
    async def fail() -> None:
        async with desk.links.in_the_making(CHAT):
            raise ConnectionError

    with pytest.raises(ConnectionError):
        await fail()
    async with asyncio.timeout(10):
        assert await desk.found(CHAT) == []
