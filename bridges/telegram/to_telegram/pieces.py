# SPDX-License-Identifier: AGPL-3.0-or-later
"""How one Matrix event becomes one or more Telegram messages. Pure functions."""

import hashlib

from attrs import evolve, field, frozen

from bridges.core.content import (
    FormattedText,
    LocalMedia,
    Location,
    OutgoingContent,
    Poll,
    Text,
    TextKind,
)
from bridges.telegram.formatting import MAX_TEXT, Links, TelegramText, from_matrix

MAX_CAPTION = 1024
MAX_CAPTION_PREMIUM = 2048
"""Longest caption without and with Telegram Premium, in UTF-16 code units."""

_EMOTE_MARK = "* "
_NO_TEXT = TelegramText("")


@frozen
class Writing:
    """How an account writes: what can be linked, and what Telegram Premium allows."""

    links: Links = field(factory=Links)
    premium: bool = False

    @property
    def longest_caption(self) -> int:
        """In UTF-16 code units."""
        return MAX_CAPTION_PREMIUM if self.premium else MAX_CAPTION

    def texts(self, text: FormattedText, longest: int = MAX_TEXT) -> list[TelegramText]:
        """The texts that carry a formatted text, none longer than ``longest``."""
        return from_matrix(text, max_length=longest, links=self.links, custom_emoji=self.premium)


@frozen
class Piece:
    """One Telegram message: text, a file with its caption, a poll, or a place."""

    text: TelegramText
    file: LocalMedia | None = None
    poll: Poll | None = None
    place: Location | None = None


def pieces_of(content: OutgoingContent, writing: Writing) -> tuple[Piece, ...]:
    """The messages that carry ``content``; none if there is nothing to see in it.

    A caption that is too long for one follows its file as text of its own.
    """
    if isinstance(content, Text):
        return tuple(Piece(one) for one in texts_of(content, writing))
    if isinstance(content, Poll):
        return (Piece(_NO_TEXT, poll=content),)
    if isinstance(content, Location):
        return (Piece(_NO_TEXT, place=content),)
    if content.caption is None:
        return (Piece(_NO_TEXT, content),)
    captions = writing.texts(content.caption, writing.longest_caption)
    if len(captions) <= 1:
        return (Piece(captions[0] if captions else _NO_TEXT, content),)
    following = (Piece(one) for one in writing.texts(content.caption))
    return (Piece(_NO_TEXT, content), *following)


def texts_of(content: Text, writing: Writing) -> list[TelegramText]:
    """The texts that carry ``content``."""
    text = content.text
    if content.kind is TextKind.EMOTE:
        text = _emote(text)
    return writing.texts(text)


def _emote(text: FormattedText) -> FormattedText:
    html = None if text.html is None else _EMOTE_MARK + text.html
    return evolve(text, body=_EMOTE_MARK + text.body, html=html)


def random_id(key: str, index: int) -> int:
    """Telegram's idempotency key of the ``index``-th piece of a message: a signed 64-bit number."""
    digest = hashlib.sha256(f"{key}\0{index}".encode()).digest()
    return int.from_bytes(digest[:8], "big", signed=True) or 1
