# SPDX-License-Identifier: AGPL-3.0-or-later
"""Styled ranges of a text and their canonical form, on which both directions agree."""

from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Iterable, Sequence
from enum import IntEnum

from attrs import evolve, frozen

HTML_SPACE = " \t\n\r\f"


class Kind(IntEnum):
    """What a range looks like; of two ranges alike in extent the smaller value is outside."""

    QUOTE = 0
    COLLAPSED_QUOTE = 1
    PRE = 2
    LINK = 3
    CODE = 4
    BOLD = 5
    ITALIC = 6
    UNDERLINE = 7
    STRIKE = 8
    SPOILER = 9
    EMOJI = 10


BLOCKS = frozenset({Kind.QUOTE, Kind.COLLAPSED_QUOTE, Kind.PRE})


@frozen
class Style:
    """A kind and what it needs: the language of PRE, the address of LINK, the document of EMOJI."""

    kind: Kind
    argument: str = ""


@frozen
class Span:
    """``style`` applies from code point ``start`` up to, not including, ``end``."""

    start: int
    end: int
    style: Style


def canonical(text: str, spans: Iterable[Span]) -> tuple[Span, ...]:
    """Bring ranges into the one form that networks and HTML can both express.

    Networks nest quotes in nothing, put nothing into code and no link into a link
    (https://core.telegram.org/bots/api#messageentity), so of overlapping ranges that exclude each
    other the first stays and the later one keeps what is left. Other ranges overlap freely; equal
    ones that touch become one. No range crosses the edge of a quote or code block, starts or ends
    with white space, or covers nothing else. Ranges outside the text are clipped or dropped.
    A custom emoji is one picture: it stays only where it covers no white space and no range begins
    or ends inside it.

    Returns:
        The ranges, outer before inner. ``canonical`` of the result is the result.
    """
    layers = _layers(text, spans)
    quotes = _first_wins(layers[Kind.QUOTE])
    blocks = _first_wins(layers[Kind.PRE])
    blocks = _cut(blocks, _edges(quotes))
    edges = sorted(_edges(quotes) | _edges(blocks))
    links = _without(_first_wins(layers[Kind.LINK]), blocks)
    codes = _without(_without(_united(layers[Kind.CODE]), blocks), links)
    found = quotes + blocks + _cut(links, edges) + _cut(codes, edges)
    for kind in Kind:
        if Kind.CODE < kind < Kind.EMOJI:
            free = _without(_without(_united(layers[kind]), blocks), codes)
            found += _cut(free, edges)
    trimmed = [_trimmed(text, span) for span in found]
    shown = [span for span in trimmed if _shows(text, span)]
    pictures = _whole(text, _first_wins(layers[Kind.EMOJI]), shown)
    return tuple(sorted(shown + pictures, key=outer_first))


def outer_first(span: Span) -> tuple[int, int, Kind]:
    """Sort key: by start, then the longer one, then the kind that belongs outside."""
    return span.start, -span.end, span.style.kind


def _layers(text: str, spans: Iterable[Span]) -> dict[Kind, list[Span]]:
    """The spans inside the text by kind, both sorts of quote in one, each in order."""
    layers: dict[Kind, list[Span]] = defaultdict(list)
    for span in spans:
        kind = span.style.kind
        layer = Kind.QUOTE if kind is Kind.COLLAPSED_QUOTE else kind
        inside = evolve(span, start=max(span.start, 0), end=min(span.end, len(text)))
        if kind in BLOCKS:
            inside = _trimmed(text, inside)
        if inside.start < inside.end:
            layers[layer].append(inside)
    for layer_spans in layers.values():
        layer_spans.sort(key=outer_first)
    return layers


def _trimmed(text: str, span: Span) -> Span:
    """Without newlines, and for inline styles all white space, at both ends."""
    space = "\n" if span.style.kind in BLOCKS else HTML_SPACE
    start, end = span.start, span.end
    while start < end and text[start] in space:
        start += 1
    while start < end and text[end - 1] in space:
        end -= 1
    return evolve(span, start=start, end=end)


def _shows(text: str, span: Span) -> bool:
    return bool(text[span.start : span.end].strip())


def _first_wins(spans: Sequence[Span]) -> list[Span]:
    """Make ordered spans disjoint: each starts where those before it have ended."""
    kept: list[Span] = []
    end = 0
    for span in spans:
        start = max(span.start, end)
        if start < span.end:
            kept.append(evolve(span, start=start))
            end = span.end
    return kept


def _whole(text: str, pictures: Sequence[Span], others: Sequence[Span]) -> list[Span]:
    """Those custom emoji that are not divided by white space, by other ranges or by code."""
    edges = sorted(_edges(others))
    verbatim = [span for span in others if span.style.kind in (Kind.PRE, Kind.CODE)]
    return [
        span
        for span in pictures
        if not any(character.isspace() for character in text[span.start : span.end])
        and bisect_left(edges, span.end) == bisect_right(edges, span.start)
        and not any(code.start < span.end and span.start < code.end for code in verbatim)
    ]


def _united(spans: Sequence[Span]) -> list[Span]:
    """Join ordered spans of one style that overlap or touch."""
    joined: list[Span] = []
    for span in spans:
        if joined and span.start <= joined[-1].end:
            joined[-1] = evolve(joined[-1], end=max(joined[-1].end, span.end))
        else:
            joined.append(span)
    return joined


def _without(spans: Sequence[Span], holes: Sequence[Span]) -> list[Span]:
    """Take the holes out of the spans; both are ordered and disjoint."""
    kept: list[Span] = []
    first = 0
    for span in spans:
        start = span.start
        while first < len(holes) and holes[first].end <= start:
            first += 1
        at = first
        while at < len(holes) and holes[at].start < span.end:
            if start < holes[at].start:
                kept.append(evolve(span, start=start, end=holes[at].start))
            start = holes[at].end
            at += 1
        if start < span.end:
            kept.append(evolve(span, start=start))
        first = max(first, at - 1)
    return kept


def _edges(spans: Iterable[Span]) -> set[int]:
    return {edge for span in spans for edge in (span.start, span.end)}


def _cut(spans: Sequence[Span], edges: Iterable[int]) -> list[Span]:
    """Divide ordered, disjoint spans at every edge inside them."""
    pieces = [Span(edge, edge, Style(Kind.PRE)) for edge in sorted(edges)]
    return _without(spans, pieces)
