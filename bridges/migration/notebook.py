# SPDX-License-Identifier: AGPL-3.0-or-later
"""Notes of long work, in a file of their own, so that it can go on after any interruption."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import ClassVar, Self

_FACTS = "CREATE TABLE IF NOT EXISTS fact (name TEXT PRIMARY KEY, value TEXT NOT NULL);"


class Notebook:
    """SQLite with one writer; used from several threads, one at a time.

    Methods raise ``sqlite3.Error``. ``tables`` are statements that make what is not there yet.
    """

    tables: ClassVar[str] = ""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._db = connection

    @classmethod
    @contextmanager
    def open(cls, path: Path) -> Iterator[Self]:
        """Have it open for the time of the block, made if needed."""
        connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
        try:
            connection.execute("PRAGMA journal_mode = WAL")
            connection.execute("PRAGMA synchronous = NORMAL")
            connection.executescript(_FACTS + cls.tables)
            yield cls(connection)
        finally:
            connection.close()

    def fact(self, name: str) -> str | None:
        """Give something noted of the work as a whole."""
        found = self._db.execute("SELECT value FROM fact WHERE name = ?", (name,)).fetchone()
        return None if found is None else str(found[0])

    def note_fact(self, name: str, value: str) -> None:
        """Note it."""
        self._db.execute("INSERT OR REPLACE INTO fact VALUES (?, ?)", (name, value))

    @contextmanager
    def _at_once(self) -> Iterator[None]:
        self._db.execute("BEGIN IMMEDIATE")
        try:
            yield
        except BaseException:
            self._db.execute("ROLLBACK")
            raise
        self._db.execute("COMMIT")
