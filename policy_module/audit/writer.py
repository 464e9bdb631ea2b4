# SPDX-License-Identifier: AGPL-3.0-or-later
"""The sink of a process: takes records without waiting, and writes them in a thread of its own.

Records wait in a bounded queue until the thread has appended them, normally within milliseconds;
the disk is synced at most once per ``sync_seconds`` and at every checkpoint. So a process that is
killed loses what it recorded in its last milliseconds, and a power cut what was recorded in the
last second or so.

While the disk refuses, is missing, or does not answer, the sink is unhealthy and records wait. When
the queue is full further ones are dropped and counted, and an entry ``audit_gap`` with the count
stands in the log where they would have been. The sink becomes healthy by itself.
"""

import logging
import threading
import time
from collections import deque
from collections.abc import Callable
from itertools import islice

from attrs import define, field, frozen

from policy_module.audit.keys import UnusableKeyError
from policy_module.audit.kinds import GAP
from policy_module.audit.record import AuditRecord, bounded
from policy_module.audit.recovery import AuditDamagedError
from policy_module.audit.streamlog import AuditLockedError, StreamLog
from policy_module.audit.times import time_text

_BATCH = 500

logger = logging.getLogger(__name__)


@frozen
class Pace:
    """How often the thread does what; all in seconds but the numbers of records.

    A checkpoint is signed after ``checkpoint_entries`` entries, or ``checkpoint_seconds`` after the
    last one if there were entries. ``queue`` records wait at most; one that waited for longer than
    ``patience`` makes the sink unhealthy.
    """

    queue: int = 10_000
    sync_seconds: float = 1.0
    checkpoint_entries: int = 1000
    checkpoint_seconds: float = 60.0
    retry_seconds: float = 1.0
    patience: float = 10.0


@define(eq=False)
class AuditWriter:
    """The audit log of this process.

    ``clock`` gives POSIX seconds, ``monotonic`` seconds that never go back. ``on_health`` is told
    when the sink becomes unhealthy (with the reason) or healthy again (with ``None``), on the
    writer's thread; what it raises is logged.
    """

    _log: StreamLog
    _on_health: Callable[[str | None], None]
    _pace: Pace = field(factory=Pace)
    _clock: Callable[[], float] = time.time
    _monotonic: Callable[[], float] = time.monotonic
    _queue: deque[tuple[float, str, AuditRecord]] = field(init=False, factory=deque)
    _dropped: int = field(init=False, default=0)
    _changed: threading.Condition = field(init=False, factory=threading.Condition)
    _closing: bool = field(init=False, default=False)
    _problem: str | None = field(init=False, default=None)
    _opened: bool = field(init=False, default=False)
    _synced_at: float = field(init=False, default=float("-inf"))
    _signed_at: float = field(init=False, default=float("-inf"))
    _thread: threading.Thread | None = field(init=False, default=None)

    def start(self) -> None:
        """Open the log and start the thread.

        What keeps it from being opened makes the sink unhealthy, and it is tried again: a disk that
        refuses, another process that writes the stream, a log that was changed, a key that is none.
        """
        try:
            self._open()
        except (OSError, AuditLockedError, AuditDamagedError, UnusableKeyError) as error:
            self._unhealthy(str(error))
        self._thread = threading.Thread(target=self._run, name="audit", daemon=True)
        self._thread.start()

    def record(self, record: AuditRecord) -> None:
        """Take a record, from any thread; never raises and never waits for the disk."""
        kept = bounded(record)
        with self._changed:
            if len(self._queue) >= self._pace.queue:
                self._dropped += 1
                return
            self._note_gap()
            self._put(kept)
            self._changed.notify_all()

    @property
    def healthy(self) -> bool:
        """Whether the disk takes the records, and takes them in time."""
        with self._changed:
            if self._problem is not None or len(self._queue) >= self._pace.queue:
                return False
            waits = self._monotonic() - self._queue[0][0] if self._queue else 0.0
            return waits <= self._pace.patience

    @property
    def problem(self) -> str | None:
        """Why the sink is unhealthy, if the disk said it."""
        return self._problem

    def close(self) -> None:
        """Write and sign what is left, and stop; waits for the disk, but not for a broken one."""
        with self._changed:
            self._closing = True
            self._changed.notify_all()
        if self._thread is not None:
            self._thread.join(self._pace.patience)

    def _put(self, record: AuditRecord) -> None:
        self._queue.append((self._monotonic(), time_text(self._clock()), record))

    def _note_gap(self) -> None:
        if self._dropped:
            self._put(AuditRecord(GAP, {"dropped": self._dropped}))
            self._dropped = 0

    def _open(self) -> None:
        self._log.open()
        self._opened = True
        self._synced_at = self._signed_at = self._monotonic()

    def _run(self) -> None:
        while not self._done():
            try:
                self._work()
            except (OSError, AuditLockedError, AuditDamagedError, UnusableKeyError) as error:
                self._unhealthy(str(error))
                self._wait(self._pace.retry_seconds, for_records=False)
                continue
            self._healthy()
            self._wait(self._until_due(), for_records=True)
        self._end()

    def _done(self) -> bool:
        with self._changed:
            return self._closing and (self._problem is not None or not self._queue)

    def _work(self) -> None:
        """Write some of what waits, and sync and sign what is due."""
        if not self._opened:
            self._open()
        with self._changed:
            if not self._queue:
                self._note_gap()
            batch = [(stamp, record) for _, stamp, record in islice(self._queue, _BATCH)]
        if batch:
            written = self._log.append(batch)
            with self._changed:
                for _ in range(written):
                    self._queue.popleft()
        now = self._monotonic()
        if self._checkpoint_due(now):
            self._log.checkpoint()
            self._signed_at = self._synced_at = now
        elif not self._log.synced and now >= self._synced_at + self._pace.sync_seconds:
            self._log.sync()
            self._synced_at = now

    def _checkpoint_due(self, now: float) -> bool:
        unsigned = self._log.unsigned
        late = now >= self._signed_at + self._pace.checkpoint_seconds
        return unsigned >= self._pace.checkpoint_entries or (unsigned > 0 and late)

    def _until_due(self) -> float | None:
        due = []
        if not self._log.synced:
            due.append(self._synced_at + self._pace.sync_seconds)
        if self._log.unsigned:
            due.append(self._signed_at + self._pace.checkpoint_seconds)
        return max(0.0, min(due) - self._monotonic()) if due else None

    def _wait(self, seconds: float | None, *, for_records: bool) -> None:
        with self._changed:
            self._changed.wait_for(
                lambda: self._closing or (for_records and bool(self._queue)), seconds
            )

    def _unhealthy(self, problem: str) -> None:
        changed = self._problem != problem
        self._problem = problem
        if changed:
            self._tell(problem)

    def _healthy(self) -> None:
        if self._problem is not None:
            self._problem = None
            self._tell(None)

    def _tell(self, problem: str | None) -> None:
        try:
            self._on_health(problem)
        except Exception:
            logger.exception("A listener of the audit log's health failed")

    def _end(self) -> None:
        lost = len(self._queue) + self._dropped
        try:
            if self._opened:
                self._log.close()
        except OSError as error:
            logger.critical("The audit log could not be closed: %s", error)
        if lost:
            logger.critical("%d records of the audit are lost: the disk never took them", lost)
