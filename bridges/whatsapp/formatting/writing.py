# SPDX-License-Identifier: AGPL-3.0-or-later
"""Writing a text with styled ranges as WhatsApp's markup."""

import re
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable, Sequence
from heapq import heapify, heappop, heappush
from itertools import accumulate, groupby

from attrs import define, evolve, field, frozen

from bridges.core.formatting.styles import Kind, Span, outer_first
from bridges.core.formatting.whatsapp.marks import (
    AROUND_ADDRESS,
    CODE,
    FENCE,
    GAP,
    JOINT,
    MARK_OF,
    addresses,
    ends_in_address,
    needs_joint,
)

_LONGEST_SCHEME = len("https://")
_ENDS_ADDRESS = re.compile(rf"[\s{JOINT}{CODE}]")
_DOUBLE = re.compile(rf"{CODE}(?={CODE})")


@frozen
class _Sign:
    """A piece of a line: what it looks like, and what it is.

    ``opening`` and ``closing`` are delimiters, ``fixed`` is to stay as it is.
    """

    text: str
    opening: bool = False
    closing: bool = False
    fixed: bool = False

    @property
    def is_real(self) -> bool:
        return self.opening or self.closing

    @property
    def is_literal_mark(self) -> bool:
        return not self.is_real and not self.fixed and self.text in _MARKS


_MARKS = frozenset(MARK_OF.values())
_EDGE = _Sign("")
_NO_GAPS = (False, False)
_AHEAD = 16
"""How many signs are looked at to see whether an address goes on."""


def markup(text: str, spans: Sequence[Span]) -> str:
    """Write text with canonical spans."""
    blocks = [span for span in spans if span.style.kind is Kind.PRE]
    quotes = [span for span in spans if span.style.kind in (Kind.QUOTE, Kind.COLLAPSED_QUOTE)]
    alone = [one for one in blocks if not any(_holds(quote, one) for quote in quotes)]
    pieces: list[str] = []
    at = 0
    for block in alone:
        if block.start > at:
            pieces.append(_lines(text, at, block.start, spans, quotes).removesuffix("\n"))
        pieces.append(_fenced(text[block.start : block.end]))
        at = block.end + 1 if text.startswith("\n", block.end) else block.end
    if at < len(text):
        pieces.append(_lines(text, at, len(text), spans, quotes))
    return "\n".join(pieces)


def _holds(outer: Span, inner: Span) -> bool:
    return outer.start <= inner.start and inner.end <= outer.end


def _fenced(content: str) -> str:
    """Code between fences, with every fence in it broken."""
    before = JOINT if content.startswith(CODE) else ""
    after = JOINT if content.endswith(CODE) else ""
    return f"{FENCE}{before}{_DOUBLE.sub(CODE + GAP, content)}{after}{FENCE}"


def _lines(text: str, start: int, end: int, spans: Sequence[Span], quotes: Sequence[Span]) -> str:
    """The lines from ``start`` to ``end``; code blocks in quotes are lines of code."""
    lines = text[start:end].split("\n")
    starts = list(accumulate((len(one) + 1 for one in lines), initial=start))[:-1]
    inner = _by_line(lines, starts, spans)
    quoted = _quoted(lines, [bool(found) for found in _by_line(lines, starts, quotes)])
    written = [_written(line, found) for line, found in zip(lines, inner, strict=True)]
    return "\n".join(
        f"> {line}" if quote else JOINT + line if needs_joint(line) else line
        for line, quote in zip(written, quoted, strict=True)
    )


def _quoted(lines: Sequence[str], covered: Sequence[bool]) -> list[bool]:
    """Which lines are quoted: empty ones only between others."""
    quoted: list[bool] = []
    for is_covered, run in groupby(zip(covered, lines, strict=True), lambda one: one[0]):
        shown = [bool(line.strip()) for _, line in run]
        first = shown.index(True) if True in shown else len(shown)
        last = len(shown) - 1 - shown[::-1].index(True) if True in shown else -1
        quoted += [is_covered and first <= at <= last for at in range(len(shown))]
    return quoted


