# SPDX-License-Identifier: AGPL-3.0-or-later
"""Whether something grows with the age of a process: a regression line over all lives of it."""

from collections.abc import Iterable, Mapping, Sequence
from statistics import fmean

from attrs import frozen

PERIOD = 600.0
"""Seconds over which growth is told."""
_WINDOW = 60.0
"""Seconds of which the least value counts: connections come and go, what is lost stays."""


@frozen
class Sample:
    """A value at a time in seconds."""

    at: float
    value: float


@frozen
class Judged:
    """How much something grows.

    Attributes:
        slope: units in `PERIOD`, None if no life was long enough to say.
        watched: seconds of all lives together that count.
        level: mean value.
        highest: the greatest value of all.
    """

    slope: float | None
    watched: float
    level: float
    highest: float

    def exceeds(self, tolerance: float) -> bool:
        """Whether it grows by more than that in `PERIOD`."""
        return self.slope is not None and self.slope > tolerance


def judged(lives: Iterable[Sequence[Sample]], *, since: float, warm_up: float) -> Judged:
    """How much a value grows with the age of the process that has it.

    A process that dies begins anew, so each life has a level of its own, and the slope is the one that fits
    all of them best (least squares with an intercept for each life), through the least values of each minute.

    Args:
        lives: samples in the order of time, of each process that has played the part.
        since: samples before this time do not count.
        warm_up: seconds of each life that do not count: code is loaded, caches fill.
    """
    seen = [list(life) for life in lives]
    counted = [
        [one for one in life if one.at >= max(since, life[0].at + warm_up)] for life in seen if life
    ]
    counted = [_least(life) for life in counted if len(life) > 1]
    every = [one.value for life in seen for one in life]
    level, highest = (fmean(every), max(every)) if every else (0.0, 0.0)
    watched = sum(life[-1].at - life[0].at for life in counted)
    if max((life[-1].at - life[0].at for life in counted), default=0.0) < warm_up:
        return Judged(None, watched, level, highest)
    above, below = 0.0, 0.0
    for life in counted:
        middle, mean = fmean(one.at for one in life), fmean(one.value for one in life)
        above += sum((one.at - middle) * (one.value - mean) for one in life)
        below += sum((one.at - middle) ** 2 for one in life)
    return Judged(above / below * PERIOD, watched, level, highest)


def _least(life: Sequence[Sample]) -> list[Sample]:
    """The least value of each window."""
    windows: dict[int, list[Sample]] = {}
    for one in life:
        windows.setdefault(int((one.at - life[0].at) / _WINDOW), []).append(one)
    return [min(window, key=lambda one: one.value) for window in windows.values()]


def growing(verdicts: Mapping[str, Judged], tolerances: Mapping[str, float]) -> list[str]:
    """What grows by more than it may, as lines for people.

    What has no tolerance of its own has that of its kind, the last word of its name.
    """
    found = []
    for name, verdict in verdicts.items():
        tolerance = tolerances.get(name, tolerances[name.rpartition(" ")[2]])
        if verdict.exceeds(tolerance):
            found.append(
                f"{name} grows by {verdict.slope:.1f} in ten minutes (tolerated: {tolerance:g}), "
                f"from about {verdict.level:.0f}"
            )
    return found
