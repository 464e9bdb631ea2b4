# SPDX-License-Identifier: AGPL-3.0-or-later
"""What an application service hands over: a batch of past events, checked; pure."""

import base64
import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from attrs import frozen

MOST_EVENTS = 500
"""Most events of a batch."""
LONGEST_KEY = 255
"""Most characters of a key."""
LATEST_TIME = 2**53 - 1
"""Latest ``origin_server_ts``: the greatest whole number of canonical JSON."""

MARK = "org.karvon.past"
"""Field of the content that is different in each event of a room's history."""

_FIELDS = frozenset(
    {"key", "sender", "type", "origin_server_ts", "content", "relates_to", "reply_to"}
)
_RELATION = "m.relates_to"
_REPLY = "m.in_reply_to"
_ID = "event_id"


class BatchError(ValueError):
    """The batch is refused; the message says where, why and what to do."""


class TooLargeError(BatchError):
    """There are too many events in the batch."""


class UnknownTargetError(BatchError):
    """An event belongs to one that is not known in its room."""


@frozen
class PastEvent:
    """An event as handed over.

    Attributes:
        key: names it in its room for ever; handed over again, it leads to the same event.
        origin_server_ts: milliseconds since 1970.
        relates_to: key of the event that ``m.relates_to`` is about, to be filled in there.
        reply_to: key of the event that is answered, to be filled in as ``m.in_reply_to``.
    """

    key: str
    sender: str
    type: str
    origin_server_ts: int
    content: Mapping[str, Any]
    relates_to: str | None
    reply_to: str | None

    @property
    def named_keys(self) -> Iterator[str]:
        """The keys of other events in it."""
        yield from (key for key in (self.relates_to, self.reply_to) if key is not None)

    @property
    def named_events(self) -> Iterator[str]:
        """The ids of other events in it that it belongs to."""
        relation = self.content.get(_RELATION)
        if isinstance(relation, Mapping):
            yield from _ids(relation)
            answered = relation.get(_REPLY)
            if isinstance(answered, Mapping):
                yield from _ids(answered)


def _ids(value: Mapping[str, Any]) -> Iterator[str]:
    if isinstance(value.get(_ID), str):
        yield value[_ID]


def parse(body: Mapping[str, Any]) -> Sequence[PastEvent]:
    """Check a request's body: ``{"events": [...]}``, oldest first.

    Raises:
        BatchError: for the first mistake.
    """
    events = body.get("events")
    if not isinstance(events, list) or not events:
        raise BatchError("The body must be an object with a list of at least one event: 'events'.")
    if len(events) > MOST_EVENTS:
        raise TooLargeError(
            f"There are {len(events)} events in the batch and {MOST_EVENTS} are allowed:"
            " make several batches of it."
        )
    parsed = [_event(one, f"events[{index}]") for index, one in enumerate(events)]
    keys = set()
    for index, one in enumerate(parsed):
        if one.key in keys:
            raise BatchError(f"events[{index}]: the key {one.key!r} is there twice in this batch.")
        keys.add(one.key)
    return parsed


def _event(raw: object, where: str) -> PastEvent:
    if not isinstance(raw, dict):
        raise BatchError(f"{where}: must be an object.")
    unknown = sorted(set(raw) - _FIELDS)
    if "state_key" in unknown:
        raise BatchError(f"{where}: state cannot be put into the past, only what was said.")
    if unknown:
        raise BatchError(f"{where}: there is no field {unknown[0]!r}.")
    kind = _text(raw, "type", where)
    if kind == "m.room.redaction":
        raise BatchError(f"{where}: leave out what was deleted, instead of deleting it here.")
    content = raw.get("content")
    if not isinstance(content, dict):
        raise BatchError(f"{where}.content: must be an object.")
    if not _is_unicode(json.dumps(content, ensure_ascii=False)):
        raise BatchError(f"{where}.content: holds a character that cannot be stored.")
    past = PastEvent(
        key=_text(raw, "key", where),
        sender=_text(raw, "sender", where),
        type=kind,
        origin_server_ts=_time(raw.get("origin_server_ts"), f"{where}.origin_server_ts"),
        content=content,
        relates_to=_text(raw, "relates_to", where) if "relates_to" in raw else None,
        reply_to=_text(raw, "reply_to", where) if "reply_to" in raw else None,
    )
    _check_places(past, where)
    return past


def _text(raw: Mapping[str, Any], name: str, where: str) -> str:
    value = raw.get(name)
    if not isinstance(value, str) or not 0 < len(value) <= LONGEST_KEY:
        raise BatchError(f"{where}.{name}: must be text of 1 to {LONGEST_KEY} characters.")
    if "\0" in value or not _is_unicode(value):
        raise BatchError(f"{where}.{name}: holds a character that cannot be stored.")
    return value


def _is_unicode(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _time(value: object, where: str) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= LATEST_TIME:
        raise BatchError(f"{where}: must be a whole number of milliseconds since 1970.")
    return value


def _check_places(past: PastEvent, where: str) -> None:
    """See that there is exactly one statement about each event that is named."""
    relation = past.content.get(_RELATION)
    if relation is not None and not isinstance(relation, dict):
        raise BatchError(f"{where}.content.{_RELATION}: must be an object.")
    if past.relates_to is not None and (
        relation is None or not isinstance(relation.get("rel_type"), str) or _ID in relation
    ):
        raise BatchError(
            f"{where}.relates_to: {_RELATION} in the content must have a 'rel_type', and no"
            f" '{_ID}', which is filled in."
        )
    if past.reply_to is not None and relation is not None and _REPLY in relation:
        raise BatchError(f"{where}.reply_to: {_REPLY} in the content is filled in; leave it out.")


def filled(past: PastEvent, known: Mapping[str, str]) -> dict[str, Any]:
    """Give the content with the ids of the events it belongs to, and a mark made of the key.

    An event's id is a hash: without the mark somebody who said the same twice at once said it once.

    Args:
        past: the event.
        known: ids of events by key.

    Raises:
        UnknownTargetError: a key is not known.
    """
    digest = hashlib.sha256(past.key.encode()).digest()
    content = {**past.content, MARK: base64.urlsafe_b64encode(digest)[:16].decode()}
    if past.relates_to is not None:
        content[_RELATION] = {**content[_RELATION], _ID: _known(past, past.relates_to, known)}
    if past.reply_to is not None:
        answered = {_ID: _known(past, past.reply_to, known)}
        content[_RELATION] = {**content.get(_RELATION, {}), _REPLY: answered}
    return content


def _known(past: PastEvent, key: str, known: Mapping[str, str]) -> str:
    event = known.get(key)
    if event is None:
        raise UnknownTargetError(
            f"The event with the key {past.key!r} belongs to {key!r}, which is not known in this"
            " room: hand that over first, or leave the relation out."
        )
    return event
