# SPDX-License-Identifier: AGPL-3.0-or-later
"""How one Matrix event becomes one or more Telegram messages. Pure functions."""

import hashlib

from attrs import evolve, frozen

from bridges.core.content import (
    FormattedText,
    LocalMedia,
    Location,
    OutgoingContent,
    Poll,
    Text,
    TextKind,
)
from bridges.telegram.formatting import MAX_TEXT, TelegramText, from_matrix

MAX_CAPTION = 1024
"""Longest caption of an account without Telegram Premium, in UTF-16 code units."""

_EMOTE_MARK = "* "
_NO_TEXT = TelegramText("")


@frozen
class Piece:
    """One Telegram message: text, a file with its caption, a poll, or a place."""

    text: TelegramText
    file: LocalMedia | None = None
    poll: Poll | None = None
    place: Location | None = None


def pieces_of(content: OutgoingContent) -> tuple[Piece, ...]:
    """The messages that carry ``content``; none if there is nothing to see in it.

    A caption that is too long for one follows its file as text of its own.
    """
    if isinstance(content, Text):
        return tuple(Piece(one) for one in texts_of(content))
    if isinstance(content, Poll):
        return (Piece(_NO_TEXT, poll=content),)
    if isinstance(content, Location):
        return (Piece(_NO_TEXT, place=content),)
    if content.caption is None:
        return (Piece(_NO_TEXT, content),)
    captions = from_matrix(content.caption, max_length=MAX_CAPTION)
    if len(captions) <= 1:
        return (Piece(captions[0] if captions else _NO_TEXT, content),)
    following = (Piece(one) for one in from_matrix(content.caption, max_length=MAX_TEXT))
    return (Piece(_NO_TEXT, content), *following)


def texts_of(content: Text, max_length: int = MAX_TEXT) -> list[TelegramText]:
    """The texts that carry ``content``."""
    text = content.text
    if content.kind is TextKind.EMOTE:
        text = _emote(text)
    return from_matrix(text, max_length=max_length)


def _emote(text: FormattedText) -> FormattedText:
    html = None if text.html is None else _EMOTE_MARK + text.html
    return evolve(text, body=_EMOTE_MARK + text.body, html=html)


def random_id(key: str, index: int) -> int:
    """Telegram's idempotency key of the ``index``-th piece of a message: a signed 64-bit number."""
    digest = hashlib.sha256(f"{key}\0{index}".encode()).digest()
    return int.from_bytes(digest[:8], "big", signed=True) or 1
