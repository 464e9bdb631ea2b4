# SPDX-License-Identifier: AGPL-3.0-or-later
"""What was done, beside the plan: whatever is interrupted goes on from here.

SQLite, one writer. A step is noted after it was done; each can be done again with the same result.
"""

from collections.abc import Iterable, Mapping
from enum import StrEnum
from pathlib import Path

from attrs import frozen
from mautrix.types import EventID, RoomID, UserID

from bridges.core.conversion.measures import UNMEASURED, Measures
from bridges.migration.notebook import Notebook

_SCHEMA = """
CREATE TABLE IF NOT EXISTS room (
    archive TEXT NOT NULL, chat TEXT NOT NULL, room TEXT NOT NULL, stage TEXT NOT NULL,
    PRIMARY KEY (archive, chat)
);
CREATE TABLE IF NOT EXISTS member (
    room TEXT NOT NULL, person TEXT NOT NULL, PRIMARY KEY (room, person)
);
CREATE TABLE IF NOT EXISTS event (
    room TEXT NOT NULL, message TEXT NOT NULL, part TEXT NOT NULL, event TEXT NOT NULL,
    PRIMARY KEY (room, message, part)
) WITHOUT ROWID;
CREATE UNIQUE INDEX IF NOT EXISTS event_of_room ON event (room, event);
CREATE TABLE IF NOT EXISTS upload (hash TEXT PRIMARY KEY, uri TEXT NOT NULL, size INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS measure (
    hash TEXT PRIMARY KEY, width INTEGER, height INTEGER, duration INTEGER, mime TEXT NOT NULL
);
CREATE TABLE IF NOT EXISTS file (
    archive TEXT NOT NULL, path TEXT NOT NULL, hash TEXT, why TEXT, PRIMARY KEY (archive, path)
);
"""

_UNDONE = "undone"


class Stage(StrEnum):
    """How far a room is; one that is open may have to grow by what a later export has."""

    MADE = "made"
    PEOPLED = "peopled"
    FILLED = "filled"
    OPEN = "open"
    GROWING = "growing"


@frozen
class MadeRoom:
    """A chat's room."""

    archive: str
    chat: str
    room: RoomID
    stage: Stage


@frozen
class KnownUpload:
    """A file of an archive as it is on the homeserver, or ``why`` it is not there."""

    uri: str
    size: int
    why: str = ""
    measures: Measures = UNMEASURED


def journal_of(plan: Path) -> Path:
    """Give where the journal of a plan lies."""
    return plan.with_name(f"{plan.name}.journal")


def has_rooms(plan: Path) -> bool:
    """Whether rooms were made of a plan, or of one that was in its file before."""
    path = journal_of(plan)
    if not path.exists():
        return False
    with Journal.open(path) as journal:
        return bool(journal.rooms())