def _by_line(
    lines: Sequence[str], starts: Sequence[int], spans: Iterable[Span]
) -> list[list[Span]]:
    """What the spans cover of each line, counted from its start."""
    found: list[list[Span]] = [[] for _ in lines]
    for span in spans:
        index = max(bisect_right(starts, span.start) - 1, 0)
        while index < len(lines) and starts[index] < span.end:
            first, length = starts[index], len(lines[index])
            begin, end = max(span.start - first, 0), min(span.end - first, length)
            if begin <= end:
                found[index].append(evolve(span, start=begin, end=end))
            index += 1
    return found


def _written(line: str, spans: Iterable[Span]) -> str:
    return _joined(_signs(line, _nested(line, spans))).rstrip()


def _nested(line: str, spans: Iterable[Span]) -> list[Span]:
    """The ranges divided so that none crosses another's end, outer before inner."""
    pending = [(outer_first(one), one) for one in _trimmed(line, spans)]
    heapify(pending)
    nested: list[Span] = []
    around: list[Span] = []
    while pending:
        _, span = heappop(pending)
        while around and around[-1].end <= span.start:
            around.pop()
        if around and span.end > around[-1].end:
            edge = around[-1].end
            for piece in _trimmed(line, (evolve(span, end=edge), evolve(span, start=edge))):
                heappush(pending, (outer_first(piece), piece))
            continue
        nested.append(span)
        around.append(span)
    return nested


def _trimmed(line: str, spans: Iterable[Span]) -> list[Span]:
    """Those ranges that WhatsApp has marks for, without white space at their ends."""
    kept = []
    for span in spans:
        style = span.style
        if style.kind is Kind.PRE:
            style = evolve(style, kind=Kind.CODE)
        if style.kind is not Kind.LINK and style.kind not in MARK_OF:
            continue
        covered = line[span.start : span.end]
        start = span.start + len(covered) - len(covered.lstrip())
        end = start + len(covered.strip())
        if start < end:
            kept.append(Span(start, end, style))
    return kept


def _signs(line: str, spans: Sequence[Span]) -> list[_Sign]:
    opening: dict[int, list[Span]] = defaultdict(list)
    closing: dict[int, list[Span]] = defaultdict(list)
    codes: dict[int, int] = {}
    fixed = _addresses(line, spans)
    for span in spans:
        if span.style.kind is Kind.CODE:
            codes[span.start] = span.end
        elif span.style.kind is Kind.LINK:
            fixed[span.start] = span.end
        else:
            opening[span.start].append(span)
            closing[span.end].insert(0, span)
    signs: list[_Sign] = []
    at = 0
    while at <= len(line):
        signs += [_Sign(MARK_OF[one.style.kind], closing=True) for one in closing[at]]
        signs += [_Sign(MARK_OF[one.style.kind], opening=True) for one in opening[at]]
        if at in codes:
            signs += _code(line[at : codes[at]])
            at = codes[at]
        elif at in fixed:
            signs.append(_Sign(line[at : fixed[at]], fixed=True))
            at = fixed[at]
        else:
            signs += [_Sign(line[at])] if at < len(line) else []
            at += 1
    return signs


def _addresses(line: str, spans: Iterable[Span]) -> dict[int, int]:
    """Where web addresses start and end; one that a range begins or ends in is cut there."""
    edges = sorted({edge for span in spans for edge in (span.start, span.end)})
    found: dict[int, int] = {}
    for start, end in addresses(line):
        index = bisect_right(edges, start)
        cut = edges[index] if index < len(edges) and edges[index] < end else end
        for _, length in addresses(line[start:cut]):
            found[start] = start + length
    return found


def _code(content: str) -> list[_Sign]:
    """Code in a line; with a backtick in it, it needs fences, which must not stand alone in a line."""
    inner = _Sign(content, fixed=True)
    if CODE not in content:
        return [_Sign(CODE, opening=True), inner, _Sign(CODE, closing=True)]
    return [_Sign(JOINT, fixed=True), _Sign(_fenced(content), fixed=True)]


