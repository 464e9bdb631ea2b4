# SPDX-License-Identifier: AGPL-3.0-or-later
"""A clock that does not go back: expired permissions must not come back with a wrong clock."""

from collections.abc import Callable

from attrs import define

TOLERANCE = 60.0
"""Seconds a clock may be set back without a word, as time synchronisation does."""


@define
class ForwardClock:
    """Seconds since 1970, never less than before.

    ``latest`` is the time to begin with, from before a restart; ``went_back`` is told, once each
    time, by how many seconds the clock beneath is behind.
    """

    _clock: Callable[[], float]
    _went_back: Callable[[float], None]
    latest: float = 0.0
    _told: bool = False

    def __call__(self) -> float:
        """Give the time."""
        now = self._clock()
        if now >= self.latest:
            self.latest, self._told = now, False
        elif self.latest - now > TOLERANCE and not self._told:
            self._told = True
            self._went_back(self.latest - now)
        return self.latest
