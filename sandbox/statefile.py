# SPDX-License-Identifier: AGPL-3.0-or-later
"""Where the records of a sandbox outlive its process: one SQLite file."""

import json
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import TypeVar

from cattrs.preconf.json import JsonConverter, make_converter

R = TypeVar("R")


class StateFileError(Exception):
    """The state file cannot be used; the text says why and what to do."""


class StateFile:
    """Keeps records as JSON by kind and key, and bytes by name, in one SQLite file.

    What is changed is marked, and committed before anything is sent because of it: whatever was
    acknowledged survives ``kill -9``. (The write-ahead log without fsync is enough for that: only
    the machine's own crash could lose it.)
    """

    def __init__(self, path: Path | None = None, converter: JsonConverter | None = None) -> None:
        """Open or create the file; without a path nothing outlives the process.

        ``converter`` knows how records become JSON, where that is more than plain values.

        Raises `StateFileError` if it is in use by another process or is not a database.
        """
        self._converter = converter or make_converter(omit_if_default=True)
        self._changed: dict[tuple[str, str], object | None] = {}
        try:
            self._db = sqlite3.connect(path or ":memory:", timeout=0.5, isolation_level=None)
            self._db.execute("PRAGMA locking_mode=EXCLUSIVE")
            self._db.execute("PRAGMA journal_mode=WAL")
            self._db.execute("PRAGMA synchronous=OFF")
            self._db.execute(
                "CREATE TABLE IF NOT EXISTS record (number INTEGER PRIMARY KEY, kind TEXT NOT NULL,"
                " key TEXT NOT NULL, body TEXT NOT NULL, UNIQUE (kind, key))"
            )
            self._db.execute(
                "CREATE TABLE IF NOT EXISTS blob (name TEXT PRIMARY KEY, data BLOB NOT NULL)"
            )
        except sqlite3.Error as error:
            raise StateFileError(
                f"{path}: cannot be used as state file ({error}); stop the other sandbox or name"
                " another file"
            ) from error

    def load(self, kind: str, cls: type[R]) -> Iterator[R]:
        """Yield every record of a kind in the order they were first stored."""
        rows = self._db.execute("SELECT body FROM record WHERE kind = ? ORDER BY number", (kind,))
        for (body,) in rows.fetchall():
            yield self._converter.structure(json.loads(body), cls)

    def save(self, kind: str, key: str, record: object) -> None:
        """Mark a record as changed."""
        self._changed[kind, key] = record

    def delete(self, kind: str, key: str) -> None:
        """Mark a record as gone."""
        self._changed[kind, key] = None

    def put_blob(self, name: str, data: bytes) -> None:
        """Keep bytes under a name, in the current transaction."""
        self._begin()
        self._db.execute("INSERT OR REPLACE INTO blob VALUES (?, ?)", (name, data))

    def get_blob(self, name: str) -> bytes | None:
        """Return the bytes kept under a name."""
        row = self._db.execute("SELECT data FROM blob WHERE name = ?", (name,)).fetchone()
        return row[0] if row else None

    def commit(self) -> None:
        """Write all marked records in one transaction."""
        if not self._changed and not self._db.in_transaction:
            return
        self._begin()
        for (kind, key), record in self._changed.items():
            if record is None:
                self._db.execute("DELETE FROM record WHERE kind = ? AND key = ?", (kind, key))
                continue
            body = json.dumps(self._converter.unstructure(record), ensure_ascii=False)
            self._db.execute(
                "INSERT INTO record (kind, key, body) VALUES (?, ?, ?)"
                " ON CONFLICT (kind, key) DO UPDATE SET body = excluded.body",
                (kind, key, body),
            )
        self._changed.clear()
        self._db.execute("COMMIT")

    def close(self) -> None:
        """Commit and close the file."""
        self.commit()
        self._db.close()

    def _begin(self) -> None:
        if not self._db.in_transaction:
            self._db.execute("BEGIN")
