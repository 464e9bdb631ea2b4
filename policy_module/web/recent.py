# SPDX-License-Identifier: AGPL-3.0-or-later
"""The last refusals of each person, kept for a day so that they can ask why.

Kept in the homeserver's database, in a table of our own: whichever process has refused something,
another may be asked about it. Refusals wait in memory for the next writing, so that nobody who is
refused waits for the database.
"""

from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, Protocol

from attrs import define, field, frozen

from policy_module.audit.record import AuditRecord, AuditSink

KEPT = 86_400.0
"""Seconds for which a refusal is kept."""
PER_PERSON = 10
"""Most refusals shown of one person."""
MOST = 50_000
"""Most refusals kept of all people."""
MOST_UNSAVED = 1_000
"""Most refusals of a process that wait to be written."""
SAVING = 0.5
"""Seconds between two writings."""
THINNING = 3600.0
"""Seconds between two deletions of what is old."""

_TABLE = """
CREATE TABLE IF NOT EXISTS karvon_policy_refusals (
    refused_ms BIGINT NOT NULL, person TEXT NOT NULL, action TEXT NOT NULL,
    reason TEXT, rule TEXT NOT NULL, subject TEXT
)
"""
_BY_PERSON = (
    "CREATE INDEX IF NOT EXISTS karvon_policy_refusals_person"
    " ON karvon_policy_refusals (person, refused_ms)"
)
_BY_TIME = (
    "CREATE INDEX IF NOT EXISTS karvon_policy_refusals_time ON karvon_policy_refusals (refused_ms)"
)
_SAVE = "INSERT INTO karvon_policy_refusals VALUES (?, ?, ?, ?, ?, ?)"
_READ = (
    "SELECT refused_ms, action, reason, rule, subject FROM karvon_policy_refusals"
    " WHERE person = ? AND refused_ms >= ? ORDER BY refused_ms DESC LIMIT ?"
)
_THIN_OUT = (
    "DELETE FROM karvon_policy_refusals WHERE refused_ms < ? OR refused_ms <"
    " (SELECT refused_ms FROM karvon_policy_refusals ORDER BY refused_ms DESC LIMIT 1 OFFSET ?)"
)


@frozen
class Refusal:
    """Something that was refused to somebody; ``time`` in seconds since 1970."""

    time: float
    action: str
    reason: str | None
    rule: str
    subject: str | None


class Transaction(Protocol):
    """A transaction on the homeserver's database."""

    def execute(self, sql: str, parameters: Sequence[Any] = ..., /) -> Any:
        """Run a statement."""

    def fetchall(self) -> list[Any]:
        """Give the rows it found."""


class Database(Protocol):
    """Runs a function in a transaction, on a thread of its own."""

    def __call__(self, name: str, work: Callable[[Transaction], Any], /) -> Awaitable[Any]:
        """Give what the function gives."""


@define(eq=False)
class RecentRefusals:
    """Remembers the newest; ``clock`` gives seconds since 1970."""

    _database: Database
    _clock: Callable[[], float]
    _unsaved: deque[tuple[str, Refusal]] = field(
        factory=lambda: deque(maxlen=MOST_UNSAVED), init=False
    )
    _saving: tuple[tuple[str, Refusal], ...] = field(default=(), init=False)
    _made: bool = field(default=False, init=False)

    def remember(
        self, user: str, action: str, reason: str | None, rule: str, subject: str | None
    ) -> None:
        """Keep a refusal; from any thread. If too many wait, some are forgotten."""
        now = int(self._clock() * 1000) / 1000
        self._unsaved.append((user, Refusal(now, action, reason, rule, subject)))

    async def of(self, user: str) -> tuple[Refusal, ...]:
        """Give a person's refusals by any process of the homeserver, newest first.

        Those of other processes are there after their next writing.
        """
        await self._make()
        oldest = self._clock() - KEPT
        waiting = [one for person, one in (*self._saving, *self._unsaved) if person == user]

        def read(transaction: Transaction) -> list[Any]:
            transaction.execute(_READ, (user, int(oldest * 1000), PER_PERSON))
            return transaction.fetchall()

        rows = await self._database("policy_refusals_read", read)
        saved = [Refusal(milliseconds / 1000, *rest) for milliseconds, *rest in rows]
        # What was written meanwhile is in both.
        newest = sorted({*waiting, *saved}, key=lambda one: one.time, reverse=True)
        return tuple(one for one in newest[:PER_PERSON] if one.time >= oldest)

    async def save(self) -> None:
        """Write what waits, unless that is being done already."""
        await self._make()
        if self._saving or not self._unsaved:
            return
        self._saving = tuple(self._unsaved.popleft() for _ in range(len(self._unsaved)))
        try:
            await self._database("policy_refusals_save", self._write)
        except Exception:
            self._unsaved.extendleft(reversed(self._saving))
            raise
        finally:
            self._saving = ()

    def _write(self, transaction: Transaction) -> None:
        for user, one in self._saving:
            values = int(one.time * 1000), user, one.action, one.reason, one.rule, one.subject
            transaction.execute(_SAVE, values)

    async def thin_out(self) -> None:
        """Delete what is older than a day, or too much."""
        await self._make()
        oldest = int((self._clock() - KEPT) * 1000)
        await self._database(
            "policy_refusals_thin_out",
            lambda transaction: transaction.execute(_THIN_OUT, (oldest, MOST)),
        )

    async def _make(self) -> None:
        if self._made:
            return

        def make(transaction: Transaction) -> None:
            for statement in (_TABLE, _BY_PERSON, _BY_TIME):
                transaction.execute(statement)

        # PostgreSQL takes it for an error if another process makes it at this moment: then it is there
        # when this is tried again, for the next writing.
        await self._database("policy_refusals_make", make)
        self._made = True


@define(eq=False)
class Remembering:
    """A sink that also keeps refusals of people, and passes everything on."""

    _sink: AuditSink
    _recent: RecentRefusals

    @property
    def healthy(self) -> bool:
        """Whether the sink behind it is."""
        return self._sink.healthy

    def record(self, record: AuditRecord) -> None:
        """Take a record."""
        user = record.details.get("user")
        if record.kind == "refused" and isinstance(user, str):
            self._recent.remember(
                user,
                str(record.details["action"]),
                _text(record.details.get("reason")),
                str(record.details["rule"]),
                _text(record.details.get("server")),
            )
        self._sink.record(record)


def _text(value: object) -> str | None:
    return None if value is None else str(value)
