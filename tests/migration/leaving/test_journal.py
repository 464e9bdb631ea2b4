# SPDX-License-Identifier: AGPL-3.0-or-later
"""The journal of an export: large rooms cost what they are large, no more."""

import sqlite3
from pathlib import Path
from typing import Any

from bridges.migration.leaving.export.journal import Journal

ROOM = "!room:karvon.test"


def event(number: int) -> dict[str, Any]:
    return {
        "event_id": f"${number}",
        "type": "m.room.message",
        "sender": "@anor:karvon.test",
        "origin_server_ts": number,
        "content": {"msgtype": "m.text", "body": "salom"},
    }


def steps(path: Path, size: int) -> int:
    """Write and read a room, and tell how many hundreds of SQLite's instructions that takes."""
    count = 0

    def step() -> None:
        nonlocal count
        count += 1

    with Journal.open(path) as journal:
        connection: sqlite3.Connection = journal._db
        connection.set_progress_handler(step, 100)
        journal.note_room(ROOM, {})
        newest_first = [event(number) for number in range(size, 0, -1)]
        for start in range(0, size, 50):
            older = "more" if start + 50 < size else None
            journal.note_page(ROOM, newest_first[start : start + 50], older)
        numbers = [one.number for one in journal.messages(ROOM)]
        assert numbers == list(range(1, size + 1))
    return count


def test_twice_as_many_messages_take_twice_as_long(tmp_path: Path) -> None:
    assert steps(tmp_path / "large", 2000) < 3 * steps(tmp_path / "small", 1000)
