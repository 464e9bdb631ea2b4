# SPDX-License-Identifier: AGPL-3.0-or-later
"""Stored logins, and single values by name."""

from datetime import datetime
from typing import Any

from mautrix.types import RoomID, UserID
from mautrix.util.async_db import Connection

from bridges.core.ids import LoginID, RemoteUserID
from bridges.core.network import LoginRecord
from bridges.core.storage.database import Database
from bridges.core.storage.messages import milliseconds


class LoginStore:
    """Reads and writes who is logged in."""

    def __init__(self, database: Database) -> None:
        self._db = database

    async def all(self) -> list[LoginRecord]:
        """Every login, oldest first."""
        return [
            _login(row) for row in await self._db.fetch("SELECT * FROM login ORDER BY created_at")
        ]

    async def get(self, login: LoginID) -> LoginRecord | None:
        """One login."""
        row = await self._db.fetchrow("SELECT * FROM login WHERE id = $1", login)
        return None if row is None else _login(row)

    async def save(self, login: LoginRecord, now: datetime) -> None:
        """Insert a login or update its name; its owner must be stored."""
        await self._db.execute(
            "INSERT INTO login (id, owner, remote_user, name, created_at)"
            " VALUES ($1, $2, $3, $4, $5) ON CONFLICT (id) DO UPDATE"
            " SET owner = excluded.owner, name = excluded.name",
            login.id,
            login.owner,
            login.user,
            login.name,
            milliseconds(now),
        )

    async def delete(self, login: LoginID) -> None:
        """Delete a login; its portals stay, so that a later login finds them again."""
        await self._db.execute("DELETE FROM login WHERE id = $1", login)

    async def space(self, login: LoginID) -> RoomID | None:
        """The space that gathers a login's rooms."""
        row = await self._db.fetchrow("SELECT space_room FROM login WHERE id = $1", login)
        return None if row is None or row["space_room"] is None else RoomID(row["space_room"])

    async def spaces(self) -> list[RoomID]:
        """The spaces of all logins."""
        rows = await self._db.fetch("SELECT space_room FROM login WHERE space_room IS NOT NULL")
        return [RoomID(row["space_room"]) for row in rows]

    async def set_space(self, login: LoginID, room: RoomID) -> None:
        """Remember a login's space."""
        await self._db.execute("UPDATE login SET space_room = $2 WHERE id = $1", login, room)


class KeyValueStore:
    """Single values of the process, by name."""

    def __init__(self, database: Database) -> None:
        self._db = database

    async def get(self, name: str) -> str | None:
        """A value."""
        row = await self._db.fetchrow("SELECT value FROM key_value WHERE name = $1", name)
        return None if row is None else str(row["value"])

    async def set(self, name: str, value: str) -> None:
        """Set a value."""
        async with self._db.transaction() as connection:
            await self.put(connection, name, value)

    async def with_prefix(self, prefix: str) -> list[str]:
        """The values whose names begin with this."""
        rows = await self._db.fetch(
            "SELECT value FROM key_value WHERE substr(name, 1, $1) = $2", len(prefix), prefix
        )
        return [str(row["value"]) for row in rows]

    async def remove(self, name: str) -> None:
        """Forget a value."""
        await self._db.execute("DELETE FROM key_value WHERE name = $1", name)

    async def delete(self, name: str) -> None:
        """Forget a value."""
        await self._db.execute("DELETE FROM key_value WHERE name = $1", name)

    async def put(self, connection: Connection, name: str, value: str) -> None:
        """Set a value, inside a transaction."""
        await connection.execute(
            "INSERT INTO key_value (name, value) VALUES ($1, $2)"
            " ON CONFLICT (name) DO UPDATE SET value = excluded.value",
            name,
            value,
        )


def _login(row: Any) -> LoginRecord:
    return LoginRecord(
        LoginID(row["id"]), UserID(row["owner"]), RemoteUserID(row["remote_user"]), row["name"]
    )
