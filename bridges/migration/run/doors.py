# SPDX-License-Identifier: AGPL-3.0-or-later
"""Lets the owner into rooms that are filled, a moment after their invitation."""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable

from attrs import evolve, frozen
from mautrix.types import RoomID

from bridges.migration.plan.model import PlannedRoom
from bridges.migration.run.journal import MadeRoom, Stage

SETTLING = 2.0
"""Seconds from an invitation to the owner's joining.

A client that is running hears of the invitation meanwhile, and takes the room as it is when they join: with
the end of its history. Told of both at once it shows behind the history how the room was made.
"""


@frozen
class _Filled:
    planned: PlannedRoom
    made: MadeRoom
    due: float


class Doors:
    """Opens rooms in the order they come; while some settle others are filled."""

    def __init__(
        self,
        open_room: Callable[[PlannedRoom, MadeRoom], Awaitable[None]],
        note: Callable[[MadeRoom], None],
        settling: float,
    ) -> None:
        """``settling``: seconds, 0 where nothing is silent; ``note`` is told of rooms that are open."""
        self._open_room = open_room
        self._note = note
        self._settling = settling
        self._due: dict[RoomID, float] = {}
        self._waiting: deque[_Filled] = deque()

    def invited(self, room: RoomID) -> None:
        """Note that the owner was invited to a room just now."""
        self._due[room] = _now() + self._settling

    async def add(self, planned: PlannedRoom, made: MadeRoom) -> None:
        """Take a room that is filled, and open those that are due."""
        self._waiting.append(_Filled(planned, made, self._due.pop(made.room)))
        while self._waiting and self._waiting[0].due <= _now():
            await self._open_first()

    async def open_all(self) -> None:
        """Open the others when they are due."""
        while self._waiting:
            await asyncio.sleep(self._waiting[0].due - _now())
            await self._open_first()

    async def _open_first(self) -> None:
        one = self._waiting[0]
        await self._open_room(one.planned, one.made)
        self._note(evolve(one.made, stage=Stage.OPEN))
        self._waiting.popleft()


def _now() -> float:
    """Seconds, for differences only."""
    return asyncio.get_running_loop().time()
