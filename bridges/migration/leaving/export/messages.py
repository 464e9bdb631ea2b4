# SPDX-License-Identifier: AGPL-3.0-or-later
"""One message of an export, as Telegram Desktop writes it in ``messages``; pure.

Beside Telegram's own fields each has ``matrix_event_id`` and ``matrix_sender``, and what has no form there
``matrix_event``, the event itself as text. The shape is what ``bridges.migration.archives.telegram`` reads.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from attrs import field, frozen

from bridges.core.content import FormattedText, Location, MediaKind, Poll, Text, TextKind
from bridges.core.formatting.compose import plain
from bridges.core.geo import parse_geo
from bridges.core.ids import RemoteUserID
from bridges.core.matrix import event_types
from bridges.core.matrix.content import MediaSource, UnreadableMessage, parse_message
from bridges.core.matrix.links import Known, references
from bridges.core.matrix.polls import parse_poll_start
from bridges.core.text import Translation, UserText, user_text
from bridges.migration.leaving.export.events import POLLS, inner, is_deleted
from bridges.migration.leaving.export.files import KeptFile
from bridges.migration.leaving.export.people import Numbers, name_in
from bridges.migration.leaving.export.texts import pieces_of, plain_form

Json = dict[str, Any]

_FOREVER = 0x7FFFFFFF
_UNAVAILABLE = "(File unavailable, please try again later)"
"""What Telegram writes where a file should be that it could not give."""
_SECONDS_MS = 1000
_LATEST = 4_102_444_800_000


@frozen
class Reacted:
    """A reaction: who, with what, and when (ms)."""

    sender: str
    key: str
    at: int


@frozen
class Said:
    """A message with everything that was said of it later.

    Attributes:
        number: its own in the chat; later ones have higher numbers.
        event: as the homeserver gives it, decrypted where that was possible.
        edit: the event that has replaced what it said last.
        votes: of a poll the answers each person has chosen last.
    """

    number: int
    event: Json
    edit: Json | None = None
    reactions: Sequence[Reacted] = ()
    votes: Mapping[str, Sequence[str]] = field(factory=dict)
    ended: bool = False


@frozen
class Scene:
    """The chat a message is in.

    Attributes:
        me: whose export it is.
        names: how people are called there, by Matrix id.
        number_of: gives the number of another message of the chat by its event.
        file_of: gives what became of a file by its address.
        is_voice: tells whether somebody is a program that speaks for the chat itself.
        say: puts sentences of ours into the person's language.
    """

    me: str
    names: Mapping[str, str]
    numbers: Numbers
    number_of: Callable[[str], int | None]
    file_of: Callable[[str], KeptFile | None]
    is_voice: Callable[[str], bool]
    say: Translation


def message_of(said: Said, scene: Scene) -> Json:
    """Give a message as it stands in the export. Never raises for what an event holds."""
    event = said.event
    if is_deleted(event):
        return _service(said, scene, scene.say(_deleted(event, scene)))
    if event["type"] == event_types.ENCRYPTED:
        return _shown(said, scene, _notice(scene, _LOCKED)) | _source(event)
    content = _latest(said)
    try:
        told, reply = _content(event["type"], content, inner(event, "content"), scene, said)
    except UnreadableMessage:
        return _shown(said, scene, _notice(scene, _OTHER)) | _source(event)
    if content.get("msgtype") == TextKind.NOTICE.value and scene.is_voice(event["sender"]):
        return _service(said, scene, str(content.get("body", "")))
    message = _shown(said, scene, told)
    answered = None if reply is None else scene.number_of(reply)
    if answered is not None:
        message["reply_to_message_id"] = answered
    return message


def time_of(milliseconds: int) -> tuple[str, str]:
    """Give a time in Telegram's two forms: as UTC without a zone, and in seconds since 1970."""
    seconds = min(max(milliseconds, 0), _LATEST) // _SECONDS_MS
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%S"), str(seconds)


# -- The frame


