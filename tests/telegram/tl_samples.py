# SPDX-License-Identifier: AGPL-3.0-or-later
"""Messages as Telegram sends them, made by hand, and what the converters make of them."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from telethon.tl import types as tl

from bridges.core.content import RemoteMedia, RemotePart, Text
from bridges.core.events import ChatEvent
from bridges.core.ids import SHARED, ChatID, ChatKey, LoginID
from bridges.telegram.from_telegram.content import parts_of
from bridges.telegram.from_telegram.surroundings import Surroundings

NOW = datetime(2026, 11, 1, 12, tzinfo=UTC)
ME, BORIS, VERA, BOT, GROUP, CHANNEL = 1, 2, 3, 4, 30, 400
LOGIN = LoginID("tg-1")
DIRECT = ChatKey(ChatID("user:2"), LOGIN)
ROOM = ChatKey(ChatID("channel:400"), SHARED)
GEO = tl.GeoPoint(long=68.78, lat=38.56, access_hash=1)


def surroundings(**more: Any) -> Surroundings:
    """The channel News, Boris, the saved contact Vera and a bot came along."""
    known = {
        -1000000000400: tl.Channel(CHANNEL, "News", tl.ChatPhotoEmpty(), NOW, username="news_test"),
        BORIS: tl.User(BORIS, first_name="Boris", last_name="Made-Up", username="boris_test"),
        VERA: tl.User(VERA, first_name="Aunt Vera", contact=True),
        BOT: tl.User(BOT, first_name="Bot", bot=True, username="camel_bot"),
    }
    return Surroundings(LOGIN, ME, known, **more)


def message(peer: Any = None, **more: Any) -> Any:
    """A message of Boris's, in the direct chat unless it says otherwise."""
    fields: dict[str, Any] = {"message": "", "from_id": tl.PeerUser(BORIS), "date": NOW}
    return tl.Message(id=5, peer_id=peer or tl.PeerUser(BORIS), **(fields | more))


def service(action: Any, peer: Any = None, **more: Any) -> Any:
    """A service message of Boris's, in the group unless it says otherwise."""
    fields: dict[str, Any] = {"from_id": tl.PeerUser(BORIS), "reactions_are_possible": False}
    return tl.MessageService(
        id=6, peer_id=peer or tl.PeerChat(GROUP), date=NOW, action=action, **(fields | more)
    )


def document(mime: str, *attributes: Any, size: int = 10, thumbs: Any = None) -> Any:
    """A file."""
    return tl.Document(9, 8, b"ref", NOW, mime, size, 2, list(attributes), thumbs=thumbs)


def photo(number: int = 9) -> Any:
    """A photo in two sizes."""
    sizes = [tl.PhotoSize("m", 32, 24, 100), tl.PhotoSizeProgressive("y", 128, 96, [50, 900])]
    return tl.Photo(number, 8, b"ref", NOW, [tl.PhotoStrippedSize("i", b"x"), *sizes], 2)


def only(events: Sequence[ChatEvent]) -> Any:
    """The one event there is."""
    (event,) = events
    return event


def said(media: Any = None, peer: Any = None, **more: Any) -> tuple[RemotePart, ...]:
    """What a message with this media says."""
    return parts_of(message(peer, media=media, **more), surroundings())


def text_of(part: RemotePart) -> str:
    """A part's words in plain text."""
    match part:
        case Text():
            return part.text.body
        case RemoteMedia():
            return part.caption.body if part.caption else ""
    return ""


def html_of(part: RemotePart) -> str:
    """A part's words as HTML, empty if they are not formatted."""
    words = part.text if isinstance(part, Text) else getattr(part, "caption", None)
    return (words.html if words else None) or ""