class Journal(Notebook):
    """Reads and writes it."""

    tables = _SCHEMA

    def begin(self, identity: str, now: int) -> None:
        """Note what the migration is called and when it has begun (ms), the first time."""
        with self._at_once():
            for name, value in (("id", identity), ("begun", str(now))):
                self._db.execute("INSERT OR IGNORE INTO fact VALUES (?, ?)", (name, value))

    @property
    def begun(self) -> int:
        """When it has begun, milliseconds since 1970; 0 if it has not."""
        return int(self.fact("begun") or 0)

    @property
    def times_undone(self) -> int:
        """How often something that was put behind a bridge's part of a chat was taken back."""
        return int(self.fact(_UNDONE) or 0)

    # -- Rooms

    def rooms(self) -> list[MadeRoom]:
        """Give all rooms."""
        rows = self._db.execute("SELECT archive, chat, room, stage FROM room ORDER BY rowid")
        return [MadeRoom(row[0], row[1], RoomID(row[2]), Stage(row[3])) for row in rows]

    def room(self, archive: str, chat: str) -> MadeRoom | None:
        """Give a chat's room."""
        query = "SELECT room, stage FROM room WHERE archive = ? AND chat = ?"
        found = self._db.execute(query, (archive, chat)).fetchone()
        return None if found is None else MadeRoom(archive, chat, RoomID(found[0]), Stage(found[1]))

    def note_room(self, made: MadeRoom) -> None:
        """Note a room, or how far it is."""
        self._db.execute(
            "INSERT INTO room VALUES (?, ?, ?, ?)"
            " ON CONFLICT (archive, chat) DO UPDATE SET room = excluded.room, stage = excluded.stage",
            (made.archive, made.chat, made.room, made.stage),
        )

    def take_anew(self, archive: str) -> None:
        """Have the filled rooms of an archive grow, which is another one now, with files of its own."""
        with self._at_once():
            self._db.execute("DELETE FROM file WHERE archive = ?", (archive,))
            self._db.execute(
                "DELETE FROM fact WHERE name IN"
                " (SELECT 'grown ' || room FROM room WHERE archive = ?)",
                (archive,),
            )
            self._db.execute(
                "UPDATE room SET stage = ? WHERE archive = ? AND stage IN (?, ?)",
                (Stage.GROWING, archive, Stage.FILLED, Stage.OPEN),
            )

    def note_bridged_room(self, made: MadeRoom, first: str) -> None:
        """Note a bridge's room, and the id of the first message there that the bridge knows."""
        with self._at_once():
            self.note_fact(f"first {made.room}", first)
            self.note_room(made)

    def first_of_bridge(self, room: RoomID) -> str | None:
        """Give the id of a bridge's first message in a room of its; None for rooms of ours."""
        return self.fact(f"first {room}")

    def forget_bridged_room(self, room: RoomID) -> None:
        """Forget what was put into a bridge's room; put in again, it has to be other events."""
        with self._at_once():
            self._forget(room)
            self._db.execute("DELETE FROM fact WHERE name = ?", (f"first {room}",))
            self.note_fact(_UNDONE, str(self.times_undone + 1))

    def forget_room(self, room: RoomID) -> None:
        """Forget a room and all that is in it."""
        with self._at_once():
            self._forget(room)

    def _forget(self, room: RoomID) -> None:
        for table in ("member", "event", "room"):
            self._db.execute(f"DELETE FROM {table} WHERE room = ?", (room,))  # noqa: S608 - ours

    def members(self, room: RoomID) -> set[UserID]:
        """Give who was brought into a room."""
        rows = self._db.execute("SELECT person FROM member WHERE room = ?", (room,))
        return {UserID(row[0]) for row in rows}

    def note_member(self, room: RoomID, person: UserID) -> None:
        """Note that somebody is in a room."""
        self._db.execute("INSERT OR IGNORE INTO member VALUES (?, ?)", (room, person))

    # -- Messages

    def has(self, room: RoomID, message: str) -> bool:
        """Tell whether a message is in its room; all of it is, or nothing."""
        query = "SELECT 1 FROM event WHERE room = ? AND message = ? LIMIT 1"
        return self._db.execute(query, (room, message)).fetchone() is not None

    def event(self, room: RoomID, message: str, part: str) -> EventID | None:
        """Give the event that a part of a message has become."""
        query = "SELECT event FROM event WHERE room = ? AND message = ? AND part = ?"
        found = self._db.execute(query, (room, message, part)).fetchone()
        return None if found is None else EventID(found[0])

    def is_ours(self, room: RoomID, event: str) -> bool:
        """Tell whether an event is one of the archive."""
        query = "SELECT 1 FROM event WHERE room = ? AND event = ?"
        return self._db.execute(query, (room, event)).fetchone() is not None

    def note_events(self, room: RoomID, events: Iterable[tuple[str, str, EventID]]) -> None:
        """Note what messages have become, at once: message, part and event."""
        with self._at_once():
            self._db.executemany(
                "INSERT OR IGNORE INTO event VALUES (?, ?, ?, ?)",
                [(room, *one) for one in events],
            )

    def events(self, room: RoomID) -> list[EventID]:
        """Give all that was written into a room."""
        rows = self._db.execute("SELECT event FROM event WHERE room = ?", (room,))
        return [EventID(row[0]) for row in rows]

    def lowest(self, room: RoomID) -> str | None:
        """Give the lowest of the numbers that a room's messages have; None if there are none."""
        query = "SELECT MIN(CAST(message AS INTEGER)) FROM event WHERE room = ?"
        (found,) = self._db.execute(query, (room,)).fetchone()
        return None if found is None else str(found)

    def count_events(self) -> int:
        """Tell how many events were written."""
        return int(self._db.execute("SELECT COUNT(*) FROM event").fetchone()[0])

    # -- Files

    def file(self, archive: str, path: str) -> KnownUpload | None:
        """Give what a file of an archive has become."""
        found = self._db.execute(
            "SELECT upload.uri, upload.size, file.why, width, height, duration, mime FROM file"
            " LEFT JOIN upload ON upload.hash = file.hash"
            " LEFT JOIN measure ON measure.hash = file.hash WHERE archive = ? AND path = ?",
            (archive, path),
        ).fetchone()
        if found is None:
            return None
        uri, size, why, *seen = found
        return KnownUpload(uri or "", size or 0, why or "", _measures(*seen))

    def upload(self, digest: str) -> KnownUpload | None:
        """Give a file that is on the homeserver by its SHA-256."""
        query = (
            "SELECT uri, size, width, height, duration, mime FROM upload"
            " LEFT JOIN measure USING (hash) WHERE hash = ?"
        )
        found = self._db.execute(query, (digest,)).fetchone()
        if found is None:
            return None
        uri, size, *seen = found
        return KnownUpload(uri, size, measures=_measures(*seen))

    def note_upload(self, digest: str, known: KnownUpload) -> None:
        """Note a file that is on the homeserver."""
        seen = known.measures
        measures = (digest, seen.width, seen.height, seen.duration_ms, seen.mime)
        with self._at_once():
            self._db.execute("INSERT OR IGNORE INTO measure VALUES (?, ?, ?, ?, ?)", measures)
            row = (digest, known.uri, known.size)
            self._db.execute("INSERT OR IGNORE INTO upload VALUES (?, ?, ?)", row)

    def note_file(self, archive: str, path: str, digest: str | None, why: str = "") -> None:
        """Note what a file of an archive has become, or ``why`` nothing."""
        self._db.execute(
            "INSERT OR REPLACE INTO file VALUES (?, ?, ?, ?)", (archive, path, digest, why)
        )

    def uploads(self) -> Mapping[str, int]:
        """Give all files on the homeserver with their sizes."""
        return dict(self._db.execute("SELECT uri, size FROM upload").fetchall())


def _measures(
    width: int | None, height: int | None, duration: int | None, mime: str | None
) -> Measures:
    return Measures(width, height, duration, mime or "")
