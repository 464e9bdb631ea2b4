# SPDX-License-Identifier: AGPL-3.0-or-later
"""Telling which message in a chat is what an interrupted attempt has sent. Pure functions."""

from typing import Any

from telethon.tl.types import (
    Document,
    DocumentAttributeFilename,
    MessageMediaDocument,
    MessageMediaGeo,
    MessageMediaGeoLive,
    MessageMediaPhoto,
    MessageMediaPoll,
    MessageMediaVenue,
)

from bridges.telegram.to_telegram.forms import Form, attributes_of
from bridges.telegram.to_telegram.pieces import Piece
from bridges.telegram.to_telegram.places import is_place, place_media
from bridges.telegram.to_telegram.polls import is_poll
from bridges.telegram.to_telegram.preparing import Ready

_MORE_THAN_TEXT = (
    MessageMediaDocument
    | MessageMediaPhoto
    | MessageMediaPoll
    | MessageMediaGeo
    | MessageMediaGeoLive
    | MessageMediaVenue
)


def is_piece(piece: Piece, ready: Ready | None, size: int, message: Any) -> bool:
    """Whether ``message`` is what ``piece`` becomes, with its file of ``size`` bytes.

    Telegram trims texts and re-encodes photos.
    """
    if piece.poll is not None:
        return is_poll(piece.poll, message.media)
    if piece.place is not None:
        return is_place(place_media(piece.place), message.media)
    if (message.message or "").strip() != piece.text.text.strip():
        return False
    if ready is None:
        return not isinstance(message.media, _MORE_THAN_TEXT)
    if isinstance(message.media, MessageMediaPhoto):
        return ready.form is Form.PHOTO
    return isinstance(message.media, MessageMediaDocument) and _is_file(
        ready, size, message.media.document
    )


def _is_file(ready: Ready, size: int, document: Any) -> bool:
    """Whether a document is the file. A GIF is another one afterwards, so its size says nothing."""
    if not isinstance(document, Document):
        return False
    if ready.form is not Form.ANIMATION and document.size != size:
        return False
    form = Form.FILE if ready.form is Form.PHOTO else ready.form
    told = _names(attributes_of(form, ready.file))
    return not told or _names(document.attributes) in ([], told) or form is Form.ANIMATION


def _names(attributes: Any) -> list[str]:
    return [one.file_name for one in attributes if isinstance(one, DocumentAttributeFilename)]
