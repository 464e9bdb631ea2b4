# SPDX-License-Identifier: AGPL-3.0-or-later
"""Message contents: from neutral values to Matrix JSON and back."""

import json
import re
from collections.abc import Callable
from typing import Any
from urllib.parse import quote, unquote

from attrs import frozen
from mautrix.types import EventID, UserID

from bridges.core.content import FormattedText, MediaInfo, MediaKind, RemoteMedia, Text, TextKind
from bridges.core.ids import RemoteUserID
from bridges.core.matrix import event_types
from bridges.core.sanitize import MAX_CONTENT_BYTES, clean_text

Json = dict[str, Any]

_HTML_FORMAT = "org.matrix.custom.html"
_USER_LINK = re.compile(r'href="karvon:user/([^"]*)"')
_OTHER_LINK = re.compile(r'<a href="karvon:[^"]*">(.*?)</a>', re.DOTALL)
_MATRIX_LINK = re.compile(
    r"""href\s*=\s*(["'])https://matrix\.to/#/((?:@|%40)[^"'?]+)(?:\?[^"']*)?\1"""
)
_REPLY_FALLBACK = re.compile(r"> <@[^>]+>.*\n(?:>.*\n)*\n")

MxidOf = Callable[[RemoteUserID], UserID]
"""Finds how a remote user is called in Matrix."""

RemoteOf = Callable[[str], RemoteUserID | None]
"""Finds which remote user a Matrix id stands for."""


# -- To Matrix


def text_content(part: Text, mxid_of: MxidOf) -> Json:
    """An ``m.room.message`` content for a text (Matrix spec, "m.room.message msgtypes")."""
    content = _formatted(part.text, mxid_of)
    content["msgtype"] = part.kind.value
    return content


def media_content(part: RemoteMedia, uri: str, info: MediaInfo, mxid_of: MxidOf) -> Json:
    """An ``m.room.message`` content for an uploaded file, its caption included (MSC2530)."""
    content: Json = {"body": clean_text(info.name)}
    if part.caption is not None and part.caption.body:
        content = _formatted(part.caption, mxid_of)
        content["filename"] = clean_text(info.name)
    facts = {
        "mimetype": info.mime,
        "size": info.size,
        "w": info.width,
        "h": info.height,
        "duration": info.duration_ms,
    }
    content |= {
        "msgtype": part.kind.value,
        "url": uri,
        "info": {name: value for name, value in facts.items() if value is not None},
    }
    return content


def _formatted(text: FormattedText, mxid_of: MxidOf) -> Json:
    content: Json = {"body": clean_text(text.body)}
    if text.html is not None:
        linked = _USER_LINK.sub(
            lambda match: f'href="https://matrix.to/#/{mxid_of(RemoteUserID(unquote(match[1])))}"',
            text.html,
        )
        content |= {
            "format": _HTML_FORMAT,
            "formatted_body": clean_text(_OTHER_LINK.sub(r"\1", linked)),
        }
        if len(json.dumps(content)) > MAX_CONTENT_BYTES // 2:
            del content["format"], content["formatted_body"]
    content["m.mentions"] = (
        {"user_ids": sorted(mxid_of(user) for user in text.mentions)} if text.mentions else {}
    )
    return content


def as_reply(content: Json, event: EventID) -> Json:
    """Make a content answer an event."""
    return content | {"m.relates_to": {"m.in_reply_to": {"event_id": event}}}


def as_edit(content: Json, event: EventID) -> Json:
    """Make a content replace an event's (Matrix spec, "Event replacements")."""
    fallback = {key: value for key, value in content.items() if key != "m.relates_to"}
    fallback["body"] = f"* {content['body']}"
    if "formatted_body" in content:
        fallback["formatted_body"] = f"* {content['formatted_body']}"
    fallback["m.mentions"] = {}
    return fallback | {
        "m.new_content": content,
        "m.relates_to": {"rel_type": "m.replace", "event_id": event},
    }


def reaction_content(event: EventID, emoji: str) -> Json:
    """An ``m.reaction`` content."""
    relation = {"rel_type": "m.annotation", "event_id": event, "key": clean_text(emoji)}
    return {"m.relates_to": relation}


def notice_content(body: str, html: str | None = None) -> Json:
    """An ``m.notice``."""
    content: Json = {"msgtype": TextKind.NOTICE.value, "body": body, "m.mentions": {}}
    if html is not None:
        content |= {"format": _HTML_FORMAT, "formatted_body": html}
    return content


# -- From Matrix


@frozen
class MediaSource:
    """A file somebody sent in Matrix."""

    kind: MediaKind
    uri: str
    info: MediaInfo
    caption: FormattedText | None


@frozen
class ParsedMessage:
    """What an ``m.room.message`` or ``m.sticker`` says. ``replaces`` is set for an edit."""

    content: Text | MediaSource
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
    html = content.get("formatted_body") if content.get("format") == _HTML_FORMAT else None
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