def _shown(said: Said, scene: Scene, told: Json) -> Json:
    event, sender = said.event, said.event["sender"]
    date, unix = time_of(event["origin_server_ts"])
    message: Json = {
        "id": said.number,
        "type": "message",
        "date": date,
        "date_unixtime": unix,
        "from": name_in(scene.names, sender),
        "from_id": scene.numbers.peer(sender),
        "matrix_event_id": event["event_id"],
        "matrix_sender": sender,
    }
    edited_at = _edited_at(said)
    if edited_at is not None:
        message["edited"], message["edited_unixtime"] = time_of(edited_at)
    message |= told
    reactions = _reactions(said.reactions, scene)
    return message | ({"reactions": reactions} if reactions else {})


def _service(said: Said, scene: Scene, line: str) -> Json:
    """A line that nobody says: Telegram's form for what a bot or the network words itself."""
    shown = _shown(said, scene, {"text": "", "text_entities": []})
    who, peer = shown.pop("from"), shown.pop("from_id")
    return shown | {
        "type": "service",
        "actor": who,
        "actor_id": peer,
        "action": "",
        "information_text": line,
    }


def _source(event: Json) -> Json:
    return {"matrix_event": json.dumps(event, ensure_ascii=False, separators=(",", ":"))}


def _edited_at(said: Said) -> int | None:
    if said.edit is not None:
        return int(said.edit["origin_server_ts"])
    told = inner(said.event, "content").get(event_types.EDITED_AT)
    return told if isinstance(told, int) and told > 0 else None


def _latest(said: Said) -> Json:
    """What a message says now; answers stay those of the first version."""
    content = inner(said.event, "content")
    if said.edit is None:
        return content
    return inner(inner(said.edit, "content"), "m.new_content") or content


def _deleted(event: Json, scene: Scene) -> UserText:
    author = name_in(scene.names, event["sender"])
    because = inner(inner(event, "unsigned"), "redacted_because")
    by = because.get("sender")
    if isinstance(by, str) and by != event["sender"]:
        remover = name_in(scene.names, by)
        return user_text("{name} deleted a message of {author}.", name=remover, author=author)
    return user_text("{name} deleted a message.", name=author)


def _reactions(reacted: Sequence[Reacted], scene: Scene) -> list[Json]:
    by_key: dict[str, dict[str, Reacted]] = {}
    for one in reacted:
        by_key.setdefault(one.key, {}).setdefault(one.sender, one)
    return [
        {"count": len(people), **_emoji(key, scene), "recent": _recent(people.values(), scene)}
        for key, people in by_key.items()
    ]


def _emoji(key: str, scene: Scene) -> Json:
    picture = scene.file_of(key) if key.startswith("mxc://") else None
    if picture is not None and picture.path is not None:
        return {"type": "custom_emoji", "document_id": picture.path}
    return {"type": "emoji", "emoji": key}


def _recent(people: Any, scene: Scene) -> list[Json]:
    return [
        {
            "from": name_in(scene.names, one.sender),
            "from_id": scene.numbers.peer(one.sender),
            "date": time_of(one.at)[0],
        }
        for one in people
    ]


# -- What is said


def _content(
    kind: str, content: Json, first: Json, scene: Scene, said: Said
) -> tuple[Json, str | None]:
    """Give what a message says and which event it answers. Raises ``UnreadableMessage``."""
    relation = inner(first, "m.relates_to")
    if kind in POLLS:
        reply = inner(relation, "m.in_reply_to").get("event_id")
        return _poll(parse_poll_start(content), said, scene.me), reply if isinstance(
            reply, str
        ) else None
    related = _plain_addresses(content) | {"m.relates_to": relation}
    parsed = parse_message(kind, related, _known(content, scene))
    match parsed.content:
        case Text():
            told = _worded(parsed.content.text)
            if not told["text"]:
                raise UnreadableMessage("it says nothing")
            if parsed.content.kind is not TextKind.TEXT:
                told["matrix_msgtype"] = parsed.content.kind.value
        case MediaSource():
            told = _file(parsed.content, scene)
        case Location():
            told = _place(parsed.content)
        case Poll():
            told = _poll(parsed.content, said, scene.me)
    return told, parsed.reply_to


def _known(content: Json, scene: Scene) -> Known:
    html = content.get("formatted_body")
    pictures = {}
    for address in _pictures(html) if isinstance(html, str) else ():
        kept = scene.file_of(address)
        if kept is not None and kept.path is not None:
            pictures[address] = kept.path
    return Known(lambda mxid: RemoteUserID(scene.numbers.peer(mxid)), emoji=pictures)


