# SPDX-License-Identifier: AGPL-3.0-or-later
"""Mentioning by @username those users who cannot be mentioned by their number."""

from bisect import bisect_right
from collections.abc import Mapping, Sequence

from attrs import evolve

from bridges.core.formatting.addresses import user_of_address
from bridges.core.formatting.styles import Kind, Span, Style
from bridges.core.ids import RemoteUserID
from bridges.telegram.formatting.links import username_address


def name_users(
    text: str, spans: Sequence[Span], usernames: Mapping[RemoteUserID, str]
) -> tuple[str, list[Span]]:
    """Replace the text of links to users in ``usernames`` by their usernames.

    Expects canonical spans; ranges that touch the text follow it, custom emoji in it are gone.
    """
    replaced: list[tuple[Span, str]] = []
    for span in spans:
        username = _username(span, usernames)
        if username:
            replaced.append((span, username))
    if not replaced:
        return text, list(spans)
    edges, moved, pieces = [0], [0], []
    length = 0
    for span, username in replaced:
        for piece, edge in ((text[edges[-1] : span.start], span.start), (f"@{username}", span.end)):
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

    renamed = []
    for span in spans:
        if span.style.kind is Kind.EMOJI and any(_meet(span, one) for one, _ in replaced):
            continue
        username = _username(span, usernames)
        style = Style(Kind.LINK, username_address(username)) if username else span.style
        renamed.append(evolve(span, start=follow(span.start), end=follow(span.end), style=style))
    return "".join(pieces), renamed


def _meet(one: Span, other: Span) -> bool:
    return one.start < other.end and other.start < one.end


def _username(span: Span, usernames: Mapping[RemoteUserID, str]) -> str | None:
    if span.style.kind is not Kind.LINK:
        return None
    user = user_of_address(span.style.argument)
    return usernames.get(user) if user else None
