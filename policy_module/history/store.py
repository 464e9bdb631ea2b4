# SPDX-License-Identifier: AGPL-3.0-or-later
"""Which past events are known in which rooms, and those that are not in their rooms yet.

In the homeserver's database, in tables of our own. An event is noted here with everything it consists
of before it is put into its room: so its id is settled, and what comes after a crash is the same event.
"""

from collections.abc import Awaitable, Callable, Collection, Iterable, Sequence
from typing import Any, Protocol

from attrs import define, field, frozen

_TABLES = (
    """
    CREATE TABLE IF NOT EXISTS karvon_history_known (
        room_id TEXT NOT NULL, key TEXT NOT NULL, event_id TEXT NOT NULL,
        PRIMARY KEY (room_id, key)
    )
    """,
    """
    CREATE TABLE IF NOT EXISTS karvon_history_waiting (
        room_id TEXT NOT NULL, position BIGINT NOT NULL, event_id TEXT NOT NULL,
        state_group BIGINT NOT NULL, event TEXT NOT NULL, PRIMARY KEY (room_id, position)
    )
    """,
    "CREATE INDEX IF NOT EXISTS karvon_history_waiting_event ON karvon_history_waiting (event_id)",
    """
    CREATE TABLE IF NOT EXISTS karvon_history_joinings (
        room_id TEXT NOT NULL, user_id TEXT NOT NULL, event_id TEXT NOT NULL,
        PRIMARY KEY (room_id, user_id)
    )
    """,
    "CREATE TABLE IF NOT EXISTS karvon_history_commits (room_id TEXT NOT NULL PRIMARY KEY)",
)


@frozen
class Waiting:
    """An event that is to be put into its room.

    Attributes:
        event: as JSON, with its hashes and signatures.
        state_group: what holds in the room where it stands.
    """

    event_id: str
    state_group: int
    event: str


class Transaction(Protocol):
    """A transaction on the homeserver's database."""

    def execute(self, sql: str, parameters: Sequence[Any] = ..., /) -> Any:
        """Run a statement."""

    def execute_batch(self, sql: str, rows: Iterable[Sequence[Any]], /) -> None:
        """Run a statement once for each row."""

    def fetchall(self) -> list[Any]:
        """Give the rows it found."""

    def fetchone(self) -> Any:
        """Give the first of them, None if there is none."""


class Database(Protocol):
    """Runs a function in a transaction, on a thread of its own."""

    def __call__(self, name: str, work: Callable[[Transaction], Any], /) -> Awaitable[Any]:
        """Give what the function gives."""


