# SPDX-License-Identifier: AGPL-3.0-or-later
"""The part of the journal that tells who was being connected when the worker ended."""

import sqlite3
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from typing import Final

STARTS: Final = """
CREATE TABLE IF NOT EXISTS start (
    account TEXT PRIMARY KEY,
    under_way INTEGER NOT NULL,
    ends INTEGER NOT NULL,
    last INTEGER NOT NULL
);
"""
"""The table: whether an account is being connected, how often the worker has ended then, and when."""


class Starts:
    """`change` begins a transaction; `clock` gives Unix time."""

    def __init__(
        self,
        change: Callable[[], AbstractContextManager[sqlite3.Connection]],
        clock: Callable[[], float],
    ) -> None:
        self._change = change
        self._clock = clock

    def begun(self, names: Sequence[str]) -> None:
        """Keep that accounts are being connected."""
        with self._change() as database:
            database.executemany(
                "INSERT INTO start VALUES (?, 1, 0, 0)"
                " ON CONFLICT (account) DO UPDATE SET under_way = 1",
                [(name,) for name in names],
            )

    def calm(self, names: Sequence[str]) -> None:
        """Forget it; nothing came of it."""
        with self._change() as database:
            database.executemany("DELETE FROM start WHERE account = ?", [(name,) for name in names])

    def ended(self, blame: int) -> None:
        """Count an end of the worker, or 0 ends, for those who were being connected then."""
        with self._change() as database:
            database.execute(
                "UPDATE start SET under_way = 0, ends = ends + ?, last = ? WHERE under_way",
                (blame, int(self._clock())),
            )

    def ends(self, name: str) -> tuple[int, int]:
        """Return how often an account was blamed, and the Unix time of the last time."""
        with self._change() as database:
            row = database.execute(
                "SELECT ends, last FROM start WHERE account = ?", (name,)
            ).fetchone()
        return (int(row[0]), int(row[1])) if row else (0, 0)
