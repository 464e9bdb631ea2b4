# SPDX-License-Identifier: AGPL-3.0-or-later
"""What was read of somebody's rooms, on disk: whatever is interrupted goes on from here.

SQLite, one writer; memory does not grow with the rooms. It lies in the folder of the export and is deleted
when that is complete, as decrypted messages are in it.
"""

import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from attrs import frozen

from bridges.core.matrix.content import UnreadableMessage
from bridges.core.matrix.polls import parse_poll_vote
from bridges.migration.leaving.export.events import Role, inner, media_of, role_of
from bridges.migration.leaving.export.files import KeptFile
from bridges.migration.leaving.export.messages import Reacted, Said
from bridges.migration.notebook import Notebook

Json = dict[str, Any]

_SCHEMA = """
CREATE TABLE IF NOT EXISTS room (
    room TEXT PRIMARY KEY, details TEXT NOT NULL, start TEXT, read INTEGER NOT NULL DEFAULT 0
);
CREATE TABLE IF NOT EXISTS member (
    room TEXT NOT NULL, mxid TEXT NOT NULL, name TEXT NOT NULL, membership TEXT NOT NULL,
    PRIMARY KEY (room, mxid)
);
CREATE TABLE IF NOT EXISTS event (
    room TEXT NOT NULL, event TEXT NOT NULL, age INTEGER NOT NULL, sent_at INTEGER NOT NULL,
    role TEXT NOT NULL, target TEXT NOT NULL, number INTEGER, source TEXT NOT NULL,
    PRIMARY KEY (room, event)
);
CREATE INDEX IF NOT EXISTS event_in_order ON event (room, sent_at, age DESC);
CREATE INDEX IF NOT EXISTS event_by_age ON event (room, age);
CREATE INDEX IF NOT EXISTS event_of ON event (room, target, sent_at, age DESC) WHERE target <> '';
CREATE TABLE IF NOT EXISTS file (
    uri TEXT PRIMARY KEY, name TEXT NOT NULL, key TEXT, tried INTEGER NOT NULL DEFAULT 0,
    path TEXT, size INTEGER NOT NULL DEFAULT 0, sha256 TEXT NOT NULL DEFAULT ''
);
"""


@frozen
class ListedRoom:
    """A room of the export. ``details`` is its header, as ``reading`` has found it."""

    room: str
    details: Json
    read: bool


@frozen
class WantedFile:
    """A file that is still to be had. ``key`` decrypts it; None if it is not encrypted."""

    row: int
    uri: str
    name: str
    key: Json | None