@define(eq=False)
class HistoryStore:
    """Reads and writes all of that."""

    _database: Database
    _made: bool = field(default=False, init=False)

    async def known(self, room_id: str, keys: Collection[str]) -> dict[str, str]:
        """Give the ids of those events that are known, by their keys."""
        await self._make()
        if not keys:
            return {}
        wanted = list(keys)

        def read(transaction: Transaction) -> list[Any]:
            transaction.execute(
                "SELECT key, event_id FROM karvon_history_known WHERE room_id = ? AND key IN"
                f" ({_marks(wanted)})",
                (room_id, *wanted),
            )
            return transaction.fetchall()

        return dict(await self._database("karvon_history_known", read))

    async def waits(self, room_id: str, event_ids: Collection[str]) -> set[str]:
        """Give those of some events that are known and not in the room yet."""
        if not event_ids:
            return set()
        wanted = list(event_ids)

        def read(transaction: Transaction) -> list[Any]:
            transaction.execute(
                "SELECT event_id FROM karvon_history_waiting WHERE room_id = ? AND event_id IN"
                f" ({_marks(wanted)})",
                (room_id, *wanted),
            )
            return transaction.fetchall()

        return {event_id for (event_id,) in await self._database("karvon_history_waits", read)}

    async def joining(self, room_id: str, user: str) -> str | None:
        """Give the id of the event by which somebody was in a room in the past."""
        await self._make()

        def read(transaction: Transaction) -> Any:
            transaction.execute(
                "SELECT event_id FROM karvon_history_joinings WHERE room_id = ? AND user_id = ?",
                (room_id, user),
            )
            return transaction.fetchone()

        row = await self._database("karvon_history_joining", read)
        return None if row is None else str(row[0])

    async def note_joining(self, room_id: str, user: str, event_id: str) -> None:
        """Note such an event, before it is stored."""

        def write(transaction: Transaction) -> None:
            transaction.execute(
                "INSERT INTO karvon_history_joinings (room_id, user_id, event_id) VALUES (?, ?, ?)"
                " ON CONFLICT (room_id, user_id) DO UPDATE SET event_id = excluded.event_id",
                (room_id, user, event_id),
            )

        await self._database("karvon_history_note_joining", write)

    async def is_committing(self, room_id: str) -> bool:
        """Whether some of what waited is in the room, and the rest is to follow."""
        await self._make()

        def read(transaction: Transaction) -> Any:
            transaction.execute(
                "SELECT 1 FROM karvon_history_commits WHERE room_id = ?", (room_id,)
            )
            return transaction.fetchone()

        return await self._database("karvon_history_is_committing", read) is not None

    async def note(self, room_id: str, events: Sequence[tuple[str, Waiting]]) -> None:
        """Note events with their keys, oldest first: they stand behind those noted before."""

        def write(transaction: Transaction) -> None:
            transaction.execute(
                "SELECT COALESCE(MAX(position), 0) FROM karvon_history_waiting WHERE room_id = ?",
                (room_id,),
            )
            (last,) = transaction.fetchone()
            transaction.execute_batch(
                "INSERT INTO karvon_history_known (room_id, key, event_id) VALUES (?, ?, ?)",
                [(room_id, key, one.event_id) for key, one in events],
            )
            transaction.execute_batch(
                "INSERT INTO karvon_history_waiting"
                " (room_id, position, event_id, state_group, event) VALUES (?, ?, ?, ?, ?)",
                [
                    (room_id, position, one.event_id, one.state_group, one.event)
                    for position, (_, one) in enumerate(events, start=last + 1)
                ],
            )

        await self._database("karvon_history_note", write)

    async def newest(self, room_id: str, limit: int) -> list[Waiting]:
        """Give the next events to be put into the room, the newest first.

        A commit has begun with it, unless nothing waits. What is in the room already, because the
        homeserver ended before that could be noted, is not among them.
        """
        await self._make()

        def read(transaction: Transaction) -> list[Waiting]:
            while True:
                transaction.execute(
                    "SELECT event_id, state_group, event FROM karvon_history_waiting"
                    " WHERE room_id = ? ORDER BY position DESC LIMIT ?",
                    (room_id, limit),
                )
                found = [Waiting(*row) for row in transaction.fetchall()]
                if not found:
                    return []
                ids = [one.event_id for one in found]
                transaction.execute(
                    f"SELECT event_id FROM events WHERE event_id IN ({_marks(ids)})", ids
                )
                there = {name for (name,) in transaction.fetchall()}
                if not there:
                    break
                _delete(transaction, room_id, list(there))
            transaction.execute(
                "INSERT INTO karvon_history_commits (room_id) VALUES (?) ON CONFLICT DO NOTHING",
                (room_id,),
            )
            return found

        found: list[Waiting] = await self._database("karvon_history_newest", read)
        return found

    async def entered(self, room_id: str, event_ids: Sequence[str]) -> int:
        """Note that events are in their room; returns how many still wait.

        With the last of them the commit is over.
        """

        def write(transaction: Transaction) -> int:
            _delete(transaction, room_id, event_ids)
            transaction.execute(
                "SELECT COUNT(*) FROM karvon_history_waiting WHERE room_id = ?", (room_id,)
            )
            (left,) = transaction.fetchone()
            if not left:
                transaction.execute(
                    "DELETE FROM karvon_history_commits WHERE room_id = ?", (room_id,)
                )
            return int(left)

        left: int = await self._database("karvon_history_entered", write)
        return left

    async def _make(self) -> None:
        if self._made:
            return

        def make(transaction: Transaction) -> None:
            for statement in _TABLES:
                transaction.execute(statement)

        await self._database("karvon_history_make", make)
        self._made = True


def _delete(transaction: Transaction, room_id: str, event_ids: Sequence[str]) -> None:
    if event_ids:
        transaction.execute(
            "DELETE FROM karvon_history_waiting WHERE room_id = ? AND event_id IN"
            f" ({_marks(event_ids)})",
            (room_id, *event_ids),
        )


def _marks(values: Collection[object]) -> str:
    return ", ".join("?" * len(values))
