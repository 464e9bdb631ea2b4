# SPDX-License-Identifier: AGPL-3.0-or-later
"""Replacing what some ranges of a text say, with all other ranges following."""

from bisect import bisect_right
from collections.abc import Callable, Sequence

from attrs import evolve

from bridges.core.formatting.styles import Kind, Span, Style

Replacement = Callable[[Span], tuple[str, Style] | None]
"""What a range shall say and look like instead, None if it stays."""


def substituted(
    text: str, spans: Sequence[Span], replacement: Replacement
) -> tuple[str, list[Span]]:
    """Replace the text of ranges that do not overlap each other.

    Expects canonical spans; ranges that touch a replaced text follow it, custom emoji in it are gone.
    """
    replaced = [(span, new) for span in spans if (new := replacement(span)) is not None]
    if not replaced:
        return text, list(spans)
    edges, moved, pieces = [0], [0], []
    length = 0
    for span, (shown, _) in replaced:
        for piece, edge in ((text[edges[-1] : span.start], span.start), (shown, span.end)):
            pieces.append(piece)
            length += len(piece)
            edges.append(edge)
            moved.append(length)
    pieces.append(text[edges[-1] :])

    def follow(at: int) -> int:
        index = bisect_right(edges, at) - 1
        inside = at - edges[index]
        following = moved[index + 1] if index + 1 < len(moved) else moved[index] + inside
        return min(moved[index] + inside, following)

    followed = []
    styles = {span: style for span, (_, style) in replaced}
    for span in spans:
        if span.style.kind is Kind.EMOJI and any(_meet(span, one) for one in styles):
            continue
        style = styles.get(span, span.style)
        followed.append(evolve(span, start=follow(span.start), end=follow(span.end), style=style))
    return "".join(pieces), followed


def _meet(one: Span, other: Span) -> bool:
    return one.start < other.end and other.start < one.end
