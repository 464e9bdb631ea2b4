# SPDX-License-Identifier: AGPL-3.0-or-later
"""What a client finds in a room: kept on disk while it is compared, as there may be a lot of it."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from typing import Any

from attrs import astuple, frozen

from bridges.core.matrix import event_types

Json = dict[str, Any]


@frozen
class Looks:
    """How an event looks, in what matters.

    Attributes:
        sent_at: milliseconds since 1970.
        body: what is said, and in which file.
        related: the event that it answers or reacts to; empty if there is none.
        edited_at: when it was changed last, 0 if it was not.
    """

    sender: str
    sent_at: int
    type: str
    body: str
    related: str
    edited_at: int


@frozen
class SeenEvent:
    """An event that was found; the ``position`` of an older one is lower."""

    position: int
    looks: Looks


def body_of(content: Json) -> str:
    """Give what is said, and in which file; of a reaction its emoji."""
    relation = content.get("m.relates_to", {})
    if relation.get("rel_type") == "m.annotation":
        return str(relation.get("key"))
    file = content.get("url")
    return f"{content.get('body')} {file}" if file else str(content.get("body"))


def looks_of(event: Json) -> Looks:
    """Give how an event looks that a client was given."""
    content = event["content"]
    relation = content.get("m.relates_to", {})
    answered = relation.get("m.in_reply_to", {}).get("event_id")
    return Looks(
        sender=event["sender"],
        sent_at=event["origin_server_ts"],
        type=event["type"],
        body=body_of(content),
        related=str(answered or relation.get("event_id") or ""),
        edited_at=content.get(event_types.EDITED_AT, 0),
    )


class Seen:
    """Keeps events, which come newest first as clients read them."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._db = connection
        self._oldest = 0

    @classmethod
    @contextmanager
    def open(cls) -> Iterator["Seen"]:
        """Have an empty one for the time of the block."""
        # SQLite's database without a name: on disk as soon as it is large, and gone afterwards.
        with closing(sqlite3.connect("", check_same_thread=False)) as connection:
            connection.execute(
                "CREATE TABLE seen (position INTEGER PRIMARY KEY, event TEXT UNIQUE, sender TEXT,"
                " sent_at INTEGER, type TEXT, body TEXT, related TEXT, edited_at INTEGER)"
            )
            yield cls(connection)

    def add(self, event: str, looks: Looks) -> bool:
        """Add an event that is older than those there are; False if it was there before."""
        added = self._db.execute(
            "INSERT OR IGNORE INTO seen VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            (self._oldest - 1, event, *astuple(looks)),
        )
        self._oldest -= added.rowcount
        return added.rowcount == 1

    def find(self, event: str) -> SeenEvent | None:
        """Give an event."""
        found = self._db.execute(
            "SELECT position, sender, sent_at, type, body, related, edited_at FROM seen"
            " WHERE event = ?",
            (event,),
        ).fetchone()
        return None if found is None else SeenEvent(found[0], Looks(*found[1:]))

    def count(self) -> int:
        """Tell how many there are."""
        return int(self._db.execute("SELECT COUNT(*) FROM seen").fetchone()[0])
