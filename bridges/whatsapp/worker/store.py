# SPDX-License-Identifier: AGPL-3.0-or-later
"""The library's own store: the file that holds the keys of every linked device."""

import sqlite3
from contextlib import closing
from pathlib import Path

from attrs import frozen


@frozen
class KeyStore:
    """whatsmeow's database, an SQLite file."""

    path: Path

    @property
    def address(self) -> str:
        """What the library is given."""
        return str(self.path)

    def prepare(self) -> None:
        """Make the file before the library does, so that nobody else can read it."""
        self.path.touch(mode=0o600)
        self.path.chmod(0o600)

    def devices(self) -> set[str]:
        """Return the addresses (with the device's number) whose keys are here."""
        with closing(sqlite3.connect(self.path)) as database:
            if not database.execute(
                "SELECT 1 FROM sqlite_master WHERE name = 'whatsmeow_device'"
            ).fetchone():
                return set()
            return {str(row[0]) for row in database.execute("SELECT jid FROM whatsmeow_device")}
