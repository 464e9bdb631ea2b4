# SPDX-License-Identifier: AGPL-3.0-or-later
"""As whom messages of our people are shown, while they are being sent.

Somebody may join a room or log out between a send and its repetition after a crash. Sent by another
user it would be another event, so the first choice counts until the message is linked.
"""

from mautrix.types import UserID

from bridges.core.ids import ChatKey, MessageID
from bridges.core.storage.database import Database


class SpeakerStore:
    """Reads and writes choices."""

    def __init__(self, database: Database) -> None:
        self._db = database

    async def choose(self, chat: ChatKey, message: MessageID, mxid: UserID) -> UserID:
        """Note as whom a message is sent, unless that was noted before; returns what counts."""
        place = (chat.chat, chat.receiver, message)
        await self._db.execute(
            "INSERT INTO speaker (chat, receiver, message_id, mxid) VALUES ($1, $2, $3, $4)"
            " ON CONFLICT (chat, receiver, message_id) DO NOTHING",
            *place,
            mxid,
        )
        row = await self._db.fetchrow(
            "SELECT mxid FROM speaker WHERE chat = $1 AND receiver = $2 AND message_id = $3", *place
        )
        return mxid if row is None else UserID(row["mxid"])

    async def forget(self, chat: ChatKey, message: MessageID) -> None:
        """Forget a choice whose message is linked."""
        await self._db.execute(
            "DELETE FROM speaker WHERE chat = $1 AND receiver = $2 AND message_id = $3",
            chat.chat,
            chat.receiver,
            message,
        )
