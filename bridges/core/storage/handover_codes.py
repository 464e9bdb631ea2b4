# SPDX-License-Identifier: AGPL-3.0-or-later
"""Stored codes by which somebody without a login proves whose account on the network is theirs."""

from attrs import frozen
from mautrix.types import RoomID, UserID

from bridges.core.storage.database import Database


@frozen
class StoredCode:
    """A code that was sent over the network; only its hash is kept.

    Attributes:
        guest: whom it is for, ``keeper`` in whose name it was sent, ``room`` in whose chat.
        salt, hash: hexadecimal.
        tries: how often a wrong one was said.
        expires_at: milliseconds since the epoch.
    """

    guest: UserID
    keeper: UserID
    room: RoomID
    salt: str
    hash: str
    expires_at: int
    tries: int = 0


class HandoverCodeStore:
    """Reads and writes codes; there is one for a guest at a time."""

    def __init__(self, database: Database) -> None:
        self._db = database

    async def of(self, guest: UserID) -> StoredCode | None:
        """The latest code for somebody, expired or not."""
        row = await self._db.fetchrow("SELECT * FROM handover_code WHERE guest = $1", guest)
        if row is None:
            return None
        return StoredCode(
            guest,
            UserID(row["keeper"]),
            RoomID(row["room_id"]),
            row["salt"],
            row["hash"],
            row["expires_at"],
            row["tries"],
        )

    async def put(self, code: StoredCode) -> None:
        """Insert or replace the code for somebody."""
        await self._db.execute(
            "INSERT INTO handover_code (guest, keeper, room_id, salt, hash, expires_at, tries)"
            " VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (guest) DO UPDATE SET"
            " keeper = excluded.keeper, room_id = excluded.room_id, salt = excluded.salt,"
            " hash = excluded.hash, expires_at = excluded.expires_at, tries = excluded.tries",
            code.guest,
            code.keeper,
            code.room,
            code.salt,
            code.hash,
            code.expires_at,
            code.tries,
        )

    async def delete(self, guest: UserID) -> None:
        """Forget the code for somebody, but not that it was sent."""
        await self._db.execute("DELETE FROM handover_code WHERE guest = $1", guest)

    async def note_sent(self, code: StoredCode, moment: int, since: int) -> None:
        """Note that a code is sent at a ``moment``, and forget those sent before ``since``."""
        async with self._db.transaction() as connection:
            await connection.execute("DELETE FROM handover_code_sent WHERE sent_at <= $1", since)
            await connection.execute(
                "INSERT INTO handover_code_sent (keeper, guest, salt, sent_at)"
                " VALUES ($1, $2, $3, $4)",
                code.keeper,
                code.guest,
                code.salt,
                moment,
            )

    async def forget_sent(self, code: StoredCode) -> None:
        """A code was not sent after all."""
        await self._db.execute("DELETE FROM handover_code_sent WHERE salt = $1", code.salt)

    async def sent_by(self, keeper: UserID, since: int) -> int:
        """How many codes were sent in somebody's name after a moment."""
        return await self._count("keeper", keeper, since)

    async def sent_to(self, guest: UserID, since: int) -> int:
        """How many codes were sent for somebody after a moment."""
        return await self._count("guest", guest, since)

    async def _count(self, column: str, person: UserID, since: int) -> int:
        row = await self._db.fetchrow(
            f"SELECT COUNT(*) AS known FROM handover_code_sent WHERE {column} = $1 AND sent_at > $2",
            person,
            since,
        )
        return 0 if row is None else int(row["known"])
