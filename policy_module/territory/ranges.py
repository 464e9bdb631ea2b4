# SPDX-License-Identifier: AGPL-3.0-or-later
"""Ranges of whole numbers with a rule each, merged once and then found by bisection."""

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from heapq import heappop, heappush
from itertools import pairwise

from attrs import frozen


@frozen(slots=True)
class Range:
    """The numbers from ``first`` to ``last``, both included, and the rule that says so.

    ``rule`` is ``None`` for numbers that belong to nobody, whatever ranges of lower precedence say.
    """

    first: int
    last: int
    rule: str | None


@frozen
class RangeTable:
    """Disjoint ranges in order; made by :meth:`build`."""

    _firsts: tuple[int, ...] = ()
    _lasts: tuple[int, ...] = ()
    _rules: tuple[str, ...] = ()

    @classmethod
    def build(cls, ranges: Sequence[Range]) -> "RangeTable":
        """Merge ranges; where several hold a number, the first in the sequence gives the rule.

        Takes O(n log n) for n ranges.
        """
        pieces = list(_joined(_pieces(ranges)))
        return cls(
            tuple(piece.first for piece in pieces),
            tuple(piece.last for piece in pieces),
            tuple(piece.rule or "" for piece in pieces),
        )

    def find(self, value: int) -> str | None:
        """Give the rule of the range that holds ``value``."""
        index = bisect_right(self._firsts, value) - 1
        if index < 0 or value > self._lasts[index]:
            return None
        return self._rules[index]

    def spans(self) -> Iterator[tuple[int, int]]:
        """Give first and last number of each stretch, whatever its rules."""
        start: int | None = None
        end = -1
        for first, last in zip(self._firsts, self._lasts, strict=True):
            if start is None:
                start = first
            elif first != end + 1:
                yield start, end
                start = first
            end = last
        if start is not None:
            yield start, end

    def __len__(self) -> int:
        return len(self._firsts)


def _pieces(ranges: Sequence[Range]) -> Iterator[Range]:
    """Cut at every border, and give each piece the rule of highest precedence.

    Sweeps over the borders; the heap holds the ranges that have begun, best first, and those that
    have ended until they come to its top.
    """
    borders = sorted({border for one in ranges for border in (one.first, one.last + 1)})
    waiting = sorted(range(len(ranges)), key=lambda index: -ranges[index].first)
    begun: list[int] = []
    for here, following in pairwise(borders):
        while waiting and ranges[waiting[-1]].first == here:
            heappush(begun, waiting.pop())
        while begun and ranges[begun[0]].last < here:
            heappop(begun)
        if begun:
            yield Range(here, following - 1, ranges[begun[0]].rule)


def _joined(pieces: Iterable[Range]) -> Iterator[Range]:
    """Join neighbours of one rule and leave out what belongs to nobody."""
    held: Range | None = None
    for piece in pieces:
        if held is not None and held.rule == piece.rule and held.last + 1 == piece.first:
            held = Range(held.first, piece.last, held.rule)
            continue
        if held is not None and held.rule is not None:
            yield held
        held = piece
    if held is not None and held.rule is not None:
        yield held
