# SPDX-License-Identifier: AGPL-3.0-or-later
"""Messages that wait for their key, encrypted as they came."""

import json
from datetime import datetime

from mautrix.types import EventID, RoomID, UserID

from bridges.core.storage.database import Database
from bridges.guide.matrix.events import Unreadable


class UnreadStore:
    """Reads and writes them."""

    def __init__(self, database: Database) -> None:
        self._db = database

    async def add(self, message: Unreadable, now: datetime) -> None:
        """Keep one, unless it is there."""
        await self._db.execute(
            "INSERT INTO guide_unread (event, room, sender, since, source)"
            " VALUES ($1, $2, $3, $4, $5) ON CONFLICT (event) DO NOTHING",
            message.event,
            message.room,
            message.sender,
            int(now.timestamp()),
            json.dumps(message.source),
        )

    async def all(self, now: datetime) -> list[tuple[Unreadable, float]]:
        """Give all, each with the seconds for which it has waited; oldest first."""
        rows = await self._db.fetch("SELECT * FROM guide_unread ORDER BY since, event")
        return [
            (
                Unreadable(
                    EventID(row["event"]),
                    RoomID(row["room"]),
                    UserID(row["sender"]),
                    json.loads(row["source"]),
                ),
                now.timestamp() - row["since"],
            )
            for row in rows
        ]

    async def remove(self, event: EventID) -> None:
        """Forget one."""
        await self._db.execute("DELETE FROM guide_unread WHERE event = $1", event)
