# SPDX-License-Identifier: AGPL-3.0-or-later
"""Read receipts as the homeserver tells of them (Matrix spec v1.11, ``m.receipt``)."""

from collections.abc import Iterable
from typing import Any

from attrs import frozen
from mautrix.types import EventID, UserID

from bridges.core.sanitize import clean_text


@frozen
class Receipt:
    """Somebody has read up to an event; ``given_at`` in milliseconds since 1970, 0 if not known."""

    event: EventID
    reader: UserID
    given_at: int


def public_receipts(content: Any) -> list[Receipt]:
    """The receipts in an event's content, in the order they were given; what is malformed is left out.

    Those of threads count as well: to a network a chat is one thread. Private receipts
    (``m.read.private``) stay private: networks would show them to the others.
    """
    found = [
        Receipt(EventID(event), UserID(reader), _given_at(data))
        for event, kinds in _items(content)
        for reader, data in _items(kinds.get("m.read") if isinstance(kinds, dict) else None)
        if event == clean_text(event)  # No database could look for another.
    ]
    return sorted(found, key=lambda one: one.given_at)


def _items(value: Any) -> Iterable[tuple[str, Any]]:
    return value.items() if isinstance(value, dict) else ()


def _given_at(data: Any) -> int:
    moment = data.get("ts") if isinstance(data, dict) else None
    return moment if isinstance(moment, int) and moment > 0 else 0
