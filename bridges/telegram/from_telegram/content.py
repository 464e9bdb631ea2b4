# SPDX-License-Identifier: AGPL-3.0-or-later
"""What a message says: text, files with their captions, places, and readable text for everything else."""

from typing import Any

from attrs import evolve
from telethon.tl.types import (
    Document,
    MessageExtendedMedia,
    MessageMediaContact,
    MessageMediaDocument,
    MessageMediaEmpty,
    MessageMediaGeo,
    MessageMediaGeoLive,
    MessageMediaPaidMedia,
    MessageMediaPhoto,
    MessageMediaPoll,
    MessageMediaVenue,
    MessageMediaWebPage,
    Photo,
)

from bridges.core.content import (
    FormattedText,
    MediaKind,
    RemoteMedia,
    RemotePart,
    Text,
    TextKind,
)
from bridges.core.formatting.compose import plain, stacked
from bridges.core.text import UserText, user_text
from bridges.telegram.documents import document_media, photo_media, song_title
from bridges.telegram.formatting import to_matrix
from bridges.telegram.from_telegram.articles import article
from bridges.telegram.from_telegram.cards import (
    card,
    card_kind,
    disappearing,
    in_telegram,
    no_longer_there,
)
from bridges.telegram.from_telegram.contacts import contact
from bridges.telegram.from_telegram.origins import Frame, frame_of
from bridges.telegram.from_telegram.places import place
from bridges.telegram.from_telegram.polls import poll_part
from bridges.telegram.from_telegram.surroundings import Surroundings, link_to
from bridges.telegram.from_telegram.web_pages import previews

_FILES = MessageMediaPhoto | MessageMediaDocument


def parts_of(message: Any, around: Surroundings) -> tuple[RemotePart, ...]:
    """The parts of a message; never empty."""
    return _framed(_said(message, around), frame_of(message, around))


def notice(line: UserText, message: Any, around: Surroundings) -> Text:
    """A line of ours about a message, with the link under which it can be seen."""
    text = stacked(plain(around.say(line)), in_telegram(message, around))
    return Text(text, TextKind.NOTICE)


def _said(message: Any, around: Surroundings) -> tuple[RemotePart, ...]:
    words = to_matrix(message.message or "", message.entities or ())
    media = message.media
    match media:
        case None | MessageMediaEmpty():
            return (_text(words, message, around),)
        case MessageMediaWebPage():
            shown = _text(words, message, around)
            return (evolve(shown, previews=previews(media.webpage)),)
        case MessageMediaPhoto() | MessageMediaDocument():
            return (_file(media, words, message, around),)
        case MessageMediaPaidMedia():
            return _paid(media, words, message, around)
        case MessageMediaGeo() | MessageMediaGeoLive() | MessageMediaVenue():
            return (place(media, message, around), *_described(words))
        case MessageMediaContact():
            return (contact(media), *_described(words))
        case MessageMediaPoll():
            return (poll_part(media.poll), *_described(words))
    return (Text(stacked(card(media, message, around), words), card_kind(media)),)


def _described(words: FormattedText) -> tuple[Text, ...]:
    return (Text(words),) if words.body else ()


def _text(words: FormattedText, message: Any, around: Surroundings) -> Text:
    rich = getattr(message, "rich_message", None)
    if rich is not None:
        return Text(stacked(words, article(rich, message, around)))
    if words.body:
        return Text(words)
    return notice(user_text("An empty message"), message, around)


def _file(media: Any, words: FormattedText, message: Any, around: Surroundings) -> RemotePart:
    thing = media.photo if isinstance(media, MessageMediaPhoto) else media.document
    if not isinstance(thing, Photo | Document):
        said = disappearing(media, around) if media.ttl_seconds else no_longer_there(media, around)
    elif media.ttl_seconds and not around.takes_disappearing:
        said = disappearing(media, around)
    else:
        return _media(thing, words, message, around)
    return Text(stacked(said, in_telegram(message, around), words), TextKind.NOTICE)


def _media(
    thing: Photo | Document, words: FormattedText, message: Any, around: Surroundings
) -> RemoteMedia:
    if isinstance(thing, Photo):
        found = photo_media(thing, message, around.login, words if words.body else None)
    else:
        song = song_title(thing)
        caption = stacked(plain(f"🎵 {song}") if song else None, words)
        found = document_media(thing, message, around.login, caption if caption.body else None)
    return evolve(found, link=link_to(message, around) or "")


def _paid(
    media: MessageMediaPaidMedia, words: FormattedText, message: Any, around: Surroundings
) -> tuple[RemotePart, ...]:
    """What was paid for; before that only the offer. The words go with the first file."""
    bought = [one.media for one in media.extended_media if isinstance(one, MessageExtendedMedia)]
    if not bought or not all(isinstance(one, _FILES) for one in bought):
        return (Text(stacked(card(media, message, around), words), card_kind(media)),)
    nothing = plain("")
    return tuple(
        _file(one, nothing if index else words, message, around) for index, one in enumerate(bought)
    )


def _framed(parts: tuple[RemotePart, ...], frame: Frame) -> tuple[RemotePart, ...]:
    """Say what stands around a message in its first part; what has no words gets a part before it."""
    if not frame:
        return parts
    first, *rest = parts
    match first:
        case Text():
            return (evolve(first, text=frame.around(first.text)), *rest)
        case RemoteMedia() if not _is_sticker(first):
            return (evolve(first, caption=frame.around(first.caption)), *rest)
    return (Text(frame.around(None), TextKind.NOTICE), *parts)


def _is_sticker(media: RemoteMedia) -> bool:
    return media.kind is MediaKind.STICKER or bool(media.converter)
