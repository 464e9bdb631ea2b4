# SPDX-License-Identifier: AGPL-3.0-or-later
"""Dividing a long text into messages that a network accepts."""

from bisect import bisect_left
from collections.abc import Sequence

from attrs import evolve

from bridges.core.formatting.graphemes import last_boundary
from bridges.core.formatting.styles import Kind, Span
from bridges.core.formatting.utf16 import Offsets

_BREAKS = ("\n\n", "\n", " ")


def ranges(text: str, spans: Sequence[Span], max_length: int) -> list[tuple[int, int]]:
    """Where each message starts and ends, in code points.

    The limit is in UTF-16 code units. Networks state it in "characters" without saying which;
    a count in UTF-16 is at least as large as any other, so it is never exceeded. Cuts are made
    after a paragraph, else a line, else a word, outside of links where possible, else between
    two visible characters. No message starts or ends with white space, because networks remove
    it; nothing else is left out.
    """
    offsets = Offsets(text)
    links = sorted((span.start, span.end) for span in spans if span.style.kind is Kind.LINK)
    parts = []
    start = _skip_space(text, 0)
    while start < len(text):
        end = offsets.furthest(start, max_length)
        if end < len(text):
            end = _cut_at(text, links, start, end)
        parts.append((start, start + len(text[start:end].rstrip())))
        start = _skip_space(text, end)
    return parts


def spans_in(spans: Sequence[Span], start: int, end: int) -> list[Span]:
    """What the spans cover of one part, counted from its start; half a custom emoji is none."""
    return [
        evolve(span, start=max(span.start, start) - start, end=min(span.end, end) - start)
        for span in spans
        if span.start < end
        and span.end > start
        and (span.style.kind is not Kind.EMOJI or start <= span.start < span.end <= end)
    ]


def _skip_space(text: str, at: int) -> int:
    while at < len(text) and text[at].isspace():
        at += 1
    return at


def _cut_at(text: str, links: Sequence[tuple[int, int]], start: int, end: int) -> int:
    """The best place in (``start``, ``end``]; paragraphs and lines only if most of it is used."""
    for separator in _BREAKS:
        least = start + 1 if separator == " " else start + (end - start) // 2
        at = text.rfind(separator, least, end + len(separator))
        while at >= least and (link := _link_around(links, at)):
            at = text.rfind(separator, least, link[0] + len(separator))
        if at >= least:
            return at
    return last_boundary(text, start, end)


def _link_around(links: Sequence[tuple[int, int]], at: int) -> tuple[int, int] | None:
    index = bisect_left(links, (at, 0)) - 1
    return links[index] if index >= 0 and at < links[index][1] else None
