# SPDX-License-Identifier: AGPL-3.0-or-later
"""What an event of a room is to an export; pure."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Any

from bridges.core.matrix import event_types
from bridges.core.matrix.links import references

Json = dict[str, Any]


class Role(StrEnum):
    """What becomes of an event."""

    MESSAGE = "message"
    """It stands by itself, if only as a note that it is deleted or cannot be read."""
    EDIT = "edit"
    REACTION = "reaction"
    VOTE = "vote"
    END = "end"
    OTHER = "other"
    """It stands among the events of the room only."""


_SAID = frozenset(
    {
        event_types.MESSAGE,
        event_types.STICKER,
        event_types.POLL_START,
        event_types.POLL_START_UNSTABLE,
        event_types.ENCRYPTED,
    }
)
_REFERRING = {
    event_types.POLL_RESPONSE: Role.VOTE,
    event_types.POLL_RESPONSE_UNSTABLE: Role.VOTE,
    event_types.POLL_END: Role.END,
    event_types.POLL_END_UNSTABLE: Role.END,
}
POLLS = frozenset({event_types.POLL_START, event_types.POLL_START_UNSTABLE})


def role_of(event: Json) -> tuple[Role, str]:
    """Tell what an event is, and of which event it says something; empty if of none."""
    kind = event.get("type")
    if "state_key" in event:
        return Role.OTHER, ""
    relation = inner(inner(event, "content"), "m.relates_to")
    target = relation.get("event_id")
    named = target if isinstance(target, str) else ""
    if kind in _SAID:
        if relation.get("rel_type") == "m.replace" and named:
            return Role.EDIT, named
        return Role.MESSAGE, ""
    if kind == event_types.REACTION and relation.get("rel_type") == "m.annotation" and named:
        return Role.REACTION, named
    if kind in _REFERRING and named:
        return _REFERRING[str(kind)], named
    return Role.OTHER, ""


def is_deleted(event: Json) -> bool:
    """Whether what an event said was taken back."""
    return "redacted_because" in inner(event, "unsigned") or not inner(event, "content")


def inner(found: Mapping[str, Any], key: str) -> Json:
    """An object in an object; empty if there is none."""
    value = found.get(key)
    return value if isinstance(value, dict) else {}


def media_of(event: Json) -> list[tuple[str, Json | None]]:
    """Give the files of a message: addresses, each with what decrypts it if it is encrypted.

    Source: Matrix specification, "m.room.message msgtypes" and "Sending encrypted attachments".
    """
    content = inner(event, "content")
    said = inner(content, "m.new_content") or content
    info = inner(said, "info")
    found: dict[str, Json | None] = {}
    for holder, plain, sealed in ((said, "url", "file"), (info, "thumbnail_url", "thumbnail_file")):
        file = inner(holder, sealed)
        for address, key in ((file.get("url"), file), (holder.get(plain), None)):
            if isinstance(address, str) and address.startswith("mxc://"):
                found.setdefault(address, key)
    html = said.get("formatted_body")
    if isinstance(html, str):
        found |= dict.fromkeys(references(html, is_html=True).pictures - found.keys())
    picture = inner(content, "m.relates_to").get("key")
    if isinstance(picture, str) and picture.startswith("mxc://"):
        found.setdefault(picture, None)
    return list(found.items())
