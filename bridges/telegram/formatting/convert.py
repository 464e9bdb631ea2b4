# SPDX-License-Identifier: AGPL-3.0-or-later
"""Text with entities to and from Matrix custom HTML."""

from collections.abc import Sequence

from attrs import frozen
from telethon.tl.types import TypeMessageEntity

from bridges.core.content import FormattedText
from bridges.core.formatting.addresses import user_of_address
from bridges.core.formatting.reader import read_html
from bridges.core.formatting.split import ranges, spans_in
from bridges.core.formatting.styles import Kind, Span, canonical
from bridges.core.formatting.writer import to_html
from bridges.core.sanitize import clean_text
from bridges.telegram.formatting.entities import entities_of, hidden_address, spans_of
from bridges.telegram.formatting.links import Links, document_of_address
from bridges.telegram.formatting.mentions import name_users

MAX_TEXT = 4096
"""Longest text of a message, in UTF-16 code units."""

_NOTHING_KNOWN = Links()


@frozen
class _Dialect:
    """What Telegram can show of a Matrix text."""

    links: Links
    bullet: str = "•"

    def link(self, address: str) -> str | None:
        return self.links.resolve(address)

    def hidden(self, address: str, covered: str) -> str | None:
        return hidden_address(address, covered)

    def emoji(self, source: str) -> str | None:
        return document_of_address(source)


@frozen
class TelegramText:
    """The text of one Telegram message; entity offsets are in UTF-16 code units."""

    text: str
    entities: tuple[TypeMessageEntity, ...] = ()


def to_matrix(
    text: str, entities: Sequence[TypeMessageEntity], *, links: Links = _NOTHING_KNOWN
) -> FormattedText:
    """Turn a Telegram text into what Matrix clients show.

    Anything may come in: entities that overlap, lie outside the text or have no length, and
    markup in the text, which appears literally. Mentions of users become ``karvon:user/ID``.
    ``body`` is the whole text, spoilers included, for clients that show no HTML.
    """
    body = clean_text(text)
    spans = canonical(body, spans_of(body, entities, links))
    addresses = [span.style.argument for span in spans if span.style.kind is Kind.LINK]
    return FormattedText(
        body=body,
        html=to_html(body, spans) if spans else None,
        mentions=frozenset(user for address in addresses if (user := user_of_address(address))),
    )


def from_matrix(
    formatted: FormattedText,
    *,
    max_length: int = MAX_TEXT,
    links: Links = _NOTHING_KNOWN,
    custom_emoji: bool = True,
) -> list[TelegramText]:
    """Turn a Matrix text into one or more Telegram messages, in order.

    Args:
        formatted: HTML, in whatever shape, or a body only.
        max_length: Longest text of one message in UTF-16 code units; captions allow less.
        links: How users and messages are linked.
        custom_emoji: Whether the account may send them (Telegram Premium); else they are what they
            stand for.

    Returns:
        The messages, none longer than ``max_length``; none at all if nothing is visible.

    Raises:
        ValueError: ``max_length`` is less than 2, the length of one emoji.
    """
    if max_length < 2:
        raise ValueError(f"max_length must be at least 2, the length of an emoji, not {max_length}")
    text, spans = _read(formatted, links)
    if not custom_emoji:
        spans = [span for span in spans if span.style.kind is not Kind.EMOJI]
    text, renamed = name_users(text, canonical(text, spans), links.usernames)
    final = canonical(text, renamed)
    return [
        TelegramText(text[start:end], _entities_in(text, final, start, end))
        for start, end in ranges(text, final, max_length)
    ]


def _read(formatted: FormattedText, links: Links) -> tuple[str, list[Span]]:
    """The text of the HTML or, if that shows nothing, the body."""
    if formatted.html is not None:
        text, spans = read_html(clean_text(formatted.html), _Dialect(links))
        if text.strip():
            return text, spans
    return clean_text(formatted.body).replace("\r\n", "\n"), []


def _entities_in(
    text: str, spans: Sequence[Span], start: int, end: int
) -> tuple[TypeMessageEntity, ...]:
    part = text[start:end]
    return entities_of(part, canonical(part, spans_in(spans, start, end)))
