# SPDX-License-Identifier: AGPL-3.0-or-later
"""Files an account has sent lately, sealed: to change a caption the whole message is sent again."""

import json
from typing import Any

from bridges.core.ids import LoginID, MessageID
from bridges.core.secretbox import SecretBox, SecretUnreadable
from bridges.core.storage.database import Database

_KEPT = 3600
"""Seconds; captions can be changed for a quarter of an hour."""


class SentFiles:
    """The messages with files of one login."""

    def __init__(self, database: Database, secrets: SecretBox, login: LoginID) -> None:
        self._db = database
        self._secrets = secrets
        self._login = login

    async def get(self, message: MessageID) -> dict[str, Any] | None:
        """A message as it was sent, None if it is too old or held no file."""
        row = await self._db.fetchrow(
            "SELECT sealed FROM whatsapp_sent WHERE login = $1 AND id = $2", self._login, message
        )
        if row is None:
            return None
        try:
            opened = self._secrets.open(bytes(row["sealed"]), self._purpose(message))
        except SecretUnreadable:
            return None
        found: dict[str, Any] = json.loads(opened)
        return found

    async def put(self, message: MessageID, content: dict[str, Any], now: int) -> None:
        """Keep a message for a while, and forget older ones."""
        sealed = self._secrets.seal(json.dumps(content).encode(), self._purpose(message))
        async with self._db.transaction() as connection:
            await connection.execute(
                "DELETE FROM whatsapp_sent WHERE login = $1 AND sent_at < $2",
                self._login,
                now - _KEPT,
            )
            await connection.execute(
                "INSERT INTO whatsapp_sent (login, id, sent_at, sealed) VALUES ($1, $2, $3, $4)"
                " ON CONFLICT (login, id) DO NOTHING",
                self._login,
                message,
                now,
                sealed,
            )

    async def wipe(self) -> None:
        """Forget everything."""
        await self._db.execute("DELETE FROM whatsapp_sent WHERE login = $1", self._login)

    def _purpose(self, message: str) -> str:
        return f"whatsapp file {self._login} {message}"
