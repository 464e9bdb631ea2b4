# SPDX-License-Identifier: AGPL-3.0-or-later
"""What the guide knows of those it talks to: their language, and what it asked them last."""

from mautrix.types import UserID

from bridges.core.storage.database import Database


class GuidedPeople:
    """Reads and writes it."""

    def __init__(self, database: Database) -> None:
        self._db = database

    async def language(self, mxid: UserID) -> str | None:
        """Give the language a person has chosen."""
        return await self._column(mxid, "language")

    async def set_language(self, mxid: UserID, language: str) -> None:
        """Note it."""
        await self._set(mxid, "language", language)

    async def asked(self, mxid: UserID) -> str | None:
        """Give the subject of the question a person was asked last; None if nothing is open."""
        return await self._column(mxid, "asked")

    async def set_asked(self, mxid: UserID, subject: str | None) -> None:
        """Note it; what a person says that is no command is an answer to it."""
        await self._set(mxid, "asked", subject)

    async def forget(self, mxid: UserID) -> None:
        """Delete all of it."""
        await self._db.execute("DELETE FROM guide_person WHERE mxid = $1", mxid)

    async def _column(self, mxid: UserID, name: str) -> str | None:
        row = await self._db.fetchrow("SELECT * FROM guide_person WHERE mxid = $1", mxid)
        return None if row is None or row[name] is None else str(row[name])

    async def _set(self, mxid: UserID, name: str, value: str | None) -> None:
        await self._db.execute(
            f"INSERT INTO guide_person (mxid, {name}) VALUES ($1, $2)"  # noqa: S608 - our own names
            f" ON CONFLICT (mxid) DO UPDATE SET {name} = excluded.{name}",
            mxid,
            value,
        )
