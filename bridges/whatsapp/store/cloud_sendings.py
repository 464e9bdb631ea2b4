# SPDX-License-Identifier: AGPL-3.0-or-later
"""What was handed to the Cloud API, so that nothing is sent twice.

The API counts nothing once by itself. But what it reports of a message carries back a text that was
given along (``biz_opaque_callback_data``): our key. So a message whose answer was lost is found again.
"""

from datetime import UTC, datetime

from attrs import frozen

from bridges.core.storage.database import Database
from bridges.core.storage.messages import milliseconds


@frozen
class Sending:
    """An attempt to send: when it was begun, and the message's id once it is known."""

    begun: datetime
    message: str


class SendingStore:
    """Reads and writes attempts by their key."""

    def __init__(self, database: Database, number: str) -> None:
        self._db = database
        self._number = number

    async def begin(self, key: str, now: datetime) -> None:
        """Note that a message is about to leave."""
        await self._db.execute(
            "INSERT INTO cloud_sending (id, number, begun_at) VALUES ($1, $2, $3)"
            " ON CONFLICT (id) DO UPDATE SET begun_at = excluded.begun_at",
            key,
            self._number,
            milliseconds(now),
        )

    async def get(self, key: str) -> Sending | None:
        """An attempt."""
        row = await self._db.fetchrow(
            "SELECT begun_at, message FROM cloud_sending WHERE id = $1 AND number = $2",
            key,
            self._number,
        )
        if row is None:
            return None
        return Sending(datetime.fromtimestamp(row["begun_at"] / 1000, UTC), row["message"])

    async def is_message(self, key: str, message: str) -> None:
        """Note which message an attempt has become; the first one counts."""
        await self._db.execute(
            "UPDATE cloud_sending SET message = $3 WHERE id = $1 AND number = $2 AND message = ''",
            key,
            self._number,
            message,
        )

    async def has_sent(self, message: str) -> bool:
        """Whether a message was sent from here."""
        row = await self._db.fetchrow(
            "SELECT 1 FROM cloud_sending WHERE number = $1 AND message = $2", self._number, message
        )
        return row is not None

    async def failed(self, key: str) -> None:
        """Forget an attempt that surely had no effect."""
        await self._db.execute(
            "DELETE FROM cloud_sending WHERE id = $1 AND number = $2 AND message = ''",
            key,
            self._number,
        )

    async def clean(self, before: datetime) -> None:
        """Forget old attempts."""
        await self._db.execute(
            "DELETE FROM cloud_sending WHERE number = $1 AND begun_at < $2",
            self._number,
            milliseconds(before),
        )
