# SPDX-License-Identifier: AGPL-3.0-or-later
"""Reading one line of WhatsApp's markup as text with styled ranges."""

import re
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Callable

from attrs import define, field, frozen

from bridges.core.formatting.styles import Kind, Span, Style
from bridges.core.formatting.whatsapp.marks import (
    CODE,
    FENCE,
    GAP,
    JOINT,
    KIND_OF,
    addresses,
    closes,
    opens,
    without_signs,
)

_FENCED = re.compile(rf"{FENCE}(.+?){FENCE}")
_MENTION = re.compile(r"@([0-9]+)(?![0-9])")
_DELIMITER = re.compile(f"[{''.join(map(re.escape, KIND_OF))}]")
_GAP_IN_CODE = re.compile(rf"(?<={CODE}){GAP}|{GAP}(?={CODE})")


@frozen
class Mention:
    """Somebody who is mentioned: what is shown, and their neutral address."""

    shown: str
    address: str


MentionOf = Callable[[str], Mention | None]
"""Finds who is meant by the digits behind an at sign, None if they are just digits."""


def nobody(_digits: str) -> Mention | None:
    """For texts that mention nobody."""
    return None


def code_text(content: str) -> str:
    """What code says, without the signs that keep its delimiters apart."""
    inner = content.removeprefix(JOINT) if content.startswith(JOINT + CODE) else content
    inner = inner.removesuffix(JOINT) if inner.endswith(CODE + JOINT) else inner
    return without_signs(_GAP_IN_CODE.sub("", inner))


def read_line(line: str, mention_of: MentionOf = nobody) -> tuple[str, list[Span]]:
    """Read a line; what is no markup stays as it is. Takes n log n time."""
    reading = _Reading(line)
    reading.find_code()
    reading.find_atoms(mention_of)
    reading.find_pairs()
    return reading.result()


@define
class _Reading:
    line: str
    atoms: dict[int, tuple[int, str, Style | None]] = field(factory=dict)
    """What is taken as it is: by start its end, its text and how it looks."""
    pairs: list[tuple[int, int]] = field(factory=list)
    taken: bytearray = field(factory=bytearray)
    """Which characters are in atoms."""

    def __attrs_post_init__(self) -> None:
        self.taken = bytearray(len(self.line))

    def find_code(self) -> None:
        for found in _FENCED.finditer(self.line):
            self._atom(found.start(), found.end(), code_text(found[1]), Style(Kind.CODE))
        openers, closers = self._delimiters()
        at = 0
        for opener in openers[CODE]:
            end = _next(closers[CODE], opener) if opener >= at else None
            if end is not None and self._is_free(opener, end + 1):
                content = code_text(self.line[opener + 1 : end])
                self._atom(opener, end + 1, content, Style(Kind.CODE))
                at = end + 1

    def find_atoms(self, mention_of: MentionOf) -> None:
        for start, end in addresses(self.line):
            if self._is_free(start, end):
                self._atom(start, end, self.line[start:end], None)
        for found in _MENTION.finditer(self.line):
            mention = mention_of(found[1]) if self._is_free(found.start(), found.end()) else None
            if mention is not None:
                style = Style(Kind.LINK, mention.address)
                self._atom(found.start(), found.end(), mention.shown, style)

    def find_pairs(self) -> None:
        openers, closers = self._delimiters()
        starts = sorted(
            (opener, mark) for mark in openers if mark != CODE for opener in openers[mark]
        )
        # A pair holds no delimiter that could have ended it sooner, so ranges nest three deep at most.
        bounds = [(-1, len(self.line))]
        for opener, mark in starts:
            while opener > bounds[-1][1]:
                bounds.pop()
            if opener == bounds[-1][1]:
                continue
            end = _next(closers[mark], opener)
            if end is not None and end < bounds[-1][1]:
                self.pairs.append((opener, end))
                bounds.append((opener, end))

    def result(self) -> tuple[str, list[Span]]:
        real = {at for pair in self.pairs for at in pair}
        dropped = real | self._signs(real)
        pieces: list[str] = []
        spans: list[Span] = []
        places: dict[int, int] = {}
        length = at = 0
        while at < len(self.line):
            places[at] = length
            if at in self.atoms:
                end, shown, style = self.atoms[at]
                if style is not None:
                    spans.append(Span(length, length + len(shown), style))
                pieces.append(shown)
                length += len(shown)
                at = end
                continue
            if at not in dropped:
                pieces.append(without_signs(self.line[at]))
                length += 1
            at += 1
        spans += [
            Span(places[start], places[end], Style(KIND_OF[self.line[start]]))
            for start, end in self.pairs
        ]
        return "".join(pieces), spans

    def _signs(self, real: set[int]) -> set[int]:
        """Where invisible characters stand that are ours."""
        joined = {at for mark in real for at in (mark - 1, mark + 1)}
        for start, (end, _, style) in self.atoms.items():
            if style is not None and style.kind is Kind.CODE:
                joined |= {start - 1, end}
        apart = {at for mark in self._free() if mark not in real for at in (mark - 1, mark + 1)}
        return {at for at in joined if self._at(at) == JOINT} | {
            at for at in apart if self._at(at) == GAP
        }

    def _delimiters(self) -> tuple[dict[str, list[int]], dict[str, list[int]]]:
        openers: dict[str, list[int]] = defaultdict(list)
        closers: dict[str, list[int]] = defaultdict(list)
        for at in self._free():
            mark, before, after = self.line[at], self._at(at - 1), self._at(at + 1)
            if opens(mark, before, after):
                openers[mark].append(at)
            if closes(mark, before, after):
                closers[mark].append(at)
        return openers, closers

    def _free(self) -> list[int]:
        """Where delimiters stand that are in no atom."""
        found = _DELIMITER.finditer(self.line)
        return [one.start() for one in found if not self.taken[one.start()]]

    def _atom(self, start: int, end: int, shown: str, style: Style | None) -> None:
        self.atoms[start] = (end, shown, style)
        self.taken[start:end] = b"\1" * (end - start)

    def _is_free(self, start: int, end: int) -> bool:
        return self.taken.find(1, start, end) < 0

    def _at(self, at: int) -> str:
        return self.line[at] if 0 <= at < len(self.line) else ""


def _next(closers: list[int], opener: int) -> int | None:
    """The first closer with something between."""
    index = bisect_right(closers, opener + 1)
    return closers[index] if index < len(closers) else None
