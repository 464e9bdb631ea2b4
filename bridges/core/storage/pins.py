# SPDX-License-Identifier: AGPL-3.0-or-later
"""Which messages are pinned on the network, bridged or not."""

from collections.abc import Iterable, Sequence

from bridges.core.ids import ChatKey, MessageID
from bridges.core.storage.database import Database


class PinStore:
    """Reads and writes the pins of chats."""

    def __init__(self, database: Database) -> None:
        self._db = database

    async def of(self, chat: ChatKey) -> Sequence[MessageID]:
        """The pinned messages of a chat, those pinned last at the end."""
        rows = await self._db.fetch(
            "SELECT message_id FROM pin WHERE chat = $1 AND receiver = $2 ORDER BY position",
            chat.chat,
            chat.receiver,
        )
        return [MessageID(row["message_id"]) for row in rows]

    async def replace(self, chat: ChatKey, messages: Iterable[MessageID]) -> None:
        """Have exactly these pinned, in this order."""
        async with self._db.transaction() as connection:
            await connection.execute(
                "DELETE FROM pin WHERE chat = $1 AND receiver = $2", chat.chat, chat.receiver
            )
            for position, message in enumerate(dict.fromkeys(messages)):
                await connection.execute(
                    "INSERT INTO pin (chat, receiver, message_id, position)"
                    " VALUES ($1, $2, $3, $4)",
                    chat.chat,
                    chat.receiver,
                    message,
                    position,
                )
