# SPDX-License-Identifier: AGPL-3.0-or-later
"""Commands that take long: beside the conversation, in order, over restarts; on a database."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from unittest.mock import AsyncMock, Mock

import pytest
from mautrix.types import EventID, RoomID, UserID

from bridges.contacts.store.schema import contact_tables
from bridges.core.secretbox import SecretBox
from bridges.core.storage.database import open_database
from bridges.core.text import user_text
from bridges.guide.conversation.command import Command, Context
from bridges.guide.conversation.conversation import Conversation, Repertoire
from bridges.guide.conversation.errands import Errands
from bridges.guide.matrix.errors import GuideUnavailable, LoggedOut
from bridges.guide.matrix.events import Message
from bridges.guide.store.errands import ErrandStore
from bridges.guide.store.people import GuidedPeople
from bridges.guide.store.schema import guide_tables
from tests.core.clocks import QuickClock
from tests.support.waiting import eventually

ANOR, BEHI = UserID("@anor:home.test"), UserID("@behi:home.test")


class Guide:
    """A conversation with two commands that take long, and one that does not."""

    def __init__(self, store: ErrandStore, people: GuidedPeople) -> None:
        self.done: list[str] = []
        self.begun: list[str] = []
        self.power = asyncio.Event()
        self.raising: list[Exception] = []
        self.said: list[str] = []
        self._store, self._people = store, people
        self._count = 0

    def conversation(self) -> Conversation:
        """Give one, as after a start."""

        async def slow(context: Context) -> None:
            self.begun.append(context.message.event)
            await self.power.wait()
            if self.raising:
                raise self.raising.pop()
            self.done.append(context.message.event)

        async def quick(context: Context) -> None:
            self.done.append(context.message.event)

        voice = Mock(say=AsyncMock(side_effect=self._told))
        commands = (
            Command("report", user_text("r"), slow, lane="report"),
            Command("look", user_text("l"), slow, lane="look"),
            Command("help", user_text("h"), quick),
        )
        repertoire = Repertoire(commands, {}, AsyncMock())
        errands = Errands(self._store, QuickClock())
        return Conversation(repertoire, self._people, voice, errands)

    def message(self, text: str, person: UserID = ANOR) -> Message:
        """Give the next message."""
        self._count += 1
        content = {"msgtype": "m.text", "body": text}
        return Message(EventID(f"${self._count}"), RoomID("!a"), person, content)

    async def _told(self, _room: RoomID, lines: object, **_: object) -> EventID:
        self.said.append(str(lines))
        return EventID("$told")


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[tuple[ErrandStore, GuidedPeople]]:
    database = await open_database(f"sqlite:{tmp_path}/guide.db", None, contact_tables)
    await database.upgrade(guide_tables)
    yield ErrandStore(database, SecretBox(b"k" * 32)), GuidedPeople(database)
    await database.close()


Stores = tuple[ErrandStore, GuidedPeople]


async def test_they_keep_nobody_from_talking_and_stay_in_order(store: Stores) -> None:
    guide = Guide(*store)
    talk = guide.conversation()
    async with talk.working():
        for text in ("report", "report", "look"):
            await talk.hear(guide.message(text))
        await talk.hear(guide.message("report", BEHI))
        await talk.hear(guide.message("help"))
        await eventually(lambda: sorted(guide.begun) == ["$1", "$3", "$4"])
        assert guide.done == ["$5"]
        guide.power.set()
        await eventually(lambda: sorted(guide.done) == ["$1", "$2", "$3", "$4", "$5"])
        assert guide.done.index("$1") < guide.done.index("$2")
        await eventually(lambda: _is_empty(store[0]))


async def test_what_was_begun_is_done_after_a_restart(store: Stores) -> None:
    guide = Guide(*store)
    talk = guide.conversation()
    async with talk.working():
        await talk.hear(guide.message("report"))
        await eventually(lambda: guide.begun)
    guide.power.set()
    async with guide.conversation().working():
        await eventually(lambda: guide.done == ["$1"])
        await eventually(lambda: _is_empty(store[0]))


async def test_a_person_may_ask_for_a_few_at_a_time(store: Stores) -> None:
    guide = Guide(*store)
    talk = guide.conversation()
    async with talk.working():
        for _ in range(6):
            await talk.hear(guide.message("report"))
        assert "still busy" in guide.said[-1]
        assert len(await store[0].all()) == 5


async def test_what_passes_is_tried_again_and_what_does_not_is_answered(store: Stores) -> None:
    guide = Guide(*store)
    guide.power.set()
    talk = guide.conversation()
    async with talk.working():
        guide.raising = [GuideUnavailable("503")]
        await talk.hear(guide.message("report"))
        await eventually(lambda: guide.done == ["$1"])
        guide.raising = [KeyError("what somebody said")]
        await talk.hear(guide.message("report"))
        await eventually(lambda: _is_empty(store[0]))
        assert "Something went wrong" in guide.said[-1]
        guide.raising = [LoggedOut("gone")]
        await talk.hear(guide.message("report"))
        await eventually(lambda: len(guide.begun) == 4)
    assert [one.event for one in await store[0].all()] == ["$3"]


async def _is_empty(store: ErrandStore) -> bool:
    return not await store.all()
