# SPDX-License-Identifier: AGPL-3.0-or-later
"""Who is refused an export or a deletion, and what becomes of questions; without a homeserver."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from unittest.mock import AsyncMock, Mock

import pytest
from attrs import define, evolve, field
from mautrix.types import EventID, RoomID, UserID

from bridges.contacts.store.schema import contact_tables
from bridges.core.secretbox import SecretBox
from bridges.core.storage.database import open_database
from bridges.guide.commands.leaving import LeavingCommands
from bridges.guide.conversation.command import CannotDo, Context
from bridges.guide.leaving.wish import Kind, Stage
from bridges.guide.matrix.events import Message
from bridges.guide.store.people import GuidedPeople
from bridges.guide.store.schema import guide_tables
from bridges.guide.store.wishes import WishStore
from bridges.migration.leaving.settings import LeavingSettings
from bridges.migration.run.settings import MigrationSettings

ANOR = UserID("@anor:home.test")
ROOM = RoomID("!chat:home.test")
SETTINGS = LeavingSettings(
    MigrationSettings("http://127.0.0.1:1", "home.test", "t", "_a", "puppet", {}, {}, None), {}
)


@define
class Said:
    """The commands and what was answered."""

    commands: LeavingCommands
    clock: Mock
    departures: Mock
    answers: list[str] = field(factory=list)
    _count: int = 0

    async def say(
        self,
        text: str,
        *,
        person: UserID = ANOR,
        device: str | None = "PHONE",
        room: RoomID = ROOM,
        event: str = "",
        settings: LeavingSettings = SETTINGS,
    ) -> str:
        """Say a command, or else an answer to whoever has asked; gives what is answered."""
        self._count += 1
        voice = Mock()
        voice.language = AsyncMock(return_value="en")
        voice.say = AsyncMock(
            side_effect=lambda _room, lines, **_: self.answers.extend(map(str, lines))
        )
        message = Message(EventID(event or f"${self._count}"), room, person, {"body": text}, device)
        commands = evolve(self.commands, settings=settings)
        word, _, rest = text.partition(" ")
        found = {one.name: one for one in commands.commands()}.get(word)
        values = {found.arguments[0].name: rest} if found and rest else {}
        context = Context(message, text, values, voice, ())
        before = len(self.answers)
        answering: Any = {
            "export": commands.answer_export,
            "farewell": commands.answer_farewell,
            None: None,
        }[await commands.people.asked(person)]
        try:
            await (answering if found is None else found.handler)(context)
        except CannotDo as refused:
            return str(refused.text)
        return "\n".join(self.answers[before:])

    async def stage(self, kind: Kind) -> Stage | None:
        """How far a wish is."""
        wish = await self.commands.store.get(ANOR, kind)
        return None if wish is None else wish.stage


@pytest.fixture
async def said(tmp_path: Path) -> AsyncIterator[Said]:
    database = await open_database(f"sqlite:{tmp_path}/guide.db", None, contact_tables)
    await database.upgrade(guide_tables)
    clear = {"clear_export": AsyncMock(), "clear_farewell": AsyncMock()}
    clock, departures = Mock(), Mock(halt=AsyncMock(), **clear)
    clock.now.return_value = datetime(2026, 1, 1, tzinfo=UTC)
    store, people = WishStore(database, SecretBox(b"k" * 32)), GuidedPeople(database)
    yield Said(LeavingCommands(departures, store, people, SETTINGS, clock), clock, departures)
    await database.close()


@pytest.mark.parametrize("command", ["export", "delete-everything", "delete-everything account"])
async def test_who_may_not_is_told_why_and_what_to_do(said: Said, command: str) -> None:
    foreign = UserID("@anor:elsewhere.test")
    told = await said.say(command, person=foreign)
    assert "are on elsewhere.test, where I cannot read or delete" in told
    assert "`forget everything` deletes" in told
    assert "only in an encrypted chat" in await said.say(command, device=None)
    alone = evolve(SETTINGS, migration=evolve(SETTINGS.migration, person_token=None))
    assert "your own access token" in await said.say(command, settings=alone)
    assert await said.commands.store.all() == []


async def test_an_export_is_begun_once_and_only_when_it_is_confirmed(said: Said) -> None:
    assert "Shall I begin?" in await said.say("export")
    assert "Shall I begin?" in await said.say("what?")
    assert await said.stage(Kind.EXPORT) is Stage.ASKED
    assert "only in an encrypted chat" in await said.say("1", device=None)
    assert not said.departures.begin.called
    assert "I am putting together" in await said.say("1", event="$yes")
    assert await said.stage(Kind.EXPORT) is Stage.MAKING
    assert said.departures.begin.call_count == 1
    assert "already" in await said.say("export")
    # Heard again after the guide was killed before the question was closed:
    await said.commands.people.set_asked(ANOR, "export")
    assert await said.say("1", event="$yes") == ""
    assert await said.stage(Kind.EXPORT) is Stage.MAKING


@pytest.mark.parametrize("how", ["late", "elsewhere"])
async def test_a_question_stands_for_a_while_and_where_it_was_asked(said: Said, how: str) -> None:
    await said.say("delete-everything")
    await said.say("1")
    if how == "late":
        said.clock.now.return_value += timedelta(hours=1)
        told = await said.say(ANOR)
    else:
        told = await said.say(ANOR, room=RoomID("!other:home.test"))
    assert "nothing is done" in told
    assert await said.stage(Kind.FAREWELL) is None
    assert not said.departures.begin.called


async def test_everything_is_deleted_only_for_the_whole_address(said: Said) -> None:
    assert "Your account stays" in await said.say("delete-everything")
    assert "Write your full address" in await said.say("1", event="$one")
    assert await said.say("1", event="$one") == "", "heard twice, it is no second answer"
    assert await said.stage(Kind.FAREWELL) is Stage.SURE
    assert "nothing is done" in await said.say("@anor")
    assert "closed for good" in await said.say("delete-everything account")
    await said.say("1")
    assert "I am deleting everything." in await said.say(ANOR)
    wish = await said.commands.store.get(ANOR, Kind.FAREWELL)
    assert wish is not None
    assert (wish.stage, wish.details.closes) == (Stage.MAKING, True)
    assert "I do nothing else now" in await said.say("export")
    assert "Nothing has been deleted" in await said.say("goodbye")


async def test_an_export_that_is_not_confirmed_takes_nothing_from_the_one_before(
    said: Said,
) -> None:
    await said.say("export")
    await said.say("1")
    wish = await said.commands.store.get(ANOR, Kind.EXPORT)
    assert wish is not None
    await said.commands.store.put(wish.become(Stage.HANDED, manifest="abc"))
    assert "You have an export" in await said.say("delete-everything")
    await said.say("2")
    for _ in range(2):
        await said.say("export")
    await said.say("2")
    after = await said.commands.store.get(ANOR, Kind.EXPORT)
    assert after is not None
    assert (after.stage, after.details.manifest) == (Stage.HANDED, "abc")
