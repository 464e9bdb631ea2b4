# SPDX-License-Identifier: AGPL-3.0-or-later
"""What people's HTML points to, put into the neutral addresses of ``bridges.core.content``.

Links to people, messages and rooms (``matrix.to``, Matrix spec v1.11 appendices §5.3) and inline
pictures (MSC2545) that are custom emoji of the network.
"""

import re
from collections.abc import Callable, Mapping
from html import escape, unescape
from typing import TypeVar
from urllib.parse import quote, unquote

from attrs import field, frozen
from mautrix.types import EventID, RoomID

from bridges.core.ids import ChatID, MessageID, RemoteUserID

RemoteOf = Callable[[str], RemoteUserID | None]
"""Finds which remote user a Matrix id stands for."""

_LINK = re.compile(
    r"""href\s*=\s*(["'])https://matrix\.to/#/(?P<to>[^"'?/]+)(?:/(?P<event>[^"'?]+))?(?:\?[^"']*)?\1""",
    re.IGNORECASE,
)
_PLAIN_LINK = re.compile(r"https://matrix\.to/#/(?P<to>[^\s?/]+)/(?P<event>[^\s?]+)(?:\?\S*)?")
_PICTURE = re.compile(r"""src\s*=\s*(["'])(?P<uri>mxc://[^"'\s]+)\1""", re.IGNORECASE)
_Name = TypeVar("_Name", bound=str)
_MOST_LOOKED_UP = 50
"""So many messages, rooms and pictures of one text are looked for."""


@frozen
class References:
    """What a text points to."""

    events: frozenset[EventID] = frozenset()
    rooms: frozenset[RoomID] = frozenset()
    pictures: frozenset[str] = frozenset()


@frozen
class Known:
    """What is known of that: remote messages, chats and custom emoji by their Matrix names."""

    remote_of: RemoteOf
    messages: Mapping[EventID, tuple[ChatID, MessageID]] = field(factory=dict)
    chats: Mapping[RoomID, ChatID] = field(factory=dict)
    emoji: Mapping[str, str] = field(factory=dict)


def references(text: str, *, is_html: bool) -> References:
    """Everything in a text that has to be looked up."""
    events, rooms = set[EventID](), set[RoomID]()
    for found in (_LINK if is_html else _PLAIN_LINK).finditer(text):
        to, event = unquote(found["to"]), unquote(unescape(found["event"] or ""))
        if event.startswith("$"):
            events.add(EventID(event))
        elif to.startswith("!"):
            rooms.add(RoomID(to))
    pictures = {unescape(found["uri"]) for found in _PICTURE.finditer(text)}
    return References(_some(events), _some(rooms), _some(pictures))


def _some(found: set[_Name]) -> frozenset[_Name]:
    return frozenset(sorted(found)[:_MOST_LOOKED_UP])


def neutral_html(html: str, known: Known) -> str:
    """The HTML with neutral addresses for what is known; everything else stays."""
    linked = _LINK.sub(lambda found: _neutral_link(found, known), html)
    return _PICTURE.sub(lambda found: _neutral_picture(found, known), linked)


def linked_body(body: str, known: Known) -> str | None:
    """HTML of a plain text that holds addresses of known messages; None if it holds none."""
    pieces, at, is_linked = [], 0, False
    for found in _PLAIN_LINK.finditer(body):
        address = _address(unquote(found["to"]), unquote(found["event"]), known)
        if address is None:
            continue
        is_linked = True
        shown = escape(found[0])
        pieces += [_lines(body[at : found.start()]), f'<a href="{address}">{shown}</a>']
        at = found.end()
    return "".join([*pieces, _lines(body[at:])]) if is_linked else None


def _lines(text: str) -> str:
    return escape(text, quote=False).replace("\n", "<br>")


def _neutral_link(found: re.Match[str], known: Known) -> str:
    address = _address(unquote(found["to"]), unquote(unescape(found["event"] or "")), known)
    return found[0] if address is None else f'href="{address}"'


def _address(to: str, event: str, known: Known) -> str | None:
    if to.startswith("@"):
        user = known.remote_of(to)
        return None if user is None else f"karvon:user/{quote(user, safe='')}"
    if event:
        place = known.messages.get(EventID(event))
        return None if place is None else f"karvon:message/{'/'.join(_quoted(place))}"
    chat = known.chats.get(RoomID(to))
    return None if chat is None else f"karvon:chat/{quote(chat, safe='')}"


def _quoted(place: tuple[ChatID, MessageID]) -> tuple[str, str]:
    return quote(place[0], safe=""), quote(place[1], safe="")


def _neutral_picture(found: re.Match[str], known: Known) -> str:
    emoji = known.emoji.get(unescape(found["uri"]))
    return found[0] if emoji is None else f'src="karvon:emoji/{quote(emoji, safe="")}"'
