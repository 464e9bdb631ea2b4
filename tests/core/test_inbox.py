# SPDX-License-Identifier: AGPL-3.0-or-later
"""What the homeserver pushes, and what it has forgotten to push."""

import json
from collections.abc import AsyncIterator
from typing import Any
from unittest.mock import AsyncMock, Mock

import pytest

from bridges.core.inbox import Inbox
from bridges.core.matrix.names import GhostNames
from bridges.core.storage.logins import KeyValueStore
from bridges.core.storage.people import PeopleStore
from bridges.core.storage.queue import Queue
from tests.core.clocks import QuickClock
from tests.core.databases import core_database

ROOM = "!room:home.test"
UNSETTLED = 13
"""Seconds."""


def said(number: int) -> dict[str, Any]:
    """A message of a person."""
    return {
        "type": "m.room.message",
        "event_id": f"${number}",
        "room_id": ROOM,
        "sender": "@a:home.test",
        "content": {"msgtype": "m.text", "body": str(number)},
    }


class House:
    """An inbox over a real database; the homeserver says what is in its room."""

    def __init__(self, database: Any, queue: Queue, clock: QuickClock) -> None:
        self.clock = clock
        self.timeline: list[dict[str, Any]] = []
        self.homeserver: Any = Mock(failures=0, sync=AsyncMock(side_effect=self._sync))
        self._told = 0
        self._queue = queue
        self.inbox = Inbox(
            database,
            queue,
            Mock(),
            self.homeserver,
            Mock(),
            PeopleStore(database),
            KeyValueStore(database),
            Mock(spec=GhostNames, is_ours=Mock(return_value=False), bot="@bot:home.test"),
            Mock(),
            clock,
            "test",
            30.0,
        )

    async def _sync(self, *_: Any) -> dict[str, Any]:
        news, self._told = self.timeline[self._told :], len(self.timeline)
        room = {"timeline": {"events": news}}
        return {"next_batch": str(self._told), "rooms": {"join": {ROOM: room}}}

    async def waiting(self) -> list[str]:
        """What is in the room's lane, in order."""
        return [
            json.loads(one.payload)["content"]["body"] for one in await self._queue.head(ROOM, 99)
        ]

    async def connected(self) -> None:
        """The homeserver has come back, and all is made up for."""
        await self.inbox.take([], new_connection=True)
        await self.inbox.reconcile()


@pytest.fixture
async def house(database_url: str) -> AsyncIterator[House]:
    async with core_database(database_url) as database:
        yield House(database, Queue(database, "from_matrix"), QuickClock())


async def test_what_was_forgotten_comes_before_what_is_pushed_after_it(house: House) -> None:
    await house.connected()
    house.timeline += [said(1), said(2)]
    await house.inbox.take([said(2)], new_connection=False)
    assert await house.waiting() == ["1", "2"]


async def test_that_is_not_looked_for_once_all_has_settled(house: House) -> None:
    await house.connected()
    await house.clock.sleep(UNSETTLED)
    looks = house.homeserver.sync.await_count
    house.timeline += [said(1)]
    await house.inbox.take([said(1)], new_connection=False)
    assert await house.waiting() == ["1"]
    assert house.homeserver.sync.await_count == looks


async def test_a_look_that_fails_keeps_nothing_out(house: House) -> None:
    await house.connected()
    house.homeserver.sync.side_effect = OSError
    await house.inbox.take([said(1)], new_connection=False)
    assert await house.waiting() == ["1"]