def _pictures(html: str) -> Sequence[str]:
    return sorted(references(html, is_html=True).pictures)


def _plain_addresses(content: Json) -> Json:
    """Give a content with the addresses of encrypted files where those of others stand."""
    found = dict(content)
    address = inner(content, "file").get("url")
    if isinstance(address, str):
        found["url"] = address
    info = inner(content, "info")
    small = inner(info, "thumbnail_file").get("url")
    if isinstance(small, str):
        found["info"] = {**info, "thumbnail_url": small}
    return found


def _worded(text: FormattedText) -> Json:
    pieces = pieces_of(text)
    return {"text": plain_form(pieces), "text_entities": pieces}


def _notice(scene: Scene, line: UserText) -> Json:
    return _worded(plain(scene.say(line)))


def _place(place: Location) -> Json:
    point = parse_geo(place.geo_uri)
    if point is None:
        return _worded(plain(place.text or place.geo_uri))
    told: Json = _worded(FormattedText("")) | {
        "location_information": {"latitude": point.latitude, "longitude": point.longitude}
    }
    if place.is_own:
        told["live_location_period_seconds"] = _FOREVER
    if place.description:
        told["place_name"] = place.description
    return told


def _poll(poll: Poll, said: Said, me: str) -> Json:
    chosen = list(said.votes.values())
    answers = [
        {
            "text": answer.text,
            "voters": sum(answer.id in one for one in chosen),
            "chosen": answer.id in said.votes.get(me, ()),
        }
        for answer in poll.answers
    ]
    total = sum(any(answer.id in one for answer in poll.answers) for one in chosen)
    asked = {
        "question": poll.question,
        "closed": said.ended,
        "total_voters": total,
        "answers": answers,
    }
    return _worded(FormattedText("")) | {"poll": asked}


def _file(media: MediaSource, scene: Scene) -> Json:
    found = scene.file_of(media.uri)
    path = _UNAVAILABLE if found is None or found.path is None else found.path
    size = media.info.size if found is None or found.path is None else found.size
    told = _photo(path, size, media) if _is_photo(media) else _document(path, size, media, scene)
    sizes = {"width": media.info.width, "height": media.info.height}
    told |= {name: value for name, value in sizes.items() if value is not None}
    if media.look.spoiler:
        told["media_spoiler"] = True
    return told | _worded(media.caption or FormattedText(""))


def _is_photo(media: MediaSource) -> bool:
    return media.kind is MediaKind.IMAGE


def _photo(path: str, size: int | None, media: MediaSource) -> Json:
    told: Json = {"photo": path, "file_name": media.info.name}
    return told if size is None else told | {"photo_file_size": size}


def _document(path: str, size: int | None, media: MediaSource, scene: Scene) -> Json:
    info = media.info
    told: Json = {"file": path, "file_name": info.name, "mime_type": info.mime}
    if size is not None:
        told["file_size"] = size
    if info.duration_ms is not None:
        told["duration_seconds"] = _seconds(info.duration_ms)
    small = None if media.thumbnail is None else scene.file_of(media.thumbnail)
    if small is not None and small.path is not None:
        told |= {"thumbnail": small.path, "thumbnail_file_size": small.size}
    kind = _media_type(media)
    if kind is not None:
        told["media_type"] = kind
    if media.kind is MediaKind.STICKER:
        told["sticker_emoji"] = info.name
    return told


def _media_type(media: MediaSource) -> str | None:
    match media.kind:
        case MediaKind.STICKER:
            return "sticker"
        case MediaKind.AUDIO:
            return "voice_message" if media.look.voice else "audio_file"
        case MediaKind.VIDEO if media.look.round:
            return "video_message"
        case MediaKind.VIDEO:
            return "animation" if media.look.animated else "video_file"
    return None


def _seconds(milliseconds: int) -> int | float:
    whole, rest = divmod(milliseconds, _SECONDS_MS)
    return milliseconds / _SECONDS_MS if rest else whole


_LOCKED = user_text("This message is encrypted, and the key to it was not given.")
_OTHER = user_text("A message of a kind that this export cannot show.")
