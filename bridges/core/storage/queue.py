# SPDX-License-Identifier: AGPL-3.0-or-later
"""A durable queue with one first-in first-out lane per chat.

Two of them carry everything: ``from_matrix`` and ``from_remote``. A row is *waiting* until somebody
starts on it; it is *attempted* once its effect may have left this machine; then it is *done* (only its
key is kept, so that the same thing is not taken in twice) or *dead* (kept whole for the operator).
"""

from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import UTC, datetime
from enum import IntEnum
from typing import Any

from attrs import frozen
from mautrix.util.async_db import Connection

from bridges.core.keyed_locks import KeyedLocks
from bridges.core.storage.database import Database


class RowState(IntEnum):
    """Where a row stands; the numbers are stored."""

    WAITING = 0
    ATTEMPTED = 1
    DONE = 2
    DEAD = 3


@frozen
class NewRow:
    """Something to be put into a queue.

    Attributes:
        lane: rows of one lane are handled strictly one after another.
        dedup_key: two rows with an equal key are the same thing; None never equals anything.
        login: the login that reported it, empty if none.
        payload: JSON.
    """

    lane: str
    dedup_key: str | None
    login: str
    payload: str


@frozen
class Row:
    """A row as it is stored. ``seq`` grows in the order of insertion."""

    seq: int
    lane: str
    dedup_key: str | None
    login: str
    payload: str
    state: RowState
    received: datetime


_COLUMNS = "seq, lane, dedup_key, login, payload, state, received_at"


