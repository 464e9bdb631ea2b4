# SPDX-License-Identifier: AGPL-3.0-or-later
"""How often may be asked about one person."""

from collections import Counter
from datetime import datetime, timedelta

from bridges.core.clock import Clock


class Quota:
    """Counts in windows of fixed length; what was counted is forgotten with the window."""

    def __init__(self, clock: Clock, at_most: int, window: timedelta) -> None:
        self._clock = clock
        self._at_most = at_most
        self._window = window
        self._ends: datetime | None = None
        self._counts: Counter[str] = Counter()

    def wait(self, whom: str) -> float | None:
        """Count a question; None if it may be asked, else the seconds after which it may."""
        now = self._clock.now()
        if self._ends is None or now >= self._ends:
            self._ends = now + self._window
            self._counts.clear()
        if self._counts[whom] >= self._at_most:
            return (self._ends - now).total_seconds()
        self._counts[whom] += 1
        return None
