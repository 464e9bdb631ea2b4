# SPDX-License-Identifier: AGPL-3.0-or-later
"""The time of day inside the sandbox network, which tests may move forward."""

import time
from collections.abc import Callable
from datetime import UTC, datetime


class Clock:
    """Real time plus an offset; only the network's rules look here, never the wire protocol."""

    def __init__(self, source: Callable[[], float] = time.time) -> None:
        self._source = source
        self._offset = 0.0

    def __call__(self) -> float:
        """Return seconds since 1970."""
        return self._source() + self._offset

    def seconds(self) -> int:
        """Return whole seconds since 1970, as dates travel in TL."""
        return int(self())

    def moment(self) -> datetime:
        """Return the time as TL objects want it."""
        return datetime.fromtimestamp(self.seconds(), UTC)

    def advance(self, seconds: float) -> None:
        """Move the time forward."""
        self._offset += seconds


def moment(seconds: float) -> datetime:
    """Convert seconds since 1970 to what TL objects want."""
    return datetime.fromtimestamp(int(seconds), UTC)
