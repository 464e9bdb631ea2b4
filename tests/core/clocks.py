# SPDX-License-Identifier: AGPL-3.0-or-later
"""A clock that needs no time."""

import asyncio
from datetime import UTC, datetime, timedelta


class QuickClock:
    """Waiting lets others run and moves the time; what was waited for is kept in ``waits``."""

    def __init__(self) -> None:
        self.waits: list[float] = []
        self._now = datetime(2030, 1, 1, tzinfo=UTC)

    def now(self) -> datetime:
        """The time."""
        return self._now

    async def sleep(self, seconds: float) -> None:
        """Wait."""
        self.waits.append(seconds)
        self._now += timedelta(seconds=seconds)
        await asyncio.sleep(0)