def _joined(signs: Sequence[_Sign]) -> str:
    """The line, with gaps that keep literal marks from being delimiters, and joints that let ours be."""
    risky = _risky(signs)
    line = _Written()
    for index, sign in enumerate(signs):
        before = signs[index - 1] if index else _EDGE
        after = signs[index + 1] if index + 1 < len(signs) else _EDGE
        gap_before, gap_after = risky.get(index, _NO_GAPS)
        if sign.is_real:
            following = GAP if risky.get(index + 1, _NO_GAPS)[0] else after.text[:1]
            line.add_real(sign, following, ends_word=_ends_word(signs[index + 1 : index + _AHEAD]))
            continue
        if gap_before and line.last != GAP:
            line.add(GAP)
        elif sign.fixed and before.text.endswith(CODE) and sign.text.startswith(FENCE):
            line.add(JOINT)
        line.add(sign.text)
        if gap_after:
            line.add(GAP)
    return "".join(line.pieces)


def _ends_word(following: Sequence[_Sign]) -> bool:
    """Whether only signs that no address ends with come before a space or the end."""
    for sign in following:
        if not sign.text.strip():
            return True
        if sign.fixed or not set(sign.text) <= AROUND_ADDRESS:
            return False
    return len(following) < _AHEAD - 1


@define
class _Written:
    """A line as far as it is written."""

    pieces: list[str] = field(factory=list)
    last: str = ""
    _tail: str = ""
    _in_address: bool = False

    def add(self, text: str) -> None:
        self.pieces.append(text)
        self.last = text[-1:] or self.last
        self._tail = (self._tail + text)[-len(text) - _LONGEST_SCHEME :]
        self._in_address = ends_in_address(self._tail) or (
            self._in_address and not _ENDS_ADDRESS.search(text)
        )

    def add_real(self, sign: _Sign, following: str, *, ends_word: bool) -> None:
        """Add a delimiter; a joint sets it apart from what would make it something else.

        ``ends_word``: nothing follows it in its word that could be a part of an address.
        """
        mark = sign.text
        is_loose = self.last.isalnum() if sign.opening else self.last.isspace()
        in_address = self._in_address and mark != CODE and not (sign.closing and ends_word)
        if is_loose or self.last == mark or in_address:
            self.add(JOINT)
        self.add(mark)
        is_loose = following.isalnum() if sign.closing else following.isspace()
        if is_loose or following == mark:
            self.add(JOINT)


@frozen
class _Suspect:
    """A literal mark that might be a delimiter, and on which sides gaps would make it none."""

    index: int
    opening: bool
    closing: bool
    gaps: tuple[bool, bool]


def _risky(signs: Sequence[_Sign]) -> dict[int, tuple[bool, bool]]:
    """Literal marks that would be taken for delimiters: whether they need a gap before and after."""
    could: dict[str, list[_Suspect]] = defaultdict(list)
    real = {sign.text for sign in signs if sign.is_real}
    runs = _run_lengths(signs)
    for index, sign in enumerate(signs):
        if not sign.is_literal_mark:
            continue
        before = signs[index - 1] if index else _EDGE
        after = signs[index + 1] if index + 1 < len(signs) else _EDGE
        run = runs[index]
        if run == 2 or (run > 2 and sign.text != CODE):
            continue
        left, right = before.text[-1:], after.text[:1]
        clings_left, clings_right = left.strip() != "", right.strip() != ""
        opening = clings_right and not left.isalnum()
        closing = clings_left and not right.isalnum()
        if run > 2 or opening or closing:
            could[sign.text].append(_Suspect(index, opening, closing, (clings_left, clings_right)))
    risky: dict[int, tuple[bool, bool]] = {}
    for mark, found in could.items():
        openers = [one.index for one in found if one.opening]
        closers = [one.index for one in found if one.closing]
        if mark in real or mark == CODE:
            risky |= {one.index: one.gaps for one in found}
        elif openers and closers and openers[0] < closers[-1]:
            # Without one of ours in the line nothing can be ended that was not begun.
            risky |= {one.index: (False, True) for one in found if one.opening}
    return risky


def _run_lengths(signs: Sequence[_Sign]) -> list[int]:
    """For each sign, how many equal ones stand together with it."""
    lengths: list[int] = []
    for _, run in groupby(signs):
        length = len(list(run))
        lengths += [length] * length
    return lengths
