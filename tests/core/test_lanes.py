# SPDX-License-Identifier: AGPL-3.0-or-later
"""Lanes: in order within one, side by side between them, and nothing lost whatever fails."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from contextlib import asynccontextmanager
from enum import StrEnum
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bridges.core.errors import NotConnected, RateLimited, TemporaryError
from bridges.core.lanes import Admission, GiveUp, Lanes
from bridges.core.storage.database import Database
from bridges.core.storage.queue import NewRow, Queue, Row, RowState
from bridges.core.text import user_text
from tests.core.clocks import QuickClock
from tests.core.databases import core_database
from tests.support.waiting import eventually

TRIES_OF_A_BUG = 5


class Outcome(StrEnum):
    """What happens the next time a row is handled."""

    DONE = "done"
    PASSING = "passing trouble before the effect"
    UNSURE = "passing trouble after the effect"
    BUG = "a bug"
    CRASH_BEFORE = "the process dies before the effect"
    CRASH_BETWEEN = "the process dies between the effect and the end"
    CRASH_AFTER = "the process dies after the end"


class World:
    """A queue on disk, and a network that counts each key once, as networks do."""

    def __init__(self, database: Database, clock: QuickClock | None = None) -> None:
        self.database = database
        self.queue = Queue(database, "from_matrix")
        self.clock = clock or QuickClock()
        self.handled: list[Row] = []
        self.given_up: list[str | None] = []

    async def put(self, *rows: tuple[str, str]) -> None:
        """Append rows, each a lane and a key."""
        async with self.database.transaction() as connection:
            new = [NewRow(lane, key, "", json.dumps(key)) for lane, key in rows]
            await self.queue.put(connection, new, self.clock.now())

    async def end(self, row: Row) -> None:
        """Note that a row was handled, and end it."""
        self.handled.append(row)
        async with self.database.transaction() as connection:
            await self.queue.finish(connection, row)

    async def give_up(self, row: Row, _error: Exception) -> None:
        """Note that a row was buried."""
        self.given_up.append(row.dedup_key)

    def keys(self, lane: str | None = None) -> list[str | None]:
        """Keys of what was handled, in order."""
        return [row.dedup_key for row in self.handled if lane in (None, row.lane)]

    @asynccontextmanager
    async def lanes(
        self,
        handler: Callable[[Row], Awaitable[None]] | None = None,
        give_up: GiveUp | None = None,
        concurrency: int = 4,
        admission: Admission | None = None,
    ) -> AsyncIterator[Lanes]:
        """Lanes that are closed at the end of the block."""
        lanes = Lanes(
            "test",
            self.queue,
            handler or self.end,
            give_up or self.give_up,
            concurrency=concurrency,
            clock=self.clock,
            passing=(ConnectionAbortedError,),
            admission=admission,
            jitter=lambda: 0.0,
        )
        try:
            yield lanes
        finally:
            await lanes.close()

    async def drained(self) -> None:
        """Wait until nothing is left to be handled."""
        await eventually(self._is_empty, describe="an empty queue", interval=0.001)

    async def _is_empty(self) -> bool:
        return not await self.queue.pending_lanes()


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    async with core_database(f"sqlite:///{tmp_path / 'lanes.db'}") as database:
        yield World(database)


class _Fails:
    """A handler that fails for one key so many times, and otherwise handles."""

    def __init__(self, world: World, key: str, *errors: Exception) -> None:
        self._world = world
        self._key = key
        self._errors = list(errors)
        self.tries = 0

    async def __call__(self, row: Row) -> None:
        if row.dedup_key == self._key:
            self.tries += 1
            if self._errors:
                raise self._errors.pop(0)
        await self._world.end(row)


async def test_what_was_left_is_taken_up_in_order(world: World) -> None:
    await world.put(*(("a", f"a{n}") for n in range(100)))
    async with world.lanes() as lanes:
        await lanes.start()
        await world.drained()
    assert world.keys() == [f"a{n}" for n in range(100)]


async def test_what_comes_while_others_are_handled_is_not_overlooked(world: World) -> None:
    async with world.lanes() as lanes:
        for number in range(50):
            await world.put(("a", f"a{number}"))
            lanes.wake({"a"})
        await world.drained()
    assert world.keys() == [f"a{n}" for n in range(50)]


async def test_passing_trouble_holds_its_own_lane_in_order_and_no_other(world: World) -> None:
    released = asyncio.Event()

    async def handler(row: Row) -> None:
        if row.lane == "held" and not released.is_set():
            raise TemporaryError("SLOW", user_text("Wait."))
        await world.end(row)

    await world.put(("held", "h1"), ("held", "h2"), ("free", "f1"), ("free", "f2"))
    async with world.lanes(handler) as lanes:
        await lanes.start()
        await eventually(lambda: world.keys("free") == ["f1", "f2"])
        assert world.keys("held") == []
        released.set()
        await world.drained()
    assert world.keys("held") == ["h1", "h2"]


async def test_waits_grow_to_a_bound_and_what_the_network_asks_for_is_kept(world: World) -> None:
    asked = RateLimited("FLOOD", user_text("Wait."), retry_after=77.0)
    trouble = [NotConnected("GONE", user_text("Wait."), retry_after=0.5) for _ in range(9)]
    await world.put(("a", "a1"))
    async with world.lanes(_Fails(world, "a1", *trouble, asked)) as lanes:
        await lanes.start()
        await world.drained()
    *growing, long = world.clock.waits
    assert growing == sorted(growing)
    assert max(growing) <= 30.0
    assert long == 77.0


@pytest.mark.parametrize("error", [OSError("no route"), ConnectionAbortedError()])
async def test_trouble_of_the_database_or_the_network_never_buries(
    world: World, error: Exception
) -> None:
    await world.put(("a", "a1"))
    async with world.lanes(_Fails(world, "a1", *[error] * 20)) as lanes:
        await lanes.start()
        await world.drained()
    assert (world.keys(), world.given_up) == (["a1"], [])


async def test_a_bug_is_buried_after_a_few_tries_and_the_lane_goes_on(world: World) -> None:
    fails = _Fails(world, "a2", *[ZeroDivisionError()] * 100)
    await world.put(("a", "a1"), ("a", "a2"), ("a", "a3"))
    async with world.lanes(fails) as lanes:
        await lanes.start()
        await world.drained()
    assert fails.tries == TRIES_OF_A_BUG
    assert world.keys() == ["a1", "a3"]
    assert world.given_up == ["a2"]
    assert (await world.queue.lengths())[RowState.DEAD] == 1


async def test_a_bug_that_goes_away_in_time_costs_nothing(world: World) -> None:
    bugs = [ZeroDivisionError()] * (TRIES_OF_A_BUG - 1)
    await world.put(("a", "a1"))
    async with world.lanes(_Fails(world, "a1", *bugs)) as lanes:
        await lanes.start()
        await world.drained()
    assert (world.keys(), world.given_up) == (["a1"], [])


async def test_the_lane_goes_on_even_if_telling_about_a_bug_fails(world: World) -> None:
    async def give_up(_row: Row, _error: Exception) -> None:
        raise OSError("the homeserver does not answer")

    await world.put(("a", "a1"), ("a", "a2"))
    fails = _Fails(world, "a1", *[ZeroDivisionError()] * TRIES_OF_A_BUG)
    async with world.lanes(fails, give_up) as lanes:
        await lanes.start()
        await world.drained()
    assert world.keys() == ["a2"]


async def test_the_next_try_knows_that_the_last_one_may_have_had_an_effect(world: World) -> None:
    states = []

    async def handler(row: Row) -> None:
        states.append(row.state)
        await world.queue.mark_attempted(row)
        if len(states) < 3:
            raise NotConnected("GONE", user_text("Wait."), certain=False)
        await world.end(row)

    await world.put(("a", "a1"))
    async with world.lanes(handler) as lanes:
        await lanes.start()
        await world.drained()
    assert states == [RowState.WAITING, RowState.ATTEMPTED, RowState.ATTEMPTED]


async def test_a_row_that_is_moved_while_it_waits_is_left_to_its_new_place(world: World) -> None:
    async def handler(row: Row) -> None:
        if not world.handled and row.dedup_key == "late":
            await _in_order(world, "early", "late")
            raise TemporaryError("SLOW", user_text("Wait."))
        await world.end(row)

    await world.put(("a", "late"))
    async with world.lanes(handler) as lanes:
        await lanes.start()
        await world.drained()
    assert world.keys() == ["early", "late"]


async def _in_order(world: World, *keys: str) -> None:
    async with world.database.transaction() as connection:
        rows = [NewRow("a", key, "", "") for key in keys]
        await world.queue.put_in_order(connection, rows, world.clock.now())


async def test_on_hold_nothing_is_taken_up_until_release(world: World) -> None:
    started, go = asyncio.Event(), asyncio.Event()

    async def handler(row: Row) -> None:
        started.set()
        await go.wait()
        await world.end(row)

    await world.put(("a", "a1"), ("a", "a2"), ("b", "b1"))
    async with world.lanes(handler, concurrency=1) as lanes:
        lanes.wake({"a"})
        await started.wait()
        lanes.hold()
        go.set()
        await eventually(lambda: world.keys() == ["a1"])
        lanes.wake({"a", "b"})
        for _ in range(50):
            await asyncio.sleep(0)
        assert world.keys() == ["a1"]
        lanes.release()
        await world.drained()
    assert (world.keys("a"), world.keys("b")) == (["a1", "a2"], ["b1"])


async def test_what_a_hold_brings_into_order_is_handled_in_that_order(world: World) -> None:
    """Also where the rows were taken from the queue before the hold."""
    started, go = asyncio.Event(), asyncio.Event()

    async def handler(row: Row) -> None:
        started.set()
        await go.wait()
        await world.end(row)

    await world.put(("a", "first"), ("a", "third"))
    async with world.lanes(handler) as lanes:
        await lanes.start()
        await started.wait()
        lanes.hold()
        go.set()
        await eventually(lambda: world.keys() == ["first"])
        await _in_order(world, "second", "third")
        lanes.wake({"a"}, moved=True)
        lanes.release()
        await world.drained()
    assert world.keys() == ["first", "second", "third"]


async def test_no_more_rows_are_handled_at_once_than_allowed(world: World) -> None:
    under_way: set[int] = set()
    full = asyncio.Event()

    async def handler(row: Row) -> None:
        under_way.add(row.seq)
        assert len(under_way) <= 3
        if len(under_way) == 3:
            full.set()
        await full.wait()
        under_way.discard(row.seq)
        await world.end(row)

    await world.put(*((f"lane {n}", f"{n}") for n in range(20)))
    async with world.lanes(handler, concurrency=3) as lanes:
        await lanes.start()
        await world.drained()
    assert (len(world.handled), world.given_up) == (20, [])


async def test_close_leaves_the_rest_in_the_queue(world: World) -> None:
    started = asyncio.Event()

    async def handler(_row: Row) -> None:
        started.set()
        await asyncio.Event().wait()

    await world.put(("a", "a1"), ("a", "a2"))
    async with world.lanes(handler) as lanes:
        await lanes.start()
        await started.wait()
    lanes.wake({"a"})
    async with world.lanes() as lanes:
        await lanes.start()
        await world.drained()
    assert world.keys() == ["a1", "a2"]


# -- Any history


histories = st.lists(
    st.tuples(
        st.sampled_from(("a", "b", "c")),
        st.lists(st.sampled_from([one for one in Outcome if one is not Outcome.DONE]), max_size=3),
    ),
    max_size=12,
)


@settings(max_examples=30, deadline=None)
@given(histories)
async def test_after_any_history_everything_had_its_effect_once_and_in_order(
    history: list[tuple[str, list[Outcome]]],
) -> None:
    """Handling is repeated; the network counts a key once, and the queue keeps the order."""
    scripts = {f"{lane}{n}": list(outcomes) for n, (lane, outcomes) in enumerate(history)}
    with TemporaryDirectory() as folder:
        effects = await _live_through(Path(folder, "lanes.db"), scripts)
    for lane in ("a", "b", "c"):
        wanted = [key for key in scripts if key.startswith(lane)]
        assert [key for key in effects if key.startswith(lane)] == wanted


async def _live_through(file: Path, scripts: dict[str, list[Outcome]]) -> list[str]:
    """Run processes until the queue is empty; returns keys in the order of their first effect."""
    effects: dict[str, None] = {}
    url = f"sqlite:///{file}"
    async with core_database(url) as database:
        await World(database).put(*((key[0], key) for key in scripts))
    while not await _one_life(url, scripts, effects):
        pass
    return list(effects)


async def _one_life(url: str, scripts: dict[str, list[Outcome]], effects: dict[str, None]) -> bool:
    """Run until all is done (True) or the process dies (False)."""
    died = asyncio.Event()
    async with core_database(url) as database:
        world = World(database)

        async def handler(row: Row) -> None:
            assert row.dedup_key is not None
            script = scripts[row.dedup_key]
            outcome = script.pop(0) if script else Outcome.DONE
            await _act(world, row, outcome, effects, died)

        async with world.lanes(handler) as lanes:
            await lanes.start()
            return await _first_of(died, world)


async def _act(
    world: World, row: Row, outcome: Outcome, effects: dict[str, None], died: asyncio.Event
) -> None:
    async def dies_at(moment: Outcome) -> None:
        if outcome is moment:
            died.set()
            await asyncio.Event().wait()

    await dies_at(Outcome.CRASH_BEFORE)
    if outcome is Outcome.PASSING:
        raise TemporaryError("SLOW", user_text("Wait."))
    if outcome is Outcome.BUG:
        raise ZeroDivisionError
    effects.setdefault(str(row.dedup_key))
    if outcome is Outcome.UNSURE:
        raise NotConnected("GONE", user_text("Wait."), certain=False)
    await dies_at(Outcome.CRASH_BETWEEN)
    await world.end(row)
    await dies_at(Outcome.CRASH_AFTER)


async def _first_of(died: asyncio.Event, world: World) -> bool:
    ends: Iterable[asyncio.Task[object]] = (
        asyncio.create_task(died.wait()),
        asyncio.create_task(world.drained()),
    )
    done, pending = await asyncio.wait(ends, return_when=asyncio.FIRST_COMPLETED)
    for task in pending:
        task.cancel()
    await asyncio.gather(*pending, return_exceptions=True)
    for task in done:
        task.result()
    return not died.is_set()


async def test_a_lane_that_is_not_admitted_keeps_nobody_elses_place(world: World) -> None:
    admitted = asyncio.Event()

    async def admission(lane: str) -> None:
        if lane == "held":
            await admitted.wait()

    await world.put(("held", "a"), ("free", "b"), ("free", "c"))
    async with world.lanes(concurrency=1, admission=admission) as lanes:
        await lanes.start()
        await eventually(lambda: world.keys() == ["b", "c"], interval=0.001)
        admitted.set()
        await world.drained()
    assert world.keys() == ["b", "c", "a"]