class Queue:
    """One durable queue; ``table`` is one of the two the schema has."""

    def __init__(self, database: Database, table: str) -> None:
        self._db = database
        self._table = table
        self._lanes: KeyedLocks[str] = KeyedLocks()

    @asynccontextmanager
    async def transaction(self, rows: Iterable[NewRow]) -> AsyncIterator[Connection]:
        """Have a transaction in which rows are put in or noted, and nobody else puts in the same ones.

        What two logins report at once, each in an order of its own, would have PostgreSQL wait in a
        circle. Rows with equal keys are of one lane, so lanes are what is waited for, in one order.
        """
        async with AsyncExitStack() as stack:
            for lane in sorted({one.lane for one in rows if one.dedup_key is not None}):
                await stack.enter_async_context(self._lanes.hold(lane))
            yield await stack.enter_async_context(self._db.transaction())

    async def put(self, connection: Connection, rows: Iterable[NewRow], now: datetime) -> set[str]:
        """Append rows that are not known by their key; returns the lanes that got something."""
        at = _milliseconds(now)
        lanes = set()
        for row in rows:
            inserted = await connection.fetchval(
                f"INSERT INTO {self._table} (lane, dedup_key, login, payload, received_at)"
                " VALUES ($1, $2, $3, $4, $5) ON CONFLICT (dedup_key) DO NOTHING RETURNING seq",
                row.lane,
                row.dedup_key,
                row.login,
                row.payload,
                at,
            )
            if inserted is not None:
                lanes.add(row.lane)
        return lanes

    async def put_in_order(
        self, connection: Connection, rows: Sequence[NewRow], now: datetime
    ) -> set[str]:
        """Append rows whose order is known for certain.

        Those that are waiting already are moved behind, so that a row which arrived alone and
        early does not overtake the ones before it.
        """
        for row in rows:
            await connection.execute(
                f"DELETE FROM {self._table} WHERE dedup_key = $1 AND state = {RowState.WAITING:d}",
                row.dedup_key,
            )
        return await self.put(connection, rows, now)

    async def pending_lanes(self) -> list[str]:
        """Lanes that have rows to be handled."""
        rows = await self._db.fetch(
            f"SELECT DISTINCT lane FROM {self._table} WHERE state < {RowState.DONE:d}"
        )
        return [row["lane"] for row in rows]

    async def pending_keys(self, prefix: str) -> list[str]:
        """The keys that begin so, of rows that are not ended."""
        rows = await self._db.fetch(
            f"SELECT dedup_key FROM {self._table}"
            f" WHERE substr(dedup_key, 1, $2) = $1 AND state < {RowState.DONE:d}",
            prefix,
            len(prefix),
        )
        return [row["dedup_key"] for row in rows]

    async def waiting_in(self, connection: Connection, lane: str) -> list[str]:
        """The keys of a lane's rows that are not ended."""
        rows = await connection.fetch(
            f"SELECT dedup_key FROM {self._table}"
            f" WHERE lane = $1 AND dedup_key IS NOT NULL AND state < {RowState.DONE:d}",
            lane,
        )
        return [row["dedup_key"] for row in rows]

    async def is_known(self, connection: Connection, dedup_key: str) -> bool:
        """Whether something with this key was put in, whatever has become of it."""
        query = f"SELECT 1 FROM {self._table} WHERE dedup_key = $1"
        return await connection.fetchval(query, dedup_key) is not None

    async def note_ended(self, connection: Connection, row: NewRow, now: datetime) -> None:
        """Remember a key as ended, so that it is not taken in; one that is known stays as it is."""
        await connection.execute(
            f"INSERT INTO {self._table} (lane, dedup_key, login, payload, state, received_at)"
            f" VALUES ($1, $2, $3, '', {RowState.DONE:d}, $4) ON CONFLICT (dedup_key) DO NOTHING",
            row.lane,
            row.dedup_key,
            row.login,
            _milliseconds(now),
        )

    async def head(self, lane: str, limit: int) -> list[Row]:
        """The next rows of a lane, in order."""
        rows = await self._db.fetch(
            f"SELECT {_COLUMNS} FROM {self._table}"
            f" WHERE lane = $1 AND state < {RowState.DONE:d} ORDER BY seq LIMIT $2",
            lane,
            limit,
        )
        return [_row(one) for one in rows]

    async def mark_attempted(self, row: Row) -> bool:
        """Note that the effect may leave from now on; False if the row has been moved meanwhile."""
        async with self._db.transaction() as connection:
            updated = await connection.fetchval(
                f"UPDATE {self._table} SET state = {RowState.ATTEMPTED:d}"
                f" WHERE seq = $1 AND state < {RowState.DONE:d} RETURNING seq",
                row.seq,
            )
        return updated is not None

    async def unmark_attempted(self, row: Row) -> None:
        """Note that the attempt surely had no effect."""
        await self._db.execute(
            f"UPDATE {self._table} SET state = {RowState.WAITING:d}"
            f" WHERE seq = $1 AND state = {RowState.ATTEMPTED:d}",
            row.seq,
        )

    async def has_attempted(self, lane: str) -> bool:
        """Whether a row of this lane was attempted and its outcome is not known."""
        row = await self._db.fetchrow(
            f"SELECT 1 FROM {self._table} WHERE lane = $1 AND state = {RowState.ATTEMPTED:d}",
            lane,
        )
        return row is not None

    async def has_pending(self, lane: str) -> bool:
        """Whether a lane has rows to be handled."""
        return bool(await self.head(lane, 1))

    async def current(self, row: Row) -> Row | None:
        """The row as it stands now; None if it has ended or has been moved."""
        now = await self._db.fetchrow(
            f"SELECT {_COLUMNS} FROM {self._table} WHERE seq = $1 AND state < {RowState.DONE:d}",
            row.seq,
        )
        return None if now is None else _row(now)

    async def finish(self, connection: Connection, row: Row) -> bool:
        """End a row; its key is remembered and its content forgotten.

        Returns False, and does nothing, if the row has ended already or has been moved.
        """
        ending = (
            f"DELETE FROM {self._table} WHERE seq = $1" if row.dedup_key is None else self.ending(1)
        )
        return await connection.fetchval(f"{ending} RETURNING seq", row.seq) is not None

    def ending(self, parameter: int) -> str:
        """The statement that ends a row with a key; its seq is the parameter of that number."""
        return (
            f"UPDATE {self._table} SET state = {RowState.DONE:d}, payload = ''"
            f" WHERE seq = ${parameter} AND state < {RowState.DONE:d}"
        )

    async def bury(self, row: Row, error: str) -> None:
        """End a row that will never work; it is kept whole with the reason."""
        await self._db.execute(
            f"UPDATE {self._table} SET state = {RowState.DEAD:d}, error = $2 WHERE seq = $1",
            row.seq,
            error,
        )

    async def forget_ended(self, before: datetime) -> None:
        """Delete rows that ended and were received before a time."""
        await self._db.execute(
            f"DELETE FROM {self._table} WHERE state >= {RowState.DONE:d} AND received_at < $1",
            _milliseconds(before),
        )

    async def lengths(self) -> dict[RowState, int]:
        """How many rows there are in each state."""
        rows = await self._db.fetch(
            f"SELECT state, COUNT(*) AS n FROM {self._table} GROUP BY state"
        )
        return {RowState(row["state"]): row["n"] for row in rows}


def _row(stored: Any) -> Row:
    return Row(
        stored["seq"],
        stored["lane"],
        stored["dedup_key"],
        stored["login"],
        stored["payload"],
        RowState(stored["state"]),
        datetime.fromtimestamp(stored["received_at"] / 1000, UTC),
    )


def _milliseconds(moment: datetime) -> int:
    return int(moment.timestamp() * 1000)
