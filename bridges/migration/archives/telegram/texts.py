# SPDX-License-Identifier: AGPL-3.0-or-later
"""What people wrote, with its formatting.

A text is a string or a list of strings and of objects with a ``type``; newer files have the same once
more as ``text_entities``, where every piece is an object. Pieces follow each other and never nest.
"""

import re

from bridges.core.content import FormattedText
from bridges.core.formatting.addresses import (
    cleaned_address,
    safe_address,
    user_address,
    user_of_address,
)
from bridges.core.formatting.compose import plain
from bridges.core.formatting.styles import Kind, Span, Style, canonical
from bridges.core.formatting.writer import to_html
from bridges.core.ids import RemoteUserID
from bridges.migration.archives.telegram.fields import Raw, is_true, mapping, tidy, words
from bridges.migration.archives.telegram.peers import user_of
from bridges.migration.archives.telegram.surroundings import Surroundings

EMPTY = FormattedText("")

_SIMPLE = {
    "bold": Kind.BOLD,
    "italic": Kind.ITALIC,
    "underline": Kind.UNDERLINE,
    "strikethrough": Kind.STRIKE,
    "spoiler": Kind.SPOILER,
    "code": Kind.CODE,
}
_MOST_SPANS = 1000
"""Telegram allows a hundred; what is beyond in a made-up file is shown plain."""
_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:(?!\d+(?:[/?#]|$))")
_USERNAME = re.compile(r"@([A-Za-z0-9_]{1,32})")


def text_of(message: Raw, around: Surroundings) -> FormattedText:
    """The text of a message or caption; empty if there is none."""
    entities = formatted(message.get("text_entities"), around)
    return entities if entities.body else formatted(message.get("text"), around)


def formatted(found: object, around: Surroundings) -> FormattedText:
    """A text in any of its shapes; what is none of them is empty."""
    if isinstance(found, str):
        return plain(tidy(found))
    if not isinstance(found, list):
        return EMPTY
    body = ""
    spans: list[Span] = []
    for piece in found:
        covered, style = _piece(piece, around)
        if covered and style is not None and len(spans) < _MOST_SPANS:
            spans.append(Span(len(body), len(body) + len(covered), style))
        body += covered
    return _with_spans(body, spans)


def _with_spans(body: str, spans: list[Span]) -> FormattedText:
    final = canonical(body, spans)
    addresses = [span.style.argument for span in final if span.style.kind is Kind.LINK]
    return FormattedText(
        body=body,
        html=to_html(body, final) if final else None,
        mentions=frozenset(user for address in addresses if (user := user_of_address(address))),
    )


def _piece(piece: object, around: Surroundings) -> tuple[str, Style | None]:
    if isinstance(piece, str):
        return tidy(piece), None
    raw = mapping(piece)
    covered = words(raw, "text")
    kind = words(raw, "type")
    if kind == "text_link":
        return _hidden_link(covered, words(raw, "href"))
    return covered, _style(kind, covered, raw, around)


def _hidden_link(covered: str, address: str) -> tuple[str, Style | None]:
    """A link behind words; one that may not be followed is written out, so that it is not lost."""
    safe = web_address(address)
    if safe is not None:
        return covered, Style(Kind.LINK, safe)
    shown = cleaned_address(address)
    return (f"{covered} ({shown})" if shown and shown != covered else covered), None


def _style(kind: str, covered: str, raw: Raw, around: Surroundings) -> Style | None:
    if kind in _SIMPLE:
        return Style(_SIMPLE[kind])
    match kind:
        case "pre":
            return Style(Kind.PRE, "-".join(words(raw, "language").split()))
        case "blockquote":
            return Style(Kind.COLLAPSED_QUOTE if is_true(raw, "collapsed") else Kind.QUOTE)
        case "custom_emoji":
            picture = around.file(words(raw, "document_id"))
            return None if picture.path is None else Style(Kind.EMOJI, picture.path)
    address = _address(kind, covered, raw)
    return Style(Kind.LINK, address) if address else None


def _address(kind: str, covered: str, raw: Raw) -> str | None:
    match kind:
        case "link":
            return web_address(covered)
        case "email":
            return safe_address(f"mailto:{covered.strip()}")
        case "mention":
            found = _USERNAME.fullmatch(covered.strip())
            return f"https://t.me/{found[1]}" if found else None
        case "mention_name":
            user = user_of(raw)
            return user_address(RemoteUserID(user)) if user else None
    return None


def web_address(address: str) -> str | None:
    """An address that may be followed; Telegram's may lack the scheme (``example.org``)."""
    cleaned = cleaned_address(address)
    if not cleaned:
        return None
    return safe_address(cleaned if _SCHEME.match(cleaned) else f"http://{cleaned}")
