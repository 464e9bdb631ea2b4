# SPDX-License-Identifier: AGPL-3.0-or-later
"""Where records outlive the process: one SQLite file, or nowhere.

A request changes records in memory and marks them; `commit` writes all marked records in one
transaction before the answer leaves, so whatever was acknowledged survives ``kill -9``. (The
write-ahead log without fsync is enough for that: only the machine's own crash could lose it.)
"""

import base64
import json
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Protocol, TypeVar

from cattrs.preconf.json import JsonConverter, make_converter
from telethon.extensions import BinaryReader
from telethon.tl.tlobject import TLObject

from sandbox.telegram.records import Peer
from sandbox.telegram.spool import Spool

R = TypeVar("R")


class StateFileError(Exception):
    """The state file cannot be used; the text says why and what to do."""


class Store(Protocol):
    """Keeps records by table and key, and parts of files by name."""

    def load(self, table: str, cls: type[R]) -> Iterator[R]:
        """Yield every record of a table, in the order of their keys' first storing."""

    def save(self, table: str, key: str, record: object) -> None:
        """Mark a record as changed."""

    def delete(self, table: str, key: str) -> None:
        """Mark a record as gone."""

    def put_part(self, name: str, data: bytes) -> None:
        """Keep one part of a file."""

    def get_part(self, name: str) -> bytes | None:
        """Return one part of a file."""

    def commit(self) -> None:
        """Make everything marked so far durable."""

    def close(self) -> None:
        """Commit and let go of the file."""


class MemoryStore:
    """Keeps nothing beyond the process; parts of files lie on disk, but in a file without a name."""

    def __init__(self) -> None:
        self._parts = Spool()

    def load(self, table: str, cls: type[R]) -> Iterator[R]:
        """Yield nothing: a new process starts empty."""
        return iter(())

    def save(self, table: str, key: str, record: object) -> None:
        """Do nothing: the record is in memory already."""

    def delete(self, table: str, key: str) -> None:
        """Do nothing: the record is gone from memory already."""

    def put_part(self, name: str, data: bytes) -> None:
        """Keep one part of a file."""
        self._parts.put(name, data)

    def get_part(self, name: str) -> bytes | None:
        """Return one part of a file."""
        return self._parts.get(name)

    def commit(self) -> None:
        """Do nothing."""

    def close(self) -> None:
        """Let go of the parts of files."""
        self._parts.close()


class SqliteStore:
    """Keeps records as JSON in one SQLite file."""

    def __init__(self, path: Path) -> None:
        """Open or create the file.

        Raises `StateFileError` if it is in use by another process or is not a database.
        """
        self._converter = _converter()
        self._changed: dict[tuple[str, str], object | None] = {}
        try:
            self._db = sqlite3.connect(path, timeout=0.5, isolation_level=None)
            self._db.execute("PRAGMA locking_mode=EXCLUSIVE")
            self._db.execute("PRAGMA journal_mode=WAL")
            self._db.execute("PRAGMA synchronous=OFF")
            self._db.execute(
                "CREATE TABLE IF NOT EXISTS record (number INTEGER PRIMARY KEY, kind TEXT NOT NULL,"
                " key TEXT NOT NULL, body TEXT NOT NULL, UNIQUE (kind, key))"
            )
            self._db.execute(
                "CREATE TABLE IF NOT EXISTS part (name TEXT PRIMARY KEY, data BLOB NOT NULL)"
            )
        except sqlite3.Error as error:
            raise StateFileError(
                f"{path}: cannot be used as state file ({error}); stop the other sandbox or name"
                " another file"
            ) from error

    def load(self, table: str, cls: type[R]) -> Iterator[R]:
        """Yield every record of a table in the order they were first stored."""
        rows = self._db.execute("SELECT body FROM record WHERE kind = ? ORDER BY number", (table,))
        for (body,) in rows:
            yield self._converter.structure(json.loads(body), cls)

    def save(self, table: str, key: str, record: object) -> None:
        """Mark a record as changed."""
        self._changed[table, key] = record

    def delete(self, table: str, key: str) -> None:
        """Mark a record as gone."""
        self._changed[table, key] = None

    def put_part(self, name: str, data: bytes) -> None:
        """Keep one part of a file in the current transaction."""
        self._begin()
        self._db.execute("INSERT OR REPLACE INTO part VALUES (?, ?)", (name, data))

    def get_part(self, name: str) -> bytes | None:
        """Return one part of a file."""
        row = self._db.execute("SELECT data FROM part WHERE name = ?", (name,)).fetchone()
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


def open_store(path: Path | None) -> Store:
    """Open the state file, or return a store that keeps nothing."""
    return MemoryStore() if path is None else SqliteStore(path)


def _converter() -> JsonConverter:
    converter = make_converter(omit_if_default=True)
    converter.register_unstructure_hook(TLObject, lambda value: _text(bytes(value)))
    converter.register_structure_hook(TLObject, lambda value, _: _tl(value))
    converter.register_unstructure_hook(Peer, str)
    converter.register_structure_hook(Peer, lambda value, _: Peer.parse(value))
    return converter


def _text(data: bytes) -> str:
    return base64.b64encode(data).decode()


def _tl(text: str) -> Any:
    return BinaryReader(base64.b64decode(text)).tgread_object()
