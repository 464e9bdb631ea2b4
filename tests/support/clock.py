# SPDX-License-Identifier: AGPL-3.0-or-later
"""A clock for tests that have no time to wait."""

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

_LOOKS_EVERY = 0.05


class HastyClock:
    """Tells the true time, or one that is later, but sleeps only a fraction of what it is asked to.

    Attributes:
        ahead: how much later.

    See `bridges.core.clock.Clock`.
    """

    def __init__(self, haste: float) -> None:
        self._haste = haste
        self.ahead = timedelta()

    def now(self) -> datetime:
        """The wall clock time, timezone-aware, in UTC."""
        return datetime.now(UTC) + self.ahead

    async def sleep(self, seconds: float) -> None:
        """Wait a fraction of this."""
        await asyncio.sleep(seconds / self._haste)


class RacingClock:
    """A clock that can be made to run faster for a while, for everybody who looks at it.

    Args:
        source: seconds that pass evenly.

    Attributes:
        rate: seconds that pass here in one of the source's.

    See `bridges.core.clock.Clock`.
    """

    def __init__(self, source: Callable[[], float]) -> None:
        self._source = source
        self._since = source()
        self._moment = datetime.now(UTC)
        self._rate = 1.0

    @property
    def rate(self) -> float:
        """See the class."""
        return self._rate

    @rate.setter
    def rate(self, rate: float) -> None:
        self._moment, self._since = self.now(), self._source()
        self._rate = rate

    def now(self) -> datetime:
        """The time here, in UTC."""
        return self._moment + timedelta(seconds=(self._source() - self._since) * self._rate)

    async def sleep(self, seconds: float) -> None:
        """Wait until so much time has passed here."""
        end = self.now() + timedelta(seconds=seconds)
        while (left := (end - self.now()).total_seconds()) > 0:  # noqa: ASYNC110 - the rate changes
            await asyncio.sleep(min(left / self._rate, _LOOKS_EVERY))
