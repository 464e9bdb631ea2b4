# SPDX-License-Identifier: AGPL-3.0-or-later
"""Reading message contents: from Matrix JSON to neutral values."""

import re
from typing import Any

from attrs import frozen
from mautrix.types import EventID

from bridges.core.content import (
    PLAIN_LOOK,
    FormattedText,
    Location,
    MediaInfo,
    MediaKind,
    MediaLook,
    Poll,
    Text,
    TextKind,
)
from bridges.core.matrix import event_types
from bridges.core.matrix.links import (
    Known,
    References,
    linked_body,
    neutral_html,
    references,
)
from bridges.core.matrix.rendering import HTML_FORMAT

Json = dict[str, Any]

_REPLY_FALLBACK = re.compile(r"> <@[^>]+>.*\n(?:>.*\n)*\n")
_LOCATION = "m.location"
_LOUDEST = 1024
_MOST_SAMPLES = 512


@frozen
class MediaSource:
    """A file somebody sent in Matrix; ``thumbnail`` is where its small picture lies."""

    kind: MediaKind
    uri: str
    info: MediaInfo
    caption: FormattedText | None
    look: MediaLook = PLAIN_LOOK
    thumbnail: str | None = None


@frozen
class ParsedMessage:
    """What an ``m.room.message`` or ``m.sticker`` says.

    ``replaces`` is set for an edit. ``thread`` is the root of the thread the message is in; then
    ``reply_to`` is the message it answers there, or the root if it answers none.
    """

    content: Text | MediaSource | Location | Poll
    reply_to: EventID | None = None
    replaces: EventID | None = None
    thread: EventID | None = None


class UnreadableMessage(Exception):
    """An event's content is not a message we can carry; the text says what is wrong."""


def parse_message(event_type: str, content: Json, known: Known) -> ParsedMessage:
    """Read a message event's content. Raises ``UnreadableMessage``."""
    try:
        return _parse(event_type, content, known)
    except (KeyError, TypeError, AttributeError, ValueError) as error:
        raise UnreadableMessage(f"malformed message: {error!r}") from error


def parse_references(content: Json) -> References:
    """What a message's text points to and has to be looked up before ``parse_message``."""
    new = content.get("m.new_content")
    said = new if isinstance(new, dict) else content
    html = said.get("formatted_body") if said.get("format") == HTML_FORMAT else None
    text = said.get("body") if html is None else html
    if not isinstance(text, str):
        return References()
    return references(text, is_html=html is not None)


def _parse(event_type: str, content: Json, known: Known) -> ParsedMessage:
    relation = content.get("m.relates_to") or {}
    if relation.get("rel_type") == "m.replace" and "m.new_content" in content:
        new = _parse_content(event_type, content["m.new_content"], False, known)
        return ParsedMessage(new, replaces=_event_id(relation["event_id"]))
    reply = (relation.get("m.in_reply_to") or {}).get("event_id")
    thread = relation["event_id"] if relation.get("rel_type") == "m.thread" else None
    if thread is not None and (reply is None or relation.get("is_falling_back")):
        reply = thread
    return ParsedMessage(
        _parse_content(event_type, content, reply is not None, known),
        reply_to=None if reply is None else _event_id(reply),
        thread=None if thread is None else _event_id(thread),
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
    event_type: str, content: Json, is_reply: bool, known: Known
) -> Text | MediaSource | Location:
    if event_type == event_types.STICKER:
        return _parse_sticker(content)
    msgtype = content["msgtype"]
    if msgtype in set(TextKind):
        return Text(_parse_text(content, is_reply, known), TextKind(msgtype))
    if msgtype in _FILES:
        return _parse_media(MediaKind(msgtype), content, known)
    if msgtype == _LOCATION:
        return _parse_location(content)
    if isinstance(content.get("body"), str) and "url" not in content and "file" not in content:
        return Text(_parse_text(content, is_reply, known))
    raise UnreadableMessage(f"messages of type {msgtype} cannot be carried")


_FILES = frozenset({MediaKind.IMAGE, MediaKind.VIDEO, MediaKind.AUDIO, MediaKind.FILE})
"""Kinds of file that are an ``m.room.message``."""


