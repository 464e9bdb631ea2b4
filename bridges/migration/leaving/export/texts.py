# SPDX-License-Identifier: AGPL-3.0-or-later
"""Formatted texts as Telegram's exports have them: pieces that follow each other and never nest; pure."""

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

from attrs import frozen

from bridges.core.content import FormattedText
from bridges.core.formatting.addresses import emoji_of_address, safe_address, user_of_address
from bridges.core.formatting.reader import read_html
from bridges.core.formatting.styles import Kind, Span, Style, canonical

Json = dict[str, Any]

_NAMES = {
    Kind.BOLD: "bold",
    Kind.ITALIC: "italic",
    Kind.UNDERLINE: "underline",
    Kind.STRIKE: "strikethrough",
    Kind.SPOILER: "spoiler",
    Kind.CODE: "code",
}
_RANKS = {
    kind: rank
    for rank, kind in enumerate(
        (Kind.EMOJI, Kind.LINK, Kind.PRE, Kind.CODE, Kind.SPOILER, Kind.QUOTE, Kind.COLLAPSED_QUOTE)
    )
}
"""Of styles that lie over each other the first of these is told: what carries more than looks."""


def pieces_of(text: FormattedText) -> list[Json]:
    """Give a text, whose addresses are neutral, as ``text_entities``; empty if there is none."""
    if text.html is None:
        return [{"type": "plain", "text": text.body}] if text.body else []
    body, spans = read_html(text.html, _Dialect())
    return pieces(body, canonical(body, spans))


def pieces(body: str, spans: Sequence[Span]) -> list[Json]:
    """Give a text with canonical spans; of overlapping ones each piece has the weightiest."""
    edges = sorted({0, len(body)} | {edge for one in spans for edge in (one.start, one.end)})
    found: list[Json] = []
    last: Style | None = None
    for start, end in pairwise(edges):
        over = [one for one in spans if one.start <= start and end <= one.end]
        style = min((one.style for one in over), key=_weight, default=None)
        if found and style == last:
            found[-1]["text"] += body[start:end]
        else:
            found.append({"type": "plain", "text": body[start:end]})
        last = style
        if style is not None:
            found[-1] |= _described(style, found[-1]["text"])
    return found


def plain_form(found: list[Json]) -> str | list[str | Json]:
    """Give the older form of the same text, which is a string where nothing is formatted."""
    if all(one["type"] == "plain" for one in found):
        return "".join(one["text"] for one in found)
    return [one["text"] if one["type"] == "plain" else one for one in found]


def _weight(style: Style) -> tuple[int, int]:
    return _RANKS.get(style.kind, len(_RANKS)), style.kind


def _described(style: Style, covered: str) -> Json:
    match style.kind:
        case Kind.LINK:
            return _link(style.argument, covered)
        case Kind.PRE:
            return {"type": "pre", "language": style.argument}
        case Kind.QUOTE:
            return {"type": "blockquote", "collapsed": False}
        case Kind.COLLAPSED_QUOTE:
            return {"type": "blockquote", "collapsed": True}
        case Kind.EMOJI:
            return {"type": "custom_emoji", "document_id": style.argument}
    return {"type": _NAMES[style.kind]}


def _link(address: str, covered: str) -> Json:
    user = user_of_address(address)
    if user is not None:
        return {"type": "mention_name", "user_id": int(user.removeprefix("user"))}
    if address == covered:
        return {"type": "link"}
    return {"type": "text_link", "href": address}


@frozen
class _Dialect:
    """What exports can hold."""

    bullet: str = "•"

    def link(self, address: str) -> str | None:
        """Keep addresses that may be followed, and people."""
        return address if user_of_address(address) else safe_address(address)

    def hidden(self, address: str, covered: str) -> str | None:
        """Leave nothing out: an address is kept beside its words."""
        return None

    def emoji(self, source: str) -> str | None:
        """Keep pictures that are in the export."""
        return emoji_of_address(source)