class Journal(Notebook):
    """Reads and writes it."""

    tables = _SCHEMA

    def note_document(self, name: str, document: Json) -> None:
        """Note something of several fields."""
        self.note_fact(name, json.dumps(document))

    def document(self, name: str) -> Json:
        """Give it; empty if there is none."""
        found: Json = json.loads(self.fact(name) or "{}")
        return found

    # -- Rooms

    def note_members(self, room: str, members: Mapping[str, tuple[str, str]]) -> None:
        """Note who is in a room: name and membership by Matrix id."""
        with self._at_once():
            self._db.executemany(
                "INSERT OR REPLACE INTO member VALUES (?, ?, ?, ?)",
                [(room, mxid, *one) for mxid, one in members.items()],
            )

    def members(self, room: str) -> dict[str, tuple[str, str]]:
        """Give who is in a room."""
        query = "SELECT mxid, name, membership FROM member WHERE room = ? ORDER BY mxid"
        return {row[0]: (row[1], row[2]) for row in self._db.execute(query, (room,))}

    def note_room(self, room: str, details: Json) -> None:
        """Note a room and what is known of it; what was read of it stays."""
        self._db.execute(
            "INSERT INTO room (room, details) VALUES (?, ?)"
            " ON CONFLICT (room) DO UPDATE SET details = excluded.details",
            (room, json.dumps(details)),
        )

    def note_incomplete(self, room: str, why: str) -> None:
        """Note that the homeserver does not give all of a room."""
        self.note_document("incomplete", {**self.incomplete(), room: why})

    def incomplete(self) -> Mapping[str, str]:
        """Give the rooms that are not there or not whole, each with the reason."""
        return self.document("incomplete")

    def rooms(self) -> list[ListedRoom]:
        """Give all rooms."""
        rows = self._db.execute("SELECT room, details, read FROM room ORDER BY rowid")
        return [ListedRoom(row[0], json.loads(row[1]), bool(row[2])) for row in rows]

    def start(self, room: str) -> str | None:
        """Give where reading goes on; None at the newest event."""
        row = self._db.execute("SELECT start FROM room WHERE room = ?", (room,)).fetchone()
        return None if row is None or row[0] is None else str(row[0])

    def note_page(self, room: str, events: Iterable[Json], start: str | None) -> None:
        """Note events, newest first, and where older ones begin; None ends the room."""
        with self._at_once():
            query = "SELECT COALESCE(MAX(age), 0) FROM event WHERE room = ?"
            age = int(self._db.execute(query, (room,)).fetchone()[0])
            for number, event in enumerate(events, start=age + 1):
                role, target = role_of(event)
                self._db.execute(
                    "INSERT OR IGNORE INTO event VALUES (?, ?, ?, ?, ?, ?, NULL, ?)",
                    (
                        room,
                        event["event_id"],
                        number,
                        event["origin_server_ts"],
                        role,
                        target,
                        json.dumps(_lasting(event)),
                    ),
                )
                self._want_files(event)
            self._db.execute(
                "UPDATE room SET start = ?, read = ? WHERE room = ?", (start, start is None, room)
            )
            if start is None:
                self._number(room)

    def _number(self, room: str) -> None:
        """Number the messages of a room by time; of the same time, as the homeserver has them."""
        self._db.execute(
            "UPDATE event SET number = counted.number FROM (SELECT event AS name, ROW_NUMBER() OVER"
            " (ORDER BY sent_at, age DESC) AS number FROM event WHERE room = ? AND role = ?)"
            " AS counted WHERE event.room = ? AND event.event = counted.name",
            (room, Role.MESSAGE, room),
        )

    # -- Messages

    def events(self, room: str) -> Iterator[str]:
        """Give all events of a room as JSON, oldest first."""
        query = "SELECT source FROM event WHERE room = ? ORDER BY sent_at, age DESC"
        for row in self._db.execute(query, (room,)):
            yield row[0]

    def messages(self, room: str) -> Iterator[Said]:
        """Give the messages of a room, oldest first, with what was said of each later."""
        query = (
            "SELECT number, event, source FROM event WHERE room = ? AND role = ?"
            " ORDER BY sent_at, age DESC"
        )
        for number, name, source in self._db.execute(query, (room, Role.MESSAGE)):
            yield self._said(room, number, name, json.loads(source))

    def _said(self, room: str, number: int, name: str, event: Json) -> Said:
        edit: Json | None = None
        reactions: list[Reacted] = []
        votes: dict[str, list[str]] = {}
        ended = False
        query = (
            # Without being told, SQLite goes through the whole room for each message.
            "SELECT role, source FROM event INDEXED BY event_of"
            " WHERE room = ? AND target = ? AND target <> ''"
            " ORDER BY sent_at, age DESC"
        )
        for role, source in self._db.execute(query, (room, name)):
            later = json.loads(source)
            content = inner(later, "content")
            match role:
                # Only who has said something may change it, or end what they have asked.
                case Role.EDIT if later["sender"] == event["sender"]:
                    edit = later if inner(content, "m.new_content") else edit
                case Role.REACTION:
                    key = inner(content, "m.relates_to").get("key")
                    if isinstance(key, str):
                        reactions.append(Reacted(later["sender"], key, later["origin_server_ts"]))
                case Role.VOTE if not ended:
                    votes[later["sender"]] = _chosen(content)
                case Role.END if later["sender"] == event["sender"]:
                    ended = True
        return Said(number, event, edit, reactions, votes, ended)

    def number_of(self, room: str, event: str) -> int | None:
        """Give the number of a message, None if there is no such message."""
        query = "SELECT number FROM event WHERE room = ? AND event = ?"
        found = self._db.execute(query, (room, event)).fetchone()
        return None if found is None else found[0]

    def counts(self) -> Mapping[str, int]:
        """Tell how many events of each role there are."""
        return dict(self._db.execute("SELECT role, COUNT(*) FROM event GROUP BY role"))

    # -- Files

    def want(self, uri: str, name: str, key: Json | None) -> None:
        """Note that a file belongs to the export."""
        self._db.execute(
            "INSERT OR IGNORE INTO file (uri, name, key) VALUES (?, ?, ?)",
            (uri, name, None if key is None else json.dumps(key)),
        )

    def _want_files(self, event: Json) -> None:
        content = inner(event, "content")
        said = inner(content, "m.new_content") or content
        name = said.get("filename") or said.get("body")
        named = name if isinstance(name, str) else ""
        for number, (uri, key) in enumerate(media_of(event)):
            self.want(uri, "thumbnail" if number else named, key)

    def wanted(self) -> Iterator[WantedFile]:
        """Give the files that were not asked for yet."""
        last = 0
        query = "SELECT rowid, uri, name, key FROM file WHERE tried = 0 AND rowid > ? LIMIT 1"
        while (row := self._db.execute(query, (last,)).fetchone()) is not None:
            last = row[0]
            yield WantedFile(last, row[1], row[2], None if row[3] is None else json.loads(row[3]))

    def note_file(self, uri: str, kept: KeptFile) -> None:
        """Note what became of a file."""
        self._db.execute(
            "UPDATE file SET tried = 1, path = ?, size = ?, sha256 = ? WHERE uri = ?",
            (kept.path, kept.size, kept.sha256, uri),
        )

    def file(self, uri: str) -> KeptFile | None:
        """Give what became of a file."""
        query = "SELECT path, size, sha256 FROM file WHERE uri = ? AND tried = 1"
        found = self._db.execute(query, (uri,)).fetchone()
        return None if found is None else KeptFile(*found)

    def files(self) -> Iterator[KeptFile]:
        """Give the files that are there."""
        query = "SELECT path, size, sha256 FROM file WHERE path IS NOT NULL ORDER BY rowid"
        for row in self._db.execute(query):
            yield KeptFile(*row)

    def missing(self) -> list[str]:
        """Give the addresses of files that could not be had."""
        query = "SELECT uri FROM file WHERE tried = 1 AND path IS NULL ORDER BY rowid"
        return [row[0] for row in self._db.execute(query)]

    def count_files(self) -> int:
        """Tell how many files there are."""
        return int(self._db.execute("SELECT COUNT(*) FROM file").fetchone()[0])


def _lasting(event: Json) -> Json:
    """Give an event without what is different each time it is asked for."""
    kept = {key: value for key, value in event.items() if key != "age"}
    if "unsigned" in kept:
        kept["unsigned"] = {k: v for k, v in inner(kept, "unsigned").items() if k != "age"}
    return kept


def _chosen(content: Json) -> list[str]:
    try:
        return list(parse_poll_vote(content).answers)
    except UnreadableMessage:
        return []