def _parse_text(content: Json, is_reply: bool, known: Known) -> FormattedText:
    body = str(content["body"])
    html = content.get("formatted_body") if content.get("format") == HTML_FORMAT else None
    if is_reply:
        body = _REPLY_FALLBACK.sub("", body, count=1) if body.startswith("> <@") else body
    html = linked_body(body, known) if html is None else neutral_html(str(html), known)
    told = content.get("m.mentions") or {}
    mentioned = told.get("user_ids") or ()
    mentions = frozenset(user for user in map(known.remote_of, mentioned) if user is not None)
    return FormattedText(body, html, mentions, everyone=told.get("room") is True)


def _parse_location(content: Json) -> Location:
    """A place; clients write the blocks of MSC3488 beside the old keys."""
    place = content.get(event_types.LOCATION) or {}
    asset = content.get(event_types.LOCATION_ASSET) or {}
    return Location(
        geo_uri=str(place.get("uri") or content["geo_uri"]),
        description=str(place.get("description") or ""),
        text=str(content.get("body") or ""),
        is_own=asset.get("type") == "m.self",
    )


def _parse_sticker(content: Json) -> MediaSource:
    """A sticker; its body says what it shows and is no caption."""
    facts = content.get("info") or {}
    return MediaSource(
        MediaKind.STICKER,
        _uri(content),
        _info(str(content.get("body") or ""), facts),
        caption=None,
        look=_look(content, facts),
    )


def _parse_media(kind: MediaKind, content: Json, known: Known) -> MediaSource:
    uri = _uri(content)
    facts = content.get("info") or {}
    name = str(content.get("filename") or content["body"])
    caption = None
    if content.get("filename") not in (None, content["body"]) and content["body"]:
        caption = _parse_text(content, False, known)
    thumbnail = facts.get("thumbnail_url")
    return MediaSource(
        kind,
        uri,
        _info(name, facts, content.get(event_types.AUDIO_DETAILS)),
        caption,
        _look(content, facts),
        thumbnail if isinstance(thumbnail, str) and thumbnail.startswith("mxc://") else None,
    )


def _uri(content: Json) -> str:
    if "url" not in content:
        raise UnreadableMessage("encrypted files cannot be carried yet")
    uri = str(content["url"])
    if not uri.startswith("mxc://"):
        raise UnreadableMessage(f"no such file: {uri}")
    return uri


def _info(name: str, facts: Json, audio: Json | None = None) -> MediaInfo:
    duration = _number(facts.get("duration"))
    if duration is None and audio is not None:
        duration = _number(audio.get("duration"))
    return MediaInfo(
        name=name.replace("/", "_")[:255] or "file",
        mime=str(facts.get("mimetype") or "application/octet-stream"),
        size=_number(facts.get("size")),
        width=_number(facts.get("w")),
        height=_number(facts.get("h")),
        duration_ms=duration,
    )


def _look(content: Json, facts: Json) -> MediaLook:
    """How a file wants to be shown; see ``event_types`` for the specifications of the marks."""
    warning = content.get(event_types.CONTENT_WARNING) or {}
    audio = content.get(event_types.AUDIO_DETAILS) or {}
    return MediaLook(
        voice=isinstance(content.get(event_types.VOICE), dict),
        waveform=_waveform(audio.get("waveform")),
        round=facts.get(event_types.ROUND_VIDEO) is True,
        animated=any(facts.get(mark) is True for mark in _ANIMATED),
        spoiler=content.get(event_types.SPOILER) is True
        or warning.get("type") == event_types.CONTENT_WARNING_SPOILER,
    )


_ANIMATED = (event_types.GIF_MARKS[0], event_types.IS_ANIMATED, event_types.IS_ANIMATED_UNSTABLE)


def _waveform(samples: object) -> tuple[int, ...]:
    """Loudness between 0 and 1024, as far as it is there (MSC1767)."""
    if not isinstance(samples, list):
        return ()
    numbers = [one for one in samples[:_MOST_SAMPLES] if isinstance(one, int)]
    return tuple(min(max(one, 0), _LOUDEST) for one in numbers)


def _number(value: object) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) and value >= 0 else None
