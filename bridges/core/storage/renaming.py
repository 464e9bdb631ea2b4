# SPDX-License-Identifier: AGPL-3.0-or-later
"""What is known of a chat's messages, when the chat is called otherwise and they are still the same."""

from collections.abc import Mapping

from bridges.core.ids import ChatKey
from bridges.core.storage.database import Database

_TABLES: Mapping[str, tuple[str, ...]] = {
    "message": ("id", "part"),
    "reaction": ("message_id", "sender", "emoji"),
    "poll": ("message_id",),
    "pin": ("message_id",),
    "expiring": ("message_id",),
}
"""Tables of messages by chat, and what tells their rows apart within one."""


class Renaming:
    """Has messages belong to another chat."""

    def __init__(self, database: Database) -> None:
        self._db = database

    async def rename(self, chat: ChatKey, successor: ChatKey) -> None:
        """Have all messages of a chat in its successor, where they are not there already."""
        keys = (chat.chat, chat.receiver, successor.chat, successor.receiver)
        async with self._db.transaction() as connection:
            for table, parts in _TABLES.items():
                same = " AND ".join(f"other.{one} = {table}.{one}" for one in parts)
                await connection.execute(
                    f"UPDATE {table} SET chat = $3, receiver = $4"
                    " WHERE chat = $1 AND receiver = $2 AND NOT EXISTS"
                    f" (SELECT 1 FROM {table} AS other"
                    f" WHERE other.chat = $3 AND other.receiver = $4 AND {same})",
                    *keys,
                )
