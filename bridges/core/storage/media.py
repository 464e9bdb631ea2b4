# SPDX-License-Identifier: AGPL-3.0-or-later
"""Files that were uploaded before."""

from datetime import datetime

from attrs import frozen

from bridges.core.storage.database import Database
from bridges.core.storage.messages import milliseconds


@frozen
class KnownFile:
    """Where a file lies, and whatever the one who stored it wants to know of it again."""

    uri: str
    details: str = ""


class MediaCache:
    """Uploaded files by the network's key for their content."""

    def __init__(self, database: Database) -> None:
        self._db = database

    async def get(self, cache_key: str) -> KnownFile | None:
        """A file that was uploaded before."""
        row = await self._db.fetchrow(
            "SELECT uri, details FROM media_cache WHERE cache_key = $1", cache_key
        )
        return None if row is None else KnownFile(row["uri"], row["details"])

    async def put(self, cache_key: str, file: KnownFile, now: datetime) -> None:
        """Remember where a file lies."""
        await self._db.execute(
            "INSERT INTO media_cache (cache_key, uri, details, stored_at) VALUES ($1, $2, $3, $4)"
            " ON CONFLICT (cache_key) DO UPDATE"
            " SET uri = excluded.uri, details = excluded.details",
            cache_key,
            file.uri,
            file.details,
            milliseconds(now),
        )
