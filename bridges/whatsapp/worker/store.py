# SPDX-License-Identifier: AGPL-3.0-or-later
"""The library's own store: the file that holds the keys of every linked device."""

import sqlite3
from collections.abc import Collection
from contextlib import closing
from pathlib import Path

from attrs import frozen

_PATIENCE = 10.0


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

    def forget_sessions(self, own: str, senders: Collection[str], chat: str) -> None:
        """Forget what messages of somebody are decrypted with, so that he is asked to begin anew.

        Args:
            own: the device's address, as `devices` has it.
            senders: a sender's addresses, by LID and number, with the device's number.
            chat: the group whose sender keys are forgotten too.
        """
        ids = [one for sender in senders for one in _signal_ids(sender)]
        with closing(sqlite3.connect(self.path, timeout=_PATIENCE)) as database, database:
            for one in ids:
                database.execute(
                    "DELETE FROM whatsmeow_sessions WHERE our_jid = ? AND their_id = ?", (own, one)
                )
                database.execute(
                    "DELETE FROM whatsmeow_sender_keys"
                    " WHERE our_jid = ? AND sender_id = ? AND chat_id = ?",
                    (own, one, chat),
                )


def _signal_ids(address: str) -> list[str]:
    """Return the names of a device in the store: ``<user>_1:<device>`` by LID, else without ``_1``."""
    user, _, _ = address.partition("@")
    name, _, device = user.partition(":")
    return [f"{name}{agent}:{device or 0}" for agent in ("", "_1")]
