# SPDX-License-Identifier: AGPL-3.0-or-later
"""What must survive the worker: events not yet acknowledged, accounts, and what was sent.

One SQLite file, one connection, used from the library's threads and from the event loop. A change is
on the disk (``synchronous=FULL``) when its method returns.
"""

import json
import sqlite3
import threading
import time
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from attrs import frozen

from bridges.whatsapp.wire.messages import WorkerEvent
from bridges.whatsapp.worker.starts import STARTS, Starts

_SCHEMA = """
CREATE TABLE IF NOT EXISTS journal (name TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS event (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    account TEXT NOT NULL,
    kind TEXT NOT NULL,
    data TEXT NOT NULL
);
CREATE INDEX IF NOT EXISTS event_account ON event (account, seq);
CREATE TABLE IF NOT EXISTS account (
    name TEXT PRIMARY KEY,
    jid TEXT NOT NULL,
    lid TEXT NOT NULL,
    wanted INTEGER NOT NULL
);
CREATE TABLE IF NOT EXISTS sent (
    account TEXT NOT NULL,
    key TEXT NOT NULL,
    id TEXT NOT NULL,
    at INTEGER NOT NULL,
    run TEXT NOT NULL,
    accepted INTEGER NOT NULL,
    PRIMARY KEY (account, key)
);
CREATE INDEX IF NOT EXISTS sent_id ON sent (account, id);
CREATE TABLE IF NOT EXISTS history (
    account TEXT NOT NULL,
    id TEXT NOT NULL,
    notification TEXT NOT NULL,
    PRIMARY KEY (account, id)
);
CREATE TABLE IF NOT EXISTS seen (
    account TEXT NOT NULL,
    sender TEXT NOT NULL,
    id TEXT NOT NULL,
    at INTEGER NOT NULL,
    PRIMARY KEY (account, sender, id)
) WITHOUT ROWID;
"""

Events = Sequence[tuple[str, Mapping[str, Any]]]
"""Events by kind and data."""

_NONE: Mapping[str, Mapping[str, Any]] = {}
_MESSAGES = frozenset({"message", "undecryptable"})
_CHANNELS = "@newsletter"
_REMEMBERED = 30 * 86400
"""Seconds for which ids of messages are kept: nothing waits longer at the service."""


@frozen
class Linked:
    """An account whose device is linked.

    Attributes:
        name: what the bridge calls it.
        jid: number, device and server, as the library's store knows it.
        lid: the same by LID; may be empty.
        wanted: whether it is to be connected whenever the worker runs.
    """

    name: str
    jid: str
    lid: str
    wanted: bool


@frozen
class Sending:
    """A message that was sent under a key, or was about to be.

    Attributes:
        id: WhatsApp's id of it.
        at: Unix time in seconds.
        accepted: the service has it; otherwise nothing was heard of it.
        this_run: the worker has not been started again since.
    """

    id: str
    at: int
    accepted: bool
    this_run: bool


