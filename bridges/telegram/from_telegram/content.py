# SPDX-License-Identifier: AGPL-3.0-or-later
"""What a message says: text, one file with its caption, or a readable line for everything else."""

from collections.abc import Mapping
from typing import Any

from telethon.tl.types import (
    Document,
    MessageMediaContact,
    MessageMediaDice,
    MessageMediaDocument,
    MessageMediaEmpty,
    MessageMediaGame,
    MessageMediaGeo,
    MessageMediaGeoLive,
    MessageMediaGiveaway,
    MessageMediaGiveawayResults,
    MessageMediaInvoice,
    MessageMediaPaidMedia,
    MessageMediaPhoto,
    MessageMediaPoll,
    MessageMediaStory,
    MessageMediaToDo,
    MessageMediaVenue,
    MessageMediaWebPage,
    Photo,
)

from bridges.core.content import FormattedText, RemotePart, Text, TextKind
from bridges.telegram.formatting import to_matrix
from bridges.telegram.from_telegram.polls import poll_part
from bridges.telegram.from_telegram.surroundings import Surroundings, link_to
from bridges.telegram.media import document_media, photo_media
from bridges.telegram.names import clean_name


def parts_of(message: Any, around: Surroundings) -> tuple[RemotePart, ...]:
    """The parts of a message; never empty."""
    text = to_matrix(message.message or "", message.entities or ())
    media = message.media
    if media is None or isinstance(media, MessageMediaEmpty | MessageMediaWebPage):
        return (Text(text) if text.body else notice(_unreadable(message), message, around),)
    caption = text if text.body else None
    if isinstance(media, MessageMediaPoll):
        described = () if caption is None else (Text(text),)
        return (poll_part(media.poll), *described)
    if _is_file(media):
        return (_file(message, caption, around),)
    rest = (Text(text),) if caption is not None else ()
    return (notice(_described(media), message, around), *rest)


def notice(line: str, message: Any, around: Surroundings) -> Text:
    """A line of ours about a message, with the link under which it can be seen."""
    link = link_to(message, around)
    body = line if link is None else f"{line} {link}"
    return Text(FormattedText(body), TextKind.NOTICE)


def _is_file(media: Any) -> bool:
    if isinstance(media, MessageMediaPhoto):
        return isinstance(media.photo, Photo) and not media.ttl_seconds
    if isinstance(media, MessageMediaDocument):
        return isinstance(media.document, Document) and not media.ttl_seconds
    return False


def _file(message: Any, caption: FormattedText | None, around: Surroundings) -> RemotePart:
    if isinstance(message.media, MessageMediaPhoto):
        return photo_media(message.media.photo, message, around.login, caption)
    return document_media(message.media.document, message, around.login, caption)


def _unreadable(message: Any) -> str:
    if getattr(message, "rich_message", None) is not None:
        return "[A message in a new format. Open Telegram to read it.]"
    return "[An empty message]"


_PLAIN: Mapping[type, str] = {
    MessageMediaStory: "[A story. Open Telegram to see it.]",
    MessageMediaGiveaway: "[A giveaway. Open Telegram to see it.]",
    MessageMediaGiveawayResults: "[The results of a giveaway. Open Telegram to see them.]",
}
_UNKNOWN = "[A message of a kind this bridge does not know. Open Telegram to see it.]"


def _described(media: Any) -> str:
    """What is in a message whose kind is not carried over yet."""
    match media:
        case MessageMediaPhoto() | MessageMediaDocument():
            return _unavailable(media)
        case MessageMediaVenue() | MessageMediaGeoLive() | MessageMediaGeo():
            return _place(media)
        case MessageMediaContact():
            name = _clean(f"{media.first_name} {media.last_name}")
            return f"[Contact: {name} {_phone(media.phone_number)}]"
        case MessageMediaDice():
            return f"{media.emoticon} {media.value}"
        case MessageMediaToDo():
            return _todo(media.todo)
        case MessageMediaGame():
            return f"[Game: {_clean(media.game.title)}. Open Telegram to play it.]"
        case MessageMediaInvoice():
            return f"[Invoice: {_clean(media.title)}. Open Telegram to pay it.]"
        case MessageMediaPaidMedia():
            return f"[Paid media for {media.stars_amount} stars. Open Telegram to see it.]"
    return _PLAIN.get(type(media), _UNKNOWN)


def _unavailable(media: Any) -> str:
    if media.ttl_seconds:
        return "[A photo or video that disappears. Open Telegram on your phone to see it.]"
    return "[A photo or file that is not available any more]"


def _place(media: Any) -> str:
    if isinstance(media, MessageMediaVenue):
        return f"[Place: {_clean(media.title)}, {_clean(media.address)}] {_map(media.geo)}"
    kind = "Live location" if isinstance(media, MessageMediaGeoLive) else "Location"
    return f"[{kind}] {_map(media.geo)}"


def _clean(text: Any) -> str:
    return clean_name(getattr(text, "text", text))


def _phone(digits: str) -> str:
    return digits if digits.startswith("+") else f"+{digits}"


def _map(geo: Any) -> str:
    if getattr(geo, "lat", None) is None:
        return ""
    return f"https://www.openstreetmap.org/?mlat={geo.lat}&mlon={geo.long}"


def _todo(todo: Any) -> str:
    items = "".join(f"\n• {_clean(item.title)}" for item in todo.list)
    return f"[List: {_clean(todo.title)}]{items}"
