# SPDX-License-Identifier: AGPL-3.0-or-later
"""Reading message contents: from Matrix JSON to neutral values."""

import re
from collections.abc import Callable
from typing import Any
from urllib.parse import quote, unquote

from attrs import frozen
from mautrix.types import EventID

from bridges.core.content import FormattedText, MediaInfo, MediaKind, Poll, Text, TextKind
from bridges.core.ids import RemoteUserID
from bridges.core.matrix import event_types
from bridges.core.matrix.rendering import HTML_FORMAT

Json = dict[str, Any]

_MATRIX_LINK = re.compile(
    r"""href\s*=\s*(["'])https://matrix\.to/#/((?:@|%40)[^"'?]+)(?:\?[^"']*)?\1"""
)
_REPLY_FALLBACK = re.compile(r"> <@[^>]+>.*\n(?:>.*\n)*\n")

RemoteOf = Callable[[str], RemoteUserID | None]
"""Finds which remote user a Matrix id stands for."""


@frozen
class MediaSource:
    """A file somebody sent in Matrix."""

    kind: MediaKind
    uri: str
    info: MediaInfo
    caption: FormattedText | None


@frozen
class ParsedMessage:
    """What a message event says. ``replaces`` is set for an edit."""

    content: Text | MediaSource | Poll
    reply_to: EventID | None = None
    replaces: EventID | None = None


class UnreadableMessage(Exception):
    """An event's content is not a message we can carry; the text says what is wrong."""


def parse_message(event_type: str, content: Json, remote_of: RemoteOf) -> ParsedMessage:
    """Read a message event's content. Raises ``UnreadableMessage``."""
    try:
        return _parse(event_type, content, remote_of)
    except (KeyError, TypeError, AttributeError, ValueError) as error:
        raise UnreadableMessage(f"malformed message: {error!r}") from error


def _parse(event_type: str, content: Json, remote_of: RemoteOf) -> ParsedMessage:
    relation = content.get("m.relates_to") or {}
    if relation.get("rel_type") == "m.replace" and "m.new_content" in content:
        new = _parse_content(event_type, content["m.new_content"], False, remote_of)
        return ParsedMessage(new, replaces=_event_id(relation["event_id"]))
    reply = (relation.get("m.in_reply_to") or {}).get("event_id")
    if relation.get("rel_type") == "m.thread" and relation.get("is_falling_back"):
        reply = None
    return ParsedMessage(
        _parse_content(event_type, content, reply is not None, remote_of),
        reply_to=None if reply is None else _event_id(reply),
    )


def parse_reaction(content: Json) -> tuple[EventID, str]:
    """Read an ``m.reaction``: the event and the emoji. Raises ``UnreadableMessage``."""
    try:
        relation = content["m.relates_to"]
        return _event_id(relation["event_id"]), str(relation["key"])
    except (KeyError, TypeError) as error:
        raise UnreadableMessage(f"malformed reaction: {error!r}") from error


def _event_id(value: object) -> EventID:
    if not isinstance(value, str):
        raise TypeError(f"an event id is a text, not {value!r}")
    return EventID(value)


def _parse_content(
    event_type: str, content: Json, is_reply: bool, remote_of: RemoteOf
) -> Text | MediaSource:
    if event_type == event_types.STICKER:
        return _parse_media(MediaKind.IMAGE, content | {"filename": "sticker"}, remote_of)
    msgtype = content["msgtype"]
    if msgtype in set(TextKind):
        return Text(_parse_text(content, is_reply, remote_of), TextKind(msgtype))
    if msgtype in set(MediaKind):
        return _parse_media(MediaKind(msgtype), content, remote_of)
    if isinstance(content.get("body"), str) and "url" not in content and "file" not in content:
        return Text(_parse_text(content, is_reply, remote_of))
    raise UnreadableMessage(f"messages of type {msgtype} cannot be carried")


def _parse_text(content: Json, is_reply: bool, remote_of: RemoteOf) -> FormattedText:
    body = str(content["body"])
    html = content.get("formatted_body") if content.get("format") == HTML_FORMAT else None
    if is_reply:
        body = _REPLY_FALLBACK.sub("", body, count=1) if body.startswith("> <@") else body
    if html is not None:
        html = _MATRIX_LINK.sub(lambda match: _neutral_link(match, remote_of), str(html))
    mentioned = (content.get("m.mentions") or {}).get("user_ids") or ()
    mentions = frozenset(user for user in map(remote_of, mentioned) if user is not None)
    return FormattedText(body, html, mentions)


def _neutral_link(match: re.Match[str], remote_of: RemoteOf) -> str:
    user = remote_of(unquote(match[2]))
    return match[0] if user is None else f'href="karvon:user/{quote(user, safe="")}"'


def _parse_media(kind: MediaKind, content: Json, remote_of: RemoteOf) -> MediaSource:
    if "url" not in content:
        raise UnreadableMessage("encrypted files cannot be carried yet")
    uri = str(content["url"])
    if not uri.startswith("mxc://"):
        raise UnreadableMessage(f"no such file: {uri}")
    facts = content.get("info") or {}
    name = str(content.get("filename") or content["body"])
    caption = None
    if content.get("filename") not in (None, content["body"]) and content["body"]:
        caption = _parse_text(content, False, remote_of)
    info = MediaInfo(
        name=name.replace("/", "_")[:255] or "file",
        mime=str(facts.get("mimetype") or "application/octet-stream"),
        size=_number(facts.get("size")),
        width=_number(facts.get("w")),
        height=_number(facts.get("h")),
        duration_ms=_number(facts.get("duration")),
    )
    return MediaSource(kind, uri, info, caption)


def _number(value: object) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) and value >= 0 else None
