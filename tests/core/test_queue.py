# SPDX-License-Identifier: AGPL-3.0-or-later
"""The durable queue against a model of it: whatever is done to it, wherever the process dies."""

import asyncio
import tempfile
from collections.abc import AsyncIterator, Coroutine
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar

import asyncpg
import pytest
from attrs import define
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from bridges.core.storage.database import Database
from bridges.core.storage.queue import NewRow, Queue, Row, RowState
from tests.core.databases import SCHEMA, core_database, open_core_database

T = TypeVar("T")

START = datetime(2030, 1, 1, tzinfo=UTC)
LANES = ("!ali:home.test", "!zarina:home.test", "!bazaar:home.test")
KEYS = tuple(f"${number}" for number in range(8))

new_rows = st.lists(
    st.builds(
        NewRow,
        lane=st.sampled_from(LANES),
        dedup_key=st.none() | st.sampled_from(KEYS),
        login=st.sampled_from(("", "1")),
        payload=st.text(st.characters(exclude_characters="\0", codec="utf-8"), max_size=10),
    ),
    max_size=4,
)


class _Crash(Exception):
    """Stands for the death of the process inside a transaction."""


@define
class _Entry:
    """A row as it should be."""

    row: NewRow
    received: datetime
    state: RowState = RowState.WAITING

    @property
    def pending(self) -> bool:
        return self.state < RowState.DONE


class QueueMachine(RuleBasedStateMachine):
    """Compares the queue with a list of entries in the order of the queue."""

    url = ""

    def __init__(self) -> None:
        super().__init__()
        self._runner = asyncio.Runner()
        self._folder = tempfile.TemporaryDirectory()
        self._now = START
        self._model: list[_Entry] = []

    @initialize()
    def open(self) -> None:
        self._url = self.url or f"sqlite:///{Path(self._folder.name) / 'queue.db'}"
        self._reopen()

    def teardown(self) -> None:
        self._run(self._database.close())
        self._runner.close()
        self._folder.cleanup()

    # -- What is done

    @rule(rows=new_rows)
    def put(self, rows: list[NewRow]) -> None:
        lanes = self._run(self._put(rows))
        assert lanes == self._model_put(rows)

    @rule(rows=new_rows)
    def put_in_order(self, rows: list[NewRow]) -> None:
        rows = [row for row in rows if row.dedup_key is not None]
        lanes = self._run(self._put_in_order(rows))
        moved = {row.dedup_key for row in rows}
        self._model = [
            one
            for one in self._model
            if one.row.dedup_key not in moved or one.state is not RowState.WAITING
        ]
        assert lanes == self._model_put(rows)

    @rule(lane=st.sampled_from(LANES))
    def attempt(self, lane: str) -> None:
        for row, entry in self._first(lane):
            assert self._run(self._queue.mark_attempted(row))
            entry.state = RowState.ATTEMPTED

    @rule(lane=st.sampled_from(LANES))
    def take_an_attempt_back(self, lane: str) -> None:
        for row, entry in self._first(lane):
            self._run(self._queue.unmark_attempted(row))
            entry.state = RowState.WAITING

    @rule(lane=st.sampled_from(LANES))
    def finish(self, lane: str) -> None:
        for row, entry in self._first(lane):
            assert self._run(self._finish(row))
            self._model_finish(entry)

    @rule(lane=st.sampled_from(LANES))
    def bury(self, lane: str) -> None:
        for row, entry in self._first(lane):
            self._run(self._queue.bury(row, "it never works"))
            entry.state = RowState.DEAD

    @rule(lane=st.sampled_from(LANES), rows=new_rows)
    def act_on_a_row_that_was_moved(self, lane: str, rows: list[NewRow]) -> None:
        """Whoever still holds the old row finds out and does nothing."""
        for row, entry in self._first(lane):
            if entry.state is RowState.WAITING and row.dedup_key is not None:
                self.put_in_order([entry.row])
                assert not self._run(self._queue.mark_attempted(row))
                assert not self._run(self._finish(row))
                assert self._run(self._queue.current(row)) is None

    @rule()
    def forget(self) -> None:
        self._run(self._queue.forget_ended(self._now))
        self._model = [one for one in self._model if one.pending or one.received >= self._now]

    @rule(hours=st.integers(1, 48))
    def time_passes(self, hours: int) -> None:
        self._now += timedelta(hours=hours)

    # -- Where the process dies

    @rule()
    def crash(self) -> None:
        self._reopen()

    @rule(rows=new_rows)
    def crash_before_the_commit_of_what_is_put(self, rows: list[NewRow]) -> None:
        with pytest.raises(_Crash):
            self._run(self._put(rows, crash=True))
        self._reopen()

    @rule(rows=new_rows)
    def crash_before_the_commit_of_an_order(self, rows: list[NewRow]) -> None:
        with pytest.raises(_Crash):
            self._run(self._put_in_order(rows, crash=True))
        self._reopen()

    @precondition(lambda self: self._model)
    @rule(lane=st.sampled_from(LANES))
    def crash_before_the_commit_of_an_end(self, lane: str) -> None:
        for row, _entry in self._first(lane):
            with pytest.raises(_Crash):
                self._run(self._finish(row, crash=True))
            self._reopen()

    # -- What holds

    @invariant()
    def every_lane_has_its_rows_in_order(self) -> None:
        for lane in LANES:
            expected = self._pending(lane)
            rows = self._run(self._queue.head(lane, 1000))
            assert [(r.dedup_key, r.login, r.payload, r.state) for r in rows] == [
                (e.row.dedup_key, e.row.login, e.row.payload, e.state) for e in expected
            ]
            assert [row.seq for row in rows] == sorted({row.seq for row in rows})
            assert self._run(self._queue.head(lane, 1)) == rows[:1]
            attempted = any(entry.state is RowState.ATTEMPTED for entry in expected)
            assert self._run(self._queue.has_attempted(lane)) == attempted

    @invariant()
    def what_is_told_about_the_queue_is_true(self) -> None:
        pending = [one for one in self._model if one.pending]
        assert set(self._run(self._queue.pending_lanes())) == {one.row.lane for one in pending}
        prefix = KEYS[3]
        keys = {
            one.row.dedup_key for one in pending if (one.row.dedup_key or "").startswith(prefix)
        }
        assert set(self._run(self._queue.pending_keys(prefix))) == keys
        counted = dict.fromkeys(RowState, 0)
        for one in self._model:
            counted[one.state] += 1
        lengths = self._run(self._queue.lengths())
        assert lengths == {state: number for state, number in counted.items() if number}

    # -- How

    def _run(self, work: Coroutine[Any, Any, T]) -> T:
        return self._runner.run(work)

    def _reopen(self) -> None:
        database: Database | None = getattr(self, "_database", None)
        if database is not None:
            self._run(database.close())
        self._database = self._run(open_core_database(self._url))
        self._queue = Queue(self._database, "from_remote")

    def _pending(self, lane: str) -> list[_Entry]:
        return [one for one in self._model if one.pending and one.row.lane == lane]

    def _first(self, lane: str) -> list[tuple[Row, _Entry]]:
        rows = self._run(self._queue.head(lane, 1))
        return list(zip(rows, self._pending(lane), strict=False))

    def _model_put(self, rows: list[NewRow]) -> set[str]:
        lanes = set()
        for row in rows:
            known = {one.row.dedup_key for one in self._model} - {None}
            if row.dedup_key not in known:
                self._model.append(_Entry(row, self._now))
                lanes.add(row.lane)
        return lanes

    def _model_finish(self, entry: _Entry) -> None:
        entry.state = RowState.DONE
        if entry.row.dedup_key is None:
            self._model.remove(entry)

    async def _put(self, rows: list[NewRow], crash: bool = False) -> set[str]:
        async with self._database.transaction() as connection:
            lanes = await self._queue.put(connection, rows, self._now)
            if crash:
                raise _Crash
        return lanes

    async def _put_in_order(self, rows: list[NewRow], crash: bool = False) -> set[str]:
        async with self._database.transaction() as connection:
            lanes = await self._queue.put_in_order(connection, rows, self._now)
            if crash:
                raise _Crash
        return lanes

    async def _finish(self, row: Row, crash: bool = False) -> bool:
        async with self._database.transaction() as connection:
            ended = await self._queue.finish(connection, row)
            if crash:
                raise _Crash
        return ended