class Journal:
    """The worker's own records. `clock` gives Unix time; `starts` are a subject of their own."""

    def __init__(self, path: Path, clock: Callable[[], float] = time.time) -> None:
        self._clock = clock
        self._run = uuid.uuid4().hex
        path.touch(mode=0o600)
        self._lock = threading.Lock()
        self._database = sqlite3.connect(path, check_same_thread=False, isolation_level=None)
        self._database.execute("PRAGMA journal_mode=WAL")
        self._database.execute("PRAGMA synchronous=FULL")
        self._database.executescript(_SCHEMA + STARTS)
        self.starts = Starts(self._change, clock)
        with self._change() as database:
            if database.execute("SELECT 1 FROM journal").fetchone() is None:
                database.execute("INSERT INTO journal VALUES (?)", (uuid.uuid4().hex,))
            old = int(clock()) - _REMEMBERED
            database.execute("DELETE FROM seen WHERE at < ?", (old,))
            database.execute("DELETE FROM sent WHERE at < ?", (old,))
        rows = self._database.execute("SELECT account, id FROM sent WHERE accepted = 0")
        self._open_sends = {(str(row[0]), str(row[1])) for row in rows}
        self.name = str(self._database.execute("SELECT name FROM journal").fetchone()[0])

    def append(self, account: str, kind: str, data: Mapping[str, Any]) -> int:
        """Keep an event; returns its number, or 0 if it is a message that was kept before."""
        return self.append_all(account, [(kind, data)])

    def append_all(
        self, account: str, events: Events, histories: Mapping[str, Mapping[str, Any]] = _NONE
    ) -> int:
        """Keep several events, all or none; returns the last one's number (0: there was none).

        `histories`: notifications of old chats to be fetched, by the message's id.
        """
        last = 0
        with self._change() as database:
            for message_id, notification in histories.items():
                database.execute(
                    "INSERT OR IGNORE INTO history VALUES (?, ?, ?)",
                    (account, message_id, json.dumps(notification)),
                )
            for kind, data in events:
                if kind in _MESSAGES and not self._is_new(database, account, kind, data):
                    continue
                done = database.execute(
                    "INSERT INTO event (account, kind, data) VALUES (?, ?, ?)",
                    (account, kind, json.dumps(data, ensure_ascii=False)),
                )
                last = done.lastrowid or 0
        return last

    def histories(self, account: str) -> list[tuple[str, dict[str, Any]]]:
        """Return what old chats are to be fetched: the message's id and its notification."""
        with self._lock:
            rows = self._database.execute(
                "SELECT id, notification FROM history WHERE account = ? ORDER BY rowid", (account,)
            ).fetchall()
        return [(str(row[0]), json.loads(row[1])) for row in rows]

    def keep_history(self, account: str, message_id: str, events: Events) -> None:
        """Keep old chats; they need not be fetched again."""
        with self._change() as database:
            _insert(database, account, events)
            database.execute(
                "DELETE FROM history WHERE account = ? AND id = ?", (account, message_id)
            )

    def has(self, account: str, sender: str, message_id: str) -> bool:
        """Tell whether a message was kept in the last weeks, acknowledged or not."""
        with self._lock:
            return _seen(self._database, account, sender, message_id)

    def _is_new(
        self, database: sqlite3.Connection, account: str, kind: str, data: Mapping[str, Any]
    ) -> bool:
        """Note a message. It comes again if its sender was asked for it; ids are his to choose."""
        sender, message_id = str(data["sender"]), _version(data)
        if _seen(database, account, sender, message_id):
            return False
        if kind == "message":
            database.execute(
                "INSERT INTO seen VALUES (?, ?, ?, ?)",
                (account, sender, message_id, int(self._clock())),
            )
        return True

    def waiting(self) -> list[str]:
        """Return the accounts that have events."""
        with self._lock:
            rows = self._database.execute("SELECT DISTINCT account FROM event").fetchall()
        return [str(row[0]) for row in rows]

    def after(self, seq: int, limit: int, account: str) -> list[WorkerEvent]:
        """Return an account's oldest events with higher numbers."""
        with self._lock:
            rows = self._database.execute(
                "SELECT seq, kind, data FROM event WHERE account = ? AND seq > ?"
                " ORDER BY seq LIMIT ?",
                (account, seq, limit),
            ).fetchall()
        return [WorkerEvent(account, row[0], row[1], json.loads(row[2])) for row in rows]

    def acknowledge(self, account: str, seq: int) -> None:
        """Forget an event."""
        with self._change() as database:
            database.execute("DELETE FROM event WHERE seq = ? AND account = ?", (seq, account))

    def accounts(self) -> list[Linked]:
        """Return everybody who is linked."""
        with self._lock:
            rows = self._database.execute("SELECT name, jid, lid, wanted FROM account").fetchall()
        return [Linked(row[0], row[1], row[2], bool(row[3])) for row in rows]

    def account(self, name: str) -> Linked | None:
        """Return one account, if it is linked."""
        return next((one for one in self.accounts() if one.name == name), None)

    def linked(self, account: Linked, events: Events) -> None:
        """Keep an account together with the events that tell of it."""
        with self._change() as database:
            database.execute(
                "INSERT OR REPLACE INTO account (name, jid, lid, wanted) VALUES (?, ?, ?, ?)",
                (account.name, account.jid, account.lid, account.wanted),
            )
            _insert(database, account.name, events)

    def want(self, name: str, wanted: bool) -> None:
        """Remember whether an account is to be connected."""
        with self._change() as database:
            database.execute("UPDATE account SET wanted = ? WHERE name = ?", (wanted, name))

    def unlinked(self, name: str) -> None:
        """Forget an account; its events stay until they are acknowledged."""
        with self._change() as database:
            database.execute("DELETE FROM account WHERE name = ?", (name,))

    def forget(self, name: str) -> None:
        """Forget an account and everything of it."""
        with self._change() as database:
            database.execute("DELETE FROM account WHERE name = ?", (name,))
            database.execute("DELETE FROM event WHERE account = ?", (name,))
            database.execute("DELETE FROM sent WHERE account = ?", (name,))
            database.execute("DELETE FROM seen WHERE account = ?", (name,))
            database.execute("DELETE FROM history WHERE account = ?", (name,))
            database.execute("DELETE FROM start WHERE account = ?", (name,))

    def sent(self, account: str, key: str) -> Sending | None:
        """Return what is known of sending under a key."""
        with self._lock:
            row = self._database.execute(
                "SELECT id, at, accepted, run FROM sent WHERE account = ? AND key = ?",
                (account, key),
            ).fetchone()
        return Sending(row[0], row[1], bool(row[2]), row[3] == self._run) if row else None

    def sending(self, account: str, key: str, message_id: str) -> None:
        """Keep that a message is about to leave under a key."""
        now = int(self._clock())
        with self._change() as database:
            database.execute(
                "INSERT OR REPLACE INTO sent VALUES (?, ?, ?, ?, ?, 0)",
                (account, key, message_id, now, self._run),
            )
        self._open_sends.add((account, message_id))

    def accepted(self, account: str, message_id: str, at: int) -> None:
        """Keep that the service has a message; `at` 0: at a time not known."""
        if (account, message_id) not in self._open_sends:
            return
        with self._change() as database:
            database.execute(
                "UPDATE sent SET accepted = 1, at = CASE ? WHEN 0 THEN at ELSE ? END"
                " WHERE account = ? AND id = ?",
                (at, at, account, message_id),
            )
        self._open_sends.discard((account, message_id))

    def refused(self, account: str, message_id: str) -> None:
        """Keep that the service did not take a message: its key is free again."""
        if (account, message_id) not in self._open_sends:
            return
        with self._change() as database:
            database.execute("DELETE FROM sent WHERE account = ? AND id = ?", (account, message_id))
        self._open_sends.discard((account, message_id))

    def close(self) -> None:
        """Let go of the file."""
        with self._lock:
            self._database.close()

    @contextmanager
    def _change(self) -> Iterator[sqlite3.Connection]:
        with self._lock:
            self._database.execute("BEGIN IMMEDIATE")
            try:
                yield self._database
            except BaseException:
                self._database.execute("ROLLBACK")
                raise
            self._database.execute("COMMIT")


def _version(data: Mapping[str, Any]) -> str:
    """Return what no other message of a sender has: a post of a channel keeps its id when it changes."""
    if not str(data.get("chat")).endswith(_CHANNELS):
        return str(data["id"])
    changed = data.get("newsletter", {}).get("edit_ts", "")
    return f"{data['id']}/{data.get('edit', '')}/{changed}"


def _seen(database: sqlite3.Connection, account: str, sender: str, message_id: str) -> bool:
    row = database.execute(
        "SELECT 1 FROM seen WHERE account = ? AND sender = ? AND id = ?",
        (account, sender, message_id),
    ).fetchone()
    return row is not None


def _insert(database: sqlite3.Connection, account: str, events: Events) -> None:
    database.executemany(
        "INSERT INTO event (account, kind, data) VALUES (?, ?, ?)",
        [(account, kind, json.dumps(data, ensure_ascii=False)) for kind, data in events],
    )
