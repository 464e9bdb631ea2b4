# SPDX-License-Identifier: AGPL-3.0-or-later
"""Requests of one number, evenly spread."""

from datetime import datetime, timedelta

from bridges.core.clock import Clock


class Pace:
    """Gives out turns, at most ``per_second`` of them; who asks first goes first."""

    def __init__(self, clock: Clock, per_second: float) -> None:
        self._clock = clock
        self._between = timedelta(seconds=1 / per_second)
        self._next: datetime | None = None

    async def turn(self) -> None:
        """Wait for the next turn."""
        now = self._clock.now()
        turn = now if self._next is None else max(now, self._next)
        self._next = turn + self._between
        if turn > now:
            await self._clock.sleep((turn - now).total_seconds())
