# SPDX-License-Identifier: AGPL-3.0-or-later
"""When messages disappear that were sent to disappear."""

from collections.abc import Sequence
from datetime import datetime

from attrs import frozen
from mautrix.util.async_db import Connection

from bridges.core.ids import ChatID, ChatKey, LoginID, MessageID
from bridges.core.storage.database import Database
from bridges.core.storage.messages import milliseconds


@frozen
class Expiring:
    """A message that disappears; ``login`` is who has reported it."""

    chat: ChatKey
    message: MessageID
    login: LoginID


class ExpiryStore:
    """Reads and writes when messages disappear."""

    def __init__(self, database: Database) -> None:
        self._db = database

    async def put(self, connection: Connection, message: Expiring, at: datetime) -> None:
        """Note when a message disappears; what is noted already stays."""
        await connection.execute(
            "INSERT INTO expiring (chat, receiver, message_id, login, expires_at)"
            " VALUES ($1, $2, $3, $4, $5) ON CONFLICT DO NOTHING",
            message.chat.chat,
            message.chat.receiver,
            message.message,
            message.login,
            milliseconds(at),
        )

    async def due(self, now: datetime, limit: int) -> Sequence[Expiring]:
        """Messages whose time has come, the oldest first."""
        rows = await self._db.fetch(
            "SELECT chat, receiver, message_id, login FROM expiring"
            " WHERE expires_at <= $1 ORDER BY expires_at LIMIT $2",
            milliseconds(now),
            limit,
        )
        return [
            Expiring(
                ChatKey(ChatID(row["chat"]), LoginID(row["receiver"])),
                MessageID(row["message_id"]),
                LoginID(row["login"]),
            )
            for row in rows
        ]

    async def remove(self, connection: Connection, message: Expiring) -> None:
        """Forget a message."""
        await connection.execute(
            "DELETE FROM expiring WHERE chat = $1 AND receiver = $2 AND message_id = $3",
            message.chat.chat,
            message.chat.receiver,
            message.message,
        )
