# SPDX-License-Identifier: AGPL-3.0-or-later
"""Converting between offsets in UTF-16 code units, as networks count, and Python's in code points."""

from bisect import bisect_left, bisect_right
from itertools import accumulate

_FIRST_OF_TWO_UNITS = 0x10000


def utf16_length(text: str) -> int:
    """Count the UTF-16 code units of a text without lone surrogates."""
    return len(text) + sum(ord(character) >= _FIRST_OF_TWO_UNITS for character in text)


class Offsets:
    """The correspondence of both kinds of offset in one text."""

    def __init__(self, text: str) -> None:
        widths = (2 if ord(character) >= _FIRST_OF_TWO_UNITS else 1 for character in text)
        self._units = list(accumulate(widths, initial=0))

    def units(self, point: int) -> int:
        """Code units before the code point at ``point``."""
        return self._units[point]

    def points(self, start: int, end: int) -> tuple[int, int]:
        """Code points covering the code units from ``start`` to ``end``.

        Out-of-range offsets are clipped; a half covered surrogate pair is covered whole.
        """
        last = len(self._units) - 1
        first = bisect_right(self._units, max(start, 0)) - 1
        if end <= start:
            return first, first
        return first, min(bisect_left(self._units, end), last)

    def furthest(self, start: int, units: int) -> int:
        """The last code point offset that is at most ``units`` code units after ``start``."""
        return bisect_right(self._units, self._units[start] + units) - 1
