# SPDX-License-Identifier: AGPL-3.0-or-later
"""Works through a durable queue: every lane in order, different lanes side by side."""

import asyncio
import random
from collections.abc import Awaitable, Callable, Iterable
from functools import partial
from typing import TypeVar

import structlog

from bridges.core.clock import Clock
from bridges.core.errors import TemporaryError
from bridges.core.storage.queue import Queue, Row
from bridges.core.tasks import ended

_BATCH = 32
_FIRST_WAIT = 0.5
_LONGEST_WAIT = 30.0
_TRIES_OF_A_BUG = 5

T = TypeVar("T")

Handler = Callable[[Row], Awaitable[None]]
"""Handles one row and ends it in the queue.

Raises ``TemporaryError`` (or an ``OSError`` or database error) if the row has to be handled again.
"""

Admission = Callable[[str], Awaitable[None]]
"""Returns when rows of a lane may be handled; until then they keep nobody else's place. Never raises."""

GiveUp = Callable[[Row, Exception], Awaitable[None]]
"""Told once about a row that is buried because handling it kept failing."""


class Lanes:
    """Runs one task per lane that has something to do.

    A lane whose head meets passing trouble waits, with growing intervals, and keeps its order; other
    lanes go on. A row that fails again and again for a reason we do not know is buried.
    """

    def __init__(
        self,
        name: str,
        queue: Queue,
        handler: Handler,
        give_up: GiveUp,
        *,
        concurrency: int,
        clock: Clock,
        passing: tuple[type[Exception], ...],
        admission: Admission | None = None,
        jitter: Callable[[], float] = random.random,
    ) -> None:
        """``passing`` are exceptions of the database and the network that go away by themselves.

        Without an ``admission`` rows may always be handled.
        """
        self._log = structlog.get_logger("karvon.lanes").bind(queue=name)
        self._queue = queue
        self._handler = handler
        self._give_up = give_up
        self._slots = asyncio.Semaphore(concurrency)
        self._clock = clock
        self._passing: tuple[type[Exception], ...] = (TemporaryError, OSError, *passing)
        self._admission = admission
        self._jitter = jitter
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._again: set[str] = set()
        self._moved: set[str] = set()
        self._closed = False
        self._flowing = asyncio.Event()
        self._flowing.set()

    async def start(self) -> None:
        """Take up everything that was left in the queue."""
        self.wake(await self._queue.pending_lanes())

    def hold(self) -> None:
        """Take up no further rows until ``release``; what is under way is finished."""
        self._flowing.clear()

    def release(self) -> None:
        """Go on after ``hold``."""
        self._flowing.set()

    def wake(self, lanes: Iterable[str], *, moved: bool = False) -> None:
        """Look into these lanes; there is something new, or rows have been ``moved``."""
        if self._closed:
            return
        for lane in lanes:
            if lane in self._tasks:
                self._again.add(lane)
                if moved:
                    self._moved.add(lane)
            else:
                self._tasks[lane] = asyncio.create_task(self._run(lane), name=f"lane {lane}")

    async def close(self) -> None:
        """Stop; what is not finished stays in the queue."""
        self._closed = True
        await ended(self._tasks.values())

    async def _run(self, lane: str) -> None:
        try:
            while True:
                await self._flowing.wait()
                self._again.discard(lane)
                self._moved.discard(lane)
                rows = await self._patiently(lane, partial(self._queue.head, lane, _BATCH))
                if not rows and lane not in self._again:
                    return
                for row in rows:
                    await self._flowing.wait()
                    if lane in self._moved:
                        break
                    await self._handle(row)
        finally:
            del self._tasks[lane]
            self._again.discard(lane)
            self._moved.discard(lane)

    async def _handle(self, row: Row) -> None:
        bugs = 0
        waits = 0
        current: Row | None = row
        while current is not None:
            try:
                if self._admission is not None:
                    await self._admission(row.lane)
                async with self._slots:
                    await self._handler(current)
            except self._passing as error:
                wait = self._wait(error, waits)
                waits += 1
                self._log.info(
                    "lane waits", lane=row.lane, seconds=round(wait, 1), error=str(error)
                )
                await self._clock.sleep(wait)
            except Exception as failure:  # noqa: BLE001 - one bad row must not stop a chat for ever
                bugs += 1
                self._log.exception("handling failed", lane=row.lane, seq=row.seq, tries=bugs)
                if bugs == _TRIES_OF_A_BUG:
                    await self._bury(row, failure)
                    return
                await self._clock.sleep(self._wait(failure, bugs))
            else:
                return
            # An attempt leaves its mark in the queue, and a row may have been moved meanwhile.
            current = await self._patiently(row.lane, partial(self._queue.current, row))

    async def _bury(self, row: Row, failure: Exception) -> None:
        await self._patiently(row.lane, partial(self._queue.bury, row, repr(failure)))
        try:
            await self._give_up(row, failure)
        except Exception:  # noqa: BLE001 - nor may what is told about it stop the chat
            self._log.exception("could not tell that a row was given up", lane=row.lane)

    def _wait(self, error: Exception, waits: int) -> float:
        grown: float = min(_LONGEST_WAIT, _FIRST_WAIT * 2 ** min(waits, 10))
        if isinstance(error, TemporaryError):
            grown = max(grown if waits else 0.0, error.retry_after)
        return grown * (1 + 0.1 * self._jitter())

    async def _patiently(self, lane: str, action: Callable[[], Awaitable[T]]) -> T:
        waits = 0
        while True:
            try:
                return await action()
            except self._passing as error:
                self._log.warning("database does not answer", lane=lane, error=repr(error))
                await self._clock.sleep(self._wait(error, waits))
                waits += 1
