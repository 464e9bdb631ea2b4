# SPDX-License-Identifier: AGPL-3.0-or-later
"""The messages of forums sorted by their topics, on disk: so a file is not read once for each topic."""

import json
import sqlite3
from collections.abc import Iterable, Iterator

from attrs import frozen

from bridges.migration.archives.telegram.export import Broken

_SCHEMA = """
CREATE TABLE element (
    chat TEXT NOT NULL, place TEXT, topic TEXT, source TEXT, cut_off INTEGER NOT NULL
);
CREATE INDEX element_of ON element (chat, place);
"""


@frozen
class Sorted:
    """An element of a chat.

    Attributes:
        place: the topic among whose messages it is read; None for the group's own.
        topic: the one it is in, which may be one without a place of its own.
    """

    element: object
    place: str | None
    topic: str | None


class Spool:
    """Keeps elements as long as it is open; used from several threads, one at a time."""

    def __init__(self) -> None:
        # SQLite's database without a name: on disk as soon as it is large, and gone afterwards.
        self._db = sqlite3.connect("", isolation_level=None, check_same_thread=False)
        self._db.executescript(_SCHEMA)
        self._chats: set[str] = set()

    def has(self, chat: str) -> bool:
        """Whether a chat is in it."""
        return chat in self._chats

    def fill(self, chat: str, elements: Iterable[Sorted]) -> None:
        """Take all of a chat in; what is interrupted is begun anew the next time."""
        self._db.execute("BEGIN")
        try:
            self._db.executemany(
                "INSERT INTO element VALUES (?, ?, ?, ?, ?)",
                ((chat, one.place, one.topic, *_written(one.element)) for one in elements),
            )
        except BaseException:
            self._db.execute("ROLLBACK")
            raise
        self._db.execute("COMMIT")
        self._chats.add(chat)

    def read(self, chat: str, place: str | None) -> Iterator[tuple[object, str | None]]:
        """Give the elements of a place in the file's order, each with the topic it is in."""
        query = "SELECT source, cut_off, topic FROM element WHERE chat = ? AND place IS ? ORDER BY rowid"
        for source, cut_off, topic in self._db.execute(query, (chat, place)):
            yield (Broken(bool(cut_off)) if source is None else _read(source)), topic

    def close(self) -> None:
        """Delete everything."""
        self._db.close()


def _written(element: object) -> tuple[str | None, bool]:
    if isinstance(element, Broken):
        return None, element.cut_off
    try:
        return json.dumps(element), False
    except RecursionError:  # Nobody writes so deep messages but to do damage.
        return None, False


def _read(source: str) -> object:
    try:
        return json.loads(source)
    except RecursionError:
        return Broken()
