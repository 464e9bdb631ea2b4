# SPDX-License-Identifier: AGPL-3.0-or-later
"""Writing message contents: from neutral values to Matrix JSON."""

import json
import re
from collections.abc import Callable, Mapping
from html import escape
from typing import Any
from urllib.parse import unquote

from attrs import field, frozen
from mautrix.types import EventID, UserID

from bridges.core.content import (
    FormattedText,
    LinkPreview,
    Location,
    MediaInfo,
    MediaKind,
    MediaLook,
    RemoteMedia,
    Text,
    TextKind,
)
from bridges.core.ids import RemoteUserID
from bridges.core.matrix import event_types
from bridges.core.sanitize import MAX_CONTENT_BYTES, clean_text

Json = dict[str, Any]

HTML_FORMAT = "org.matrix.custom.html"
_USER_LINK = re.compile(r'href="karvon:user/([^"]*)"')
_OTHER_LINK = re.compile(r'<a href="karvon:[^"]*">(.*?)</a>', re.DOTALL)
_SPOILER: Json = {
    event_types.SPOILER: True,
    event_types.CONTENT_WARNING: {"type": event_types.CONTENT_WARNING_SPOILER},
}

EMOJI_PICTURE = re.compile(
    r'<img data-mx-emoticon src="karvon:emoji/([^"]*)" alt="([^"]*)"[^>]*>',
)
"""A custom emoji as networks write it: its id, percent-encoded, and the text it stands for."""

MxidOf = Callable[[RemoteUserID], UserID]
"""Finds how a remote user is called in Matrix."""


@frozen
class Names:
    """How remote people are called in Matrix, and at which ``mxc://`` addresses custom emoji lie."""

    mxid_of: MxidOf
    emoji: Mapping[str, str] = field(factory=dict)


@frozen
class Rendered:
    """An event to send: its type and content."""

    type: str
    content: Json


@frozen
class Uploaded:
    """A file on the homeserver: its ``mxc://`` address, as what it is shown, its small picture."""

    uri: str
    kind: MediaKind
    info: MediaInfo
    thumbnail: "Uploaded | None" = None


def text_content(part: Text, names: Names) -> Json:
    """An ``m.room.message`` content for a text (Matrix spec, "m.room.message msgtypes")."""
    content = _formatted(part.text, names)
    content["msgtype"] = part.kind.value
    if part.previews:
        content[event_types.LINK_PREVIEWS] = [_preview(one) for one in part.previews]
    return content


def _preview(preview: LinkPreview) -> Json:
    facts = {
        "matched_url": preview.url,
        "og:url": preview.url,
        "og:title": preview.title,
        "og:description": preview.description,
        "og:site_name": preview.site,
    }
    return {name: clean_text(value) for name, value in facts.items() if value}


def media_event(part: RemoteMedia, file: Uploaded, names: Names) -> Rendered:
    """The event for an uploaded file.

    A caption is in the same event (MSC2530). A sticker has none, so what stands there is its text.
    """
    name = clean_text(file.info.name)
    content: Json = {"body": name}
    if part.caption is not None and part.caption.body:
        content = _formatted(part.caption, names)
        content["filename"] = name
    content |= {"url": file.uri, "info": _file_info(file) | _look_info(part.look, file)}
    if part.look.spoiler:
        content |= _SPOILER
    if file.kind is MediaKind.STICKER:
        content.pop("filename", None)
        return Rendered(event_types.STICKER, content)
    content["msgtype"] = file.kind.value
    if part.look.voice:
        content |= _voice(file.info, part.look)
    return Rendered(event_types.MESSAGE, content)


def _file_info(file: Uploaded) -> Json:
    facts = {
        "mimetype": clean_text(file.info.mime),
        "size": file.info.size,
        "w": file.info.width,
        "h": file.info.height,
        "duration": file.info.duration_ms,
    }
    info: Json = {name: value for name, value in facts.items() if value is not None}
    if file.thumbnail is not None:
        info["thumbnail_url"] = file.thumbnail.uri
        info["thumbnail_info"] = _file_info(file.thumbnail)
    return info


