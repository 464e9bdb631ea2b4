# SPDX-License-Identifier: AGPL-3.0-or-later
"""How long to wait before a part that ended is started again."""

from attrs import frozen


@frozen
class Backoff:
    """Exponential back-off with jitter; all times in seconds."""

    initial: float
    longest: float
    healthy_after: float = 60
    """A part that was ready for so long begins again at ``initial``."""

    def delay(self, failures: int, random: float) -> float:
        """Give the wait after ``failures`` ends in a row (1 or more).

        ``random`` in [0, 1) takes away up to a quarter, so that parts do not start in step.
        """
        # By 32 doublings every configurable `longest` is reached; many more would overflow.
        full = min(self.longest, self.initial * 2.0 ** min(failures - 1, 32))
        return full * (1 - random / 4)

    def failures(self, before: int, ready_for: float) -> int:
        """Count one more end of a part that had been ready for ``ready_for`` seconds."""
        return 1 if ready_for >= self.healthy_after else before + 1
