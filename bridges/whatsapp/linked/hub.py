# SPDX-License-Identifier: AGPL-3.0-or-later
"""Hands the worker's events to whom they are for: sessions, and logins under way.

Each account's events are taken one after another, and acknowledged when they are safe. What cannot
be stored now is tried again, for ever: nothing behind it may overtake it.
"""

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Protocol

import structlog
from attrs import define, field

from bridges.core.clock import Clock
from bridges.core.tasks import ended
from bridges.whatsapp.wire.messages import WorkerEvent

Take = Callable[[WorkerEvent], Awaitable[None]]
"""Makes an event safe; raises whatever keeps it from doing so."""

_FIRST_PAUSE = 0.5
_LONGEST_PAUSE = 30.0


class EventSource(Protocol):
    """The side of the worker's client that gives events."""

    def events(self) -> AsyncIterator[WorkerEvent]:
        """What happens, for ever."""
        ...

    async def acknowledge(self, event: WorkerEvent) -> None:
        """Have the worker forget an event; one that cannot be told now comes again."""
        ...


@define
class _Line:
    """The events of one account that are not taken yet, and whoever takes them."""

    waiting: deque[WorkerEvent] = field(factory=deque)
    news: asyncio.Event = field(factory=asyncio.Event)
    task: asyncio.Task[None] | None = None


class Hub:
    """All events of one worker."""

    def __init__(self, source: EventSource, clock: Clock) -> None:
        self._log = structlog.get_logger("karvon.whatsapp")
        self._source = source
        self._clock = clock
        self._lines: dict[str, _Line] = {}
        self._reading: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin; what comes for somebody who is not registered yet waits until they are."""
        if self._reading is None:
            self._reading = asyncio.create_task(self._read(), name="whatsapp events")

    async def stop(self) -> None:
        """Take no more."""
        reading, self._reading = self._reading, None
        tasks = [reading, *(line.task for line in self._lines.values())]
        await ended([task for task in tasks if task is not None])
        self._lines.clear()

    async def register(self, account: str, take: Take) -> None:
        """Have an account's events from now on, also those its last taker has not taken."""
        line = self._lines.setdefault(account, _Line())
        if line.task is not None:
            await ended([line.task])
        line.task = asyncio.create_task(
            self._serve(line, take), name=f"whatsapp events of {account}"
        )

    def serves(self, account: str) -> bool:
        """Whether somebody has an account's events."""
        line = self._lines.get(account)
        return line is not None and line.task is not None

    async def unregister(self, account: str) -> None:
        """Have no more of them."""
        line = self._lines.pop(account, None)
        if line is not None and line.task is not None:
            await ended([line.task])

    async def _read(self) -> None:
        async for event in self._source.events():
            line = self._lines.setdefault(event.account, _Line())
            line.waiting.append(event)
            line.news.set()

    async def _serve(self, line: _Line, take: Take) -> None:
        while True:
            while line.waiting:
                event = line.waiting[0]
                await self._take(event, take)
                line.waiting.popleft()
                await self._source.acknowledge(event)
            line.news.clear()
            await line.news.wait()

    async def _take(self, event: WorkerEvent, take: Take) -> None:
        pause = _FIRST_PAUSE
        while True:
            try:
                await take(event)
            except Exception:  # noqa: BLE001 - whatever it is, the next try may succeed
                self._log.exception("an event could not be stored; trying again", kind=event.kind)
                await self._clock.sleep(pause)
                pause = min(pause * 2, _LONGEST_PAUSE)
            else:
                return