def _look_info(look: MediaLook, file: Uploaded) -> Json:
    info: Json = {}
    if file.kind is MediaKind.VIDEO:
        if look.animated:
            info = dict.fromkeys(event_types.GIF_MARKS, True)
        if look.round:
            info[event_types.ROUND_VIDEO] = True
    elif file.kind in (MediaKind.IMAGE, MediaKind.STICKER) and look.animated:
        info = {event_types.IS_ANIMATED: True, event_types.IS_ANIMATED_UNSTABLE: True}
    return info


def _voice(info: MediaInfo, look: MediaLook) -> Json:
    """What makes an audio file a voice message (MSC3245 with MSC1767's audio block)."""
    audio: Json = {"waveform": list(look.waveform)}
    if info.duration_ms is not None:
        audio["duration"] = info.duration_ms
    return {event_types.AUDIO_DETAILS: audio, event_types.VOICE: {}}


def location_content(part: Location) -> Json:
    """An ``m.room.message`` content for a place (``m.location`` with the blocks of MSC3488)."""
    uri = clean_text(part.geo_uri)
    body = clean_text(part.text or " ".join(filter(None, (part.description, uri))))
    place = {"uri": uri}
    if part.description:
        place["description"] = clean_text(part.description)
    return {
        "msgtype": "m.location",
        "body": body,
        "geo_uri": uri,
        event_types.LOCATION: place,
        event_types.LOCATION_ASSET: {"type": "m.self" if part.is_own else "m.pin"},
        event_types.TEXT_BLOCK: body,
        "m.mentions": {},
    }


def _formatted(text: FormattedText, names: Names) -> Json:
    content: Json = {"body": clean_text(text.body)}
    if text.html is not None:
        content |= {"format": HTML_FORMAT, "formatted_body": clean_text(_html(text.html, names))}
        if len(json.dumps(content)) > MAX_CONTENT_BYTES // 2:
            del content["format"], content["formatted_body"]
    told: Json = {"user_ids": sorted(map(names.mxid_of, text.mentions))} if text.mentions else {}
    content["m.mentions"] = told | ({"room": True} if text.everyone else {})
    return content


def _html(html: str, names: Names) -> str:
    """Replace the neutral addresses by Matrix's own; what has none is left as its text."""

    def user_link(found: re.Match[str]) -> str:
        return f'href="https://matrix.to/#/{names.mxid_of(RemoteUserID(unquote(found[1])))}"'

    def picture(found: re.Match[str]) -> str:
        uri, text = names.emoji.get(unquote(found[1])), found[2]
        if uri is None:
            return text
        sizes = f'alt="{text}" title="{text}" height="32"'
        return f'<img data-mx-emoticon src="{escape(uri)}" {sizes}/>'

    linked = _OTHER_LINK.sub(r"\1", _USER_LINK.sub(user_link, html))
    return EMOJI_PICTURE.sub(picture, linked)


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


@frozen
class ReactionKey:
    """The key of an ``m.reaction``: an emoji, or a picture's address with a shortcode (MSC4027)."""

    key: str
    shortcode: str = ""


def reaction_content(event: EventID, reaction: ReactionKey) -> Json:
    """An ``m.reaction`` content."""
    relation = {"rel_type": "m.annotation", "event_id": event, "key": clean_text(reaction.key)}
    content: Json = {"m.relates_to": relation}
    if reaction.shortcode:
        names = (event_types.REACTION_SHORTCODE, event_types.REACTION_SHORTCODE_UNSTABLE)
        content |= dict.fromkeys(names, clean_text(reaction.shortcode))
    return content


def notice_content(body: str, html: str | None = None) -> Json:
    """An ``m.notice``."""
    content: Json = {"msgtype": TextKind.NOTICE.value, "body": body, "m.mentions": {}}
    if html is not None:
        content |= {"format": HTML_FORMAT, "formatted_body": html}
    return content
