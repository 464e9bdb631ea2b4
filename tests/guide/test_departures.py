# SPDX-License-Identifier: AGPL-3.0-or-later
"""What becomes of a wish whose steps cannot be done; on a database, with steps that fail."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from threading import Event
from unittest.mock import AsyncMock, Mock

import pytest
from attrs import evolve
from mautrix.types import EventID, RoomID, UserID

from bridges.contacts.store.schema import contact_tables
from bridges.core.matrix.errors import HomeserverUnavailable
from bridges.core.secretbox import SecretBox
from bridges.core.storage.database import open_database
from bridges.core.tasks import in_thread
from bridges.core.text import user_text
from bridges.guide.leaving.departures import Departures
from bridges.guide.leaving.exports import Folders, NotAlone
from bridges.guide.leaving.wish import Details, Kind, Stage, Wish
from bridges.guide.matrix.errors import GuideUnavailable, LoggedOut
from bridges.guide.store.schema import guide_tables
from bridges.guide.store.wishes import WishStore
from bridges.migration.leaving.errors import LeavingRefused
from tests.core.clocks import QuickClock
from tests.support.waiting import eventually

ANOR = UserID("@anor:home.test")
WISH = Wish(
    ANOR, Kind.FAREWELL, Stage.MAKING, Details(RoomID("!a"), EventID("$a"), 0, "en", EventID("$n"))
)


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[WishStore]:
    database = await open_database(f"sqlite:{tmp_path}/guide.db", None, contact_tables)
    await database.upgrade(guide_tables)
    yield WishStore(database, SecretBox(b"k" * 32))
    await database.close()


async def outcome(store: WishStore, folder: Path, *steps: object) -> tuple[Wish | None, str]:
    """Give what a wish is in the end and what was said, if its steps end so, one after the other."""
    farewells, speaking = Mock(advance=AsyncMock(side_effect=steps)), Mock(say=AsyncMock())
    departures = Departures(Mock(), farewells, Folders(folder), store, speaking, QuickClock())
    await store.put(WISH)
    async with departures.working():
        await eventually(lambda: farewells.advance.call_count == len(steps))
        await eventually(lambda: _settled(store))
    said = [str(line) for call in speaking.say.call_args_list for line in call.args[2]]
    return await store.get(ANOR, Kind.FAREWELL), "\n".join(said)


async def _settled(store: WishStore) -> bool:
    wish = await store.get(ANOR, Kind.FAREWELL)
    return wish is None or wish.stage in {Stage.HALTED, Stage.HANDED}


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (
            LeavingRefused(user_text("The bot sleeps.")),
            "The bot sleeps.\nSay `delete-everything` to go",
        ),
        (KeyError("what somebody said"), "not your fault. Tell the people who run"),
        (NotAlone(), ""),
    ],
)
async def test_what_stands_in_the_way_is_told_to_those_who_may_know(
    store: WishStore, tmp_path: Path, error: Exception, told: str
) -> None:
    wish, said = await outcome(store, tmp_path, error)
    assert wish == WISH.become(Stage.HALTED)
    assert told in said
    assert bool(told) is bool(said)
    assert "what somebody said" not in said


async def test_what_passes_is_tried_again_and_the_end_leaves_nothing(
    store: WishStore, tmp_path: Path
) -> None:
    handing = WISH.become(Stage.HANDING)
    passing = (GuideUnavailable("503"), HomeserverUnavailable("PUT", 503), handing)
    assert await outcome(store, tmp_path, *passing, None) == (None, "")


async def test_what_is_dropped_is_deleted_once_nothing_is_written_there_any_more(
    store: WishStore, tmp_path: Path
) -> None:
    folders, writing, power = Folders(tmp_path), Event(), Event()
    place = folders.of(ANOR)

    def write() -> None:
        place.mkdir()
        writing.set()
        power.wait(30)
        (place / "result.json").write_text("{}")

    exports = Mock(advance=lambda _: in_thread(write))
    departures = Departures(exports, Mock(), folders, store, Mock(), QuickClock())
    await store.put(evolve(WISH, kind=Kind.EXPORT))
    async with departures.working():
        await eventually(writing.is_set)
        dropping = asyncio.ensure_future(departures.drop_export(ANOR))
        await eventually(lambda: _is_empty(store))
        power.set()
        await dropping
        assert not place.exists()
    assert await store.all() == []


async def test_whoever_ends_ends_what_was_begun_twice(store: WishStore, tmp_path: Path) -> None:
    working: list[str] = []

    async def endless(_wish: Wish) -> None:
        working.append("begun")
        try:
            await asyncio.Event().wait()
        finally:
            working.append("ended")

    farewells = Mock(advance=endless)
    departures = Departures(Mock(), farewells, Folders(tmp_path), store, Mock(), QuickClock())
    await store.put(WISH)
    async with departures.working():
        await eventually(lambda: working)
        departures.begin(WISH)
        await asyncio.sleep(0)
        assert working == ["begun"]
    assert working == ["begun", "ended"]


async def _is_empty(store: WishStore) -> bool:
    return not await store.all()


async def test_logged_out_it_waits_for_the_next_start(store: WishStore, tmp_path: Path) -> None:
    farewells = Mock(advance=AsyncMock(side_effect=LoggedOut))
    departures = Departures(Mock(), farewells, Folders(tmp_path), store, Mock(), QuickClock())
    await store.put(WISH)
    async with departures.working():
        await eventually(lambda: farewells.advance.call_count)
    assert await store.all() == [WISH]
