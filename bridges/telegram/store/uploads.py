# SPDX-License-Identifier: AGPL-3.0-or-later
"""Files a login has sent: how Telegram can be asked to send the same one again."""

from datetime import datetime, timedelta
from typing import Literal

from attrs import field, frozen

from bridges.core.ids import LoginID
from bridges.core.storage.database import Database

_KEPT = timedelta(days=90)


@frozen
class SentFile:
    """A photo or document on Telegram, as one login may name it."""

    kind: Literal["photo", "document"]
    id: int
    access_hash: int = field(repr=False)
    file_reference: bytes = field(repr=False)


class UploadStore:
    """Files by what was sent and how, for each login."""

    def __init__(self, database: Database, login: LoginID) -> None:
        self._db = database
        self._login = login

    async def get(self, fingerprint: str) -> SentFile | None:
        """A file that was sent before."""
        row = await self._db.fetchrow(
            "SELECT kind, id, access_hash, file_reference FROM telegram_upload"
            " WHERE login = $1 AND fingerprint = $2",
            self._login,
            fingerprint,
        )
        if row is None:
            return None
        return SentFile(row["kind"], row["id"], row["access_hash"], bytes(row["file_reference"]))

    async def put(self, fingerprint: str, file: SentFile, now: datetime) -> None:
        """Remember a file, and forget those that were sent long ago."""
        seconds = int(now.timestamp())
        await self._db.execute(
            "INSERT INTO telegram_upload"
            " (login, fingerprint, kind, id, access_hash, file_reference, sent_at)"
            " VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (login, fingerprint) DO UPDATE"
            " SET kind = excluded.kind, id = excluded.id, access_hash = excluded.access_hash,"
            " file_reference = excluded.file_reference, sent_at = excluded.sent_at",
            self._login,
            fingerprint,
            file.kind,
            file.id,
            file.access_hash,
            file.file_reference,
            seconds,
        )
        await self._db.execute(
            "DELETE FROM telegram_upload WHERE login = $1 AND sent_at < $2",
            self._login,
            seconds - int(_KEPT.total_seconds()),
        )

    async def wipe(self) -> None:
        """Forget all files of the login."""
        await self._db.execute("DELETE FROM telegram_upload WHERE login = $1", self._login)
