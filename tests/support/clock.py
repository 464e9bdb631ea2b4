# SPDX-License-Identifier: AGPL-3.0-or-later
"""A clock for tests that have no time to wait."""

import asyncio
from datetime import UTC, datetime


class HastyClock:
    """Tells the true time, but sleeps only a fraction of what it is asked to.

    See `bridges.core.clock.Clock`.
    """

    def __init__(self, haste: float) -> None:
        self._haste = haste

    def now(self) -> datetime:
        """The wall clock time, timezone-aware, in UTC."""
        return datetime.now(UTC)

    async def sleep(self, seconds: float) -> None:
        """Wait a fraction of this."""
        await asyncio.sleep(seconds / self._haste)
