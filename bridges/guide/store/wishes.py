# SPDX-License-Identifier: AGPL-3.0-or-later
"""Stored wishes of those who leave; details are sealed."""

from typing import Any

from cattrs.preconf.json import make_converter
from mautrix.types import UserID

from bridges.core.secretbox import SecretBox
from bridges.core.storage.database import Database
from bridges.guide.leaving.wish import Details, Kind, Stage, Wish


class WishStore:
    """Reads and writes them. Methods that read raise ``SecretUnreadable`` if a key is missing."""

    def __init__(self, database: Database, secrets: SecretBox) -> None:
        self._db = database
        self._secrets = secrets
        self._converter = make_converter()

    async def put(self, wish: Wish) -> None:
        """Store one in the place of the person's of the same kind."""
        await self._db.execute(
            "INSERT INTO guide_wish (owner, kind, stage, details) VALUES ($1, $2, $3, $4)"
            " ON CONFLICT (owner, kind) DO UPDATE"
            " SET stage = excluded.stage, details = excluded.details",
            wish.owner,
            wish.kind.value,
            wish.stage.value,
            self._seal(wish),
        )

    async def save(self, wish: Wish) -> None:
        """Store how far one is; nothing happens if it was removed meanwhile."""
        await self._db.execute(
            "UPDATE guide_wish SET stage = $3, details = $4 WHERE owner = $1 AND kind = $2",
            wish.owner,
            wish.kind.value,
            wish.stage.value,
            self._seal(wish),
        )

    async def get(self, owner: UserID, kind: Kind) -> Wish | None:
        """Give a person's of a kind."""
        query = "SELECT * FROM guide_wish WHERE owner = $1 AND kind = $2"
        row = await self._db.fetchrow(query, owner, kind.value)
        return None if row is None else self._wish(row)

    async def all(self) -> list[Wish]:
        """Give everybody's."""
        rows = await self._db.fetch("SELECT * FROM guide_wish ORDER BY owner, kind")
        return [self._wish(row) for row in rows]

    async def remove(self, owner: UserID, kind: Kind) -> None:
        """Delete one."""
        query = "DELETE FROM guide_wish WHERE owner = $1 AND kind = $2"
        await self._db.execute(query, owner, kind.value)

    async def reseal(self) -> None:
        """Seal with the current key what an earlier one has sealed. Raises ``SecretUnreadable``."""
        for wish in await self.all():
            await self.put(wish)

    def _seal(self, wish: Wish) -> bytes:
        told = self._converter.dumps(wish.details).encode()
        return self._secrets.seal(told, _purpose(wish.owner, wish.kind))

    def _wish(self, row: Any) -> Wish:
        owner, kind = UserID(row["owner"]), Kind(row["kind"])
        opened = self._secrets.open(bytes(row["details"]), _purpose(owner, kind))
        return Wish(owner, kind, Stage(row["stage"]), self._converter.loads(opened, Details))


def _purpose(owner: str, kind: Kind) -> str:
    return f"{kind} of {owner}"
