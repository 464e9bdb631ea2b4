# SPDX-License-Identifier: AGPL-3.0-or-later
"""How far the guide has listened, and as whom: what makes that it answers each event once."""

from mautrix.types import EventID, RoomID

from bridges.core.secretbox import SecretBox
from bridges.core.storage.database import Database

_SINCE = "since"
_PICTURE = "picture"


class ProgressStore:
    """Reads and writes it."""

    def __init__(self, database: Database, secrets: SecretBox) -> None:
        self._db = database
        self._secrets = secrets

    async def since(self) -> str | None:
        """Give up to where all was handled, as ``/sync`` takes it; None before the first time."""
        return await self._value(_SINCE)

    async def handled(self, token: str) -> None:
        """Note that all up to ``token`` was handled; which events that were need not be known then."""
        async with self._db.transaction() as connection:
            await connection.execute(_PUT, _SINCE, token.encode())
            await connection.execute("DELETE FROM guide_done")

    async def is_done(self, event: EventID) -> bool:
        """Tell whether an event after ``since`` was handled."""
        query = "SELECT event FROM guide_done WHERE event = $1"
        return await self._db.fetchrow(query, event) is not None

    async def note_done(self, event: EventID) -> None:
        """Note that an event was handled."""
        await self._db.execute(
            "INSERT INTO guide_done (event) VALUES ($1) ON CONFLICT (event) DO NOTHING", event
        )

    async def is_greeted(self, room: RoomID) -> bool:
        """Tell whether the guide has introduced itself in a room."""
        query = "SELECT room FROM guide_room WHERE room = $1"
        return await self._db.fetchrow(query, room) is not None

    async def note_greeted(self, room: RoomID) -> None:
        """Note that it has."""
        await self._db.execute(
            "INSERT INTO guide_room (room) VALUES ($1) ON CONFLICT (room) DO NOTHING", room
        )

    async def picture(self, digest: str) -> str | None:
        """Give where the picture with this SHA-256 is on the homeserver, if it is the last one noted."""
        known, _, uri = (await self._value(_PICTURE) or "").partition(" ")
        return uri if known == digest else None

    async def note_picture(self, digest: str, uri: str) -> None:
        """Note where a picture is on the homeserver."""
        await self._db.execute(_PUT, _PICTURE, f"{digest} {uri}".encode())

    async def secret(self, name: str) -> str | None:
        """Give something kept sealed. Raises ``SecretUnreadable``."""
        row = await self._db.fetchrow("SELECT value FROM guide_value WHERE name = $1", name)
        if row is None:
            return None
        return self._secrets.open(bytes(row["value"]), _purpose(name)).decode()

    async def set_secret(self, name: str, value: str) -> None:
        """Keep something sealed."""
        sealed = self._secrets.seal(value.encode(), _purpose(name))
        await self._db.execute(_PUT, name, sealed)

    async def reseal(self, name: str) -> None:
        """Seal with the current key what an earlier one has sealed. Raises ``SecretUnreadable``."""
        value = await self.secret(name)
        if value is not None:
            await self.set_secret(name, value)

    async def _value(self, name: str) -> str | None:
        row = await self._db.fetchrow("SELECT value FROM guide_value WHERE name = $1", name)
        return None if row is None else bytes(row["value"]).decode()


_PUT = (
    "INSERT INTO guide_value (name, value) VALUES ($1, $2)"
    " ON CONFLICT (name) DO UPDATE SET value = excluded.value"
)


def _purpose(name: str) -> str:
    return f"{name} of the guide"