def test_the_queue_on_sqlite() -> None:
    class OnSqlite(QueueMachine):
        pass

    run_state_machine_as_test(
        OnSqlite,
        settings=settings(max_examples=40, stateful_step_count=30, deadline=None),
    )


@pytest.mark.postgres
def test_the_queue_on_postgresql(postgres_url: str) -> None:
    async def empty() -> None:
        connection = await asyncpg.connect(postgres_url)
        await connection.execute(f"DROP SCHEMA IF EXISTS {SCHEMA} CASCADE")
        await connection.close()

    class OnPostgres(QueueMachine):
        url = postgres_url

        @initialize()
        def open(self) -> None:
            self._run(empty())
            super().open()

    run_state_machine_as_test(
        OnPostgres,
        settings=settings(
            max_examples=6,
            stateful_step_count=20,
            deadline=None,
            suppress_health_check=[HealthCheck.too_slow],
        ),
    )


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    async with core_database(database_url) as database:
        yield database


async def test_what_ended_is_known_by_its_key_but_its_content_is_gone(database: Database) -> None:
    queue = Queue(database, "from_matrix")
    async with database.transaction() as connection:
        await queue.put(connection, [NewRow("room", "$1", "", "a private text")], START)
    (row,) = await queue.head("room", 1)
    async with database.transaction() as connection:
        await queue.finish(connection, row)
        assert not await queue.put(connection, [NewRow("room", "$1", "", "again")], START)
    (stored,) = await database.fetch("SELECT payload FROM from_matrix")
    assert stored["payload"] == ""


async def test_what_is_given_up_is_kept_whole_with_the_reason(database: Database) -> None:
    queue = Queue(database, "from_matrix")
    async with database.transaction() as connection:
        await queue.put(connection, [NewRow("room", "$1", "", "a text")], START)
    (row,) = await queue.head("room", 1)
    await queue.bury(row, "no such thing")
    (stored,) = await database.fetch("SELECT payload, error FROM from_matrix")
    assert (stored["payload"], stored["error"]) == ("a text", "no such thing")


async def test_the_two_queues_do_not_mix(database: Database) -> None:
    one, other = Queue(database, "from_matrix"), Queue(database, "from_remote")
    async with database.transaction() as connection:
        await one.put(connection, [NewRow("room", "$1", "", "")], START)
    assert await other.pending_lanes() == []


async def test_what_two_logins_report_at_once_in_two_orders(database_url: str) -> None:
    rows = [NewRow(f"chat {number % 7}", f"$m{number}", "1", "{}") for number in range(300)]
    async with core_database(database_url) as database:
        queue = Queue(database, "from_remote")

        async def report(reported: list[NewRow]) -> None:
            async with queue.transaction(reported) as connection:
                await queue.put(connection, reported, START)

        await asyncio.gather(*(report(rows[::step]) for step in (1, -1) * 3))
        (total,) = await database.fetch("SELECT COUNT(*) AS rows FROM from_remote")
        assert total["rows"] == len(rows)
