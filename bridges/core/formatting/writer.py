# SPDX-License-Identifier: AGPL-3.0-or-later
"""Writing styled text as well-nested HTML (Matrix spec v1.11 §11.2.1.1, the allowed subset)."""

from collections import defaultdict
from collections.abc import Callable, Sequence
from html import escape

from bridges.core.formatting.addresses import emoji_address
from bridges.core.formatting.styles import BLOCKS, Kind, Span, Style

COLLAPSED_ATTRIBUTE = "data-karvon-collapsed"
EMOTICON_ATTRIBUTE = "data-mx-emoticon"
_LANGUAGE = ' class="language-{}"'
_EMOTICON = '<img {mark} src="{src}" alt="{alt}" title="{alt}" height="32">'
_TAGS: dict[Kind, Callable[[str], tuple[str, str]]] = {
    Kind.QUOTE: lambda _: ("<blockquote>", "</blockquote>"),
    Kind.COLLAPSED_QUOTE: lambda _: (f"<blockquote {COLLAPSED_ATTRIBUTE}>", "</blockquote>"),
    Kind.PRE: lambda language: (
        f"<pre><code{_LANGUAGE.format(escape(language)) if language else ''}>",
        "</code></pre>",
    ),
    Kind.LINK: lambda address: (f'<a href="{escape(address)}">', "</a>"),
    Kind.CODE: lambda _: ("<code>", "</code>"),
    Kind.BOLD: lambda _: ("<strong>", "</strong>"),
    Kind.ITALIC: lambda _: ("<em>", "</em>"),
    Kind.UNDERLINE: lambda _: ("<u>", "</u>"),
    Kind.STRIKE: lambda _: ("<del>", "</del>"),
    Kind.SPOILER: lambda _: ("<span data-mx-spoiler>", "</span>"),
    Kind.EMOJI: lambda _: ("", ""),
}


def to_html(text: str, spans: Sequence[Span]) -> str:
    """Write text with canonical spans as HTML.

    Overlapping spans are divided where they cross; links never are. A line break next to a quote
    or code block that the block makes by itself is left out.
    """
    starting: dict[int, list[Span]] = defaultdict(list)
    for span in spans:
        starting[span.start].append(span)
    edges = sorted({0, len(text)} | {edge for span in spans for edge in (span.start, span.end)})
    implied = _implied_breaks(text, spans)
    pieces: list[str] = []
    open_spans: list[Span] = []
    for edge, following in zip(edges, [*edges[1:], len(text)], strict=True):
        wanted = _nesting([span for span in open_spans if span.end > edge], starting[edge])
        common = _common(open_spans, wanted)
        pieces += [_tags(span.style)[1] for span in reversed(open_spans[common:])]
        pieces += [_tags(span.style)[0] for span in wanted[common:]]
        open_spans = wanted
        picture = next((span for span in open_spans if span.style.kind is Kind.EMOJI), None)
        if picture is not None:
            pieces.append(_emoticon(picture.style.argument, text[edge:following]))
            continue
        verbatim = any(span.style.kind is Kind.PRE for span in open_spans)
        pieces.append(_escaped(text, edge, following, implied, verbatim=verbatim))
    return "".join(pieces)


def _emoticon(emoji: str, shown: str) -> str:
    """An inline picture (MSC2545), which the emoji stands for where there are no pictures."""
    source = emoji_address(emoji)
    return _EMOTICON.format(mark=EMOTICON_ATTRIBUTE, src=escape(source), alt=escape(shown))


def _tags(style: Style) -> tuple[str, str]:
    return _TAGS[style.kind](style.argument)


def _nesting(still_open: list[Span], starting: list[Span]) -> list[Span]:
    """The order of tags from the outside; what crosses a starting link goes into the link."""
    added = sorted(starting, key=_outer)
    if any(span.style.kind is Kind.LINK for span in starting):
        return sorted(still_open + added, key=_outer)
    return still_open + added


def _outer(span: Span) -> tuple[bool, int, Kind]:
    return span.style.kind not in BLOCKS, -span.end, span.style.kind


def _common(one: list[Span], other: list[Span]) -> int:
    """How many outermost spans stay open."""
    count = 0
    while count < min(len(one), len(other)) and one[count] is other[count]:
        count += 1
    return count


def _implied_breaks(text: str, spans: Sequence[Span]) -> set[int]:
    """Offsets of the newlines that blocks stand for."""
    implied = set()
    for span in spans:
        if span.style.kind in BLOCKS:
            if text.startswith("\n", span.end):
                implied.add(span.end)
            before = span.start - 1
            if before >= 0 and text[before] == "\n" and text[before - 1 : before] != "\n":
                implied.add(before)
    return implied


def _escaped(text: str, start: int, end: int, implied: set[int], *, verbatim: bool) -> str:
    shown = "".join(text[at] for at in range(start, end) if at not in implied)
    escaped = escape(shown, quote=False).replace("\r", "")
    return escaped if verbatim else escaped.replace("\n", "<br>")
