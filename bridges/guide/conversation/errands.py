# SPDX-License-Identifier: AGPL-3.0-or-later
"""Commands that ask others, who may take long to answer: done beside the conversation.

Each is stored before its message counts as handled, and done anew after a restart; answers that were
sent are not sent again (``Context``).
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

from mautrix.types import EventID, UserID

from bridges.core.clock import Clock
from bridges.core.keyed_locks import KeyedLocks
from bridges.core.tasks import ended
from bridges.guide.conversation.command import Command
from bridges.guide.matrix.events import Message
from bridges.guide.persevering import persevere
from bridges.guide.store.errands import ErrandStore

_MOST = 5
"""Of one person at a time."""

CarryOut = Callable[[Message], Awaitable[None]]
"""Does what a message asks for, and answers."""


class Errands:
    """Has a task for each; those of one person and subject are done in their order."""

    def __init__(self, store: ErrandStore, clock: Clock) -> None:
        self._store = store
        self._clock = clock
        self._tasks: dict[EventID, tuple[UserID, asyncio.Task[None]]] = {}
        self._turns: KeyedLocks[tuple[UserID, str]] = KeyedLocks()

    @asynccontextmanager
    async def working(
        self, subject: Callable[[Message], str | None], carry_out: CarryOut
    ) -> AsyncIterator[None]:
        """Go on with what was interrupted, for the time of the block; ``subject`` is of a message."""
        for message in await self._store.all():
            self._start(message, subject(message) or "", carry_out)
        try:
            yield
        finally:
            await ended(task for _, task in self._tasks.values())

    def has_room_for(self, person: UserID) -> bool:
        """Tell whether somebody may ask for one more."""
        return sum(owner == person for owner, _ in self._tasks.values()) < _MOST

    async def begin(
        self, message: Message, text: str, command: Command, carry_out: CarryOut
    ) -> None:
        """Store what is to be done, and begin with it."""
        await self._store.add(message, text)
        self._start(message, command.lane or "", carry_out)

    def _start(self, message: Message, lane: str, carry_out: CarryOut) -> None:
        if message.event not in self._tasks:
            work = self._work(message, lane, carry_out)
            task = asyncio.create_task(work, name="errand")
            self._tasks[message.event] = message.sender, task
            task.add_done_callback(lambda _: self._tasks.pop(message.event, None))

    async def _work(self, message: Message, lane: str, carry_out: CarryOut) -> None:
        async def once() -> bool:
            await carry_out(message)
            await self._store.remove(message.event)
            return False

        async with self._turns.hold((message.sender, lane)):
            await persevere(once, self._clock)
