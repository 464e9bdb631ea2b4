# SPDX-License-Identifier: AGPL-3.0-or-later
"""Ending a row together with the links it has led to: all of it or nothing."""

from collections.abc import Sequence

from bridges.core.storage.database import Database
from bridges.core.storage.messages import (
    LINK,
    LINK_VALUES,
    MessageStore,
    StoredMessage,
    link_values,
)
from bridges.core.storage.queue import Queue, Row


class Settlement:
    """Ends the rows of one queue."""

    def __init__(self, database: Database, queue: Queue, messages: MessageStore) -> None:
        self._db = database
        self._queue = queue
        self._messages = messages
        self._in_one = f"WITH link AS ({LINK}) {queue.ending(LINK_VALUES + 1)}"

    async def settle(self, row: Row, links: Sequence[StoredMessage]) -> None:
        """Store links and end the row they come from.

        A single link, which is nearly every message, is one statement on PostgreSQL instead of a
        transaction of four. SQLite cannot write in a WITH clause, and has no round trips to save.
        """
        if self._db.is_postgres and len(links) == 1 and row.dedup_key is not None:
            await self._db.execute(self._in_one, *link_values(links[0]), row.seq)
            return
        async with self._db.transaction() as connection:
            await self._messages.insert(connection, links)
            await self._queue.finish(connection, row)
