# SPDX-License-Identifier: AGPL-3.0-or-later
"""Stored deposits. What a file is called and how it is decrypted is sealed, as are answers."""

from collections.abc import Collection
from typing import Any

from cattrs.preconf.json import make_converter
from mautrix.types import EventID, UserID

from bridges.core.secretbox import SecretBox
from bridges.core.storage.database import Database
from bridges.guide.archives.deposit import Deposit, Details, State


class DepositStore:
    """Reads and writes them. Methods that read raise ``SecretUnreadable`` if a key is missing."""

    def __init__(self, database: Database, secrets: SecretBox) -> None:
        self._db = database
        self._secrets = secrets
        self._converter = make_converter()

    async def add(self, deposit: Deposit) -> bool:
        """Store a new one; False if it is there."""
        if await self.get(deposit.id) is not None:
            return False
        await self._db.execute(
            "INSERT INTO guide_archive (id, owner, state, received, details)"
            " VALUES ($1, $2, $3, $4, $5) ON CONFLICT (id) DO NOTHING",
            deposit.id,
            deposit.owner,
            deposit.state.value,
            deposit.received,
            self._seal(deposit),
        )
        return True

    async def save(self, deposit: Deposit) -> None:
        """Store how far one is; nothing happens if it was deleted meanwhile."""
        await self._db.execute(
            "UPDATE guide_archive SET state = $2, details = $3 WHERE id = $1",
            deposit.id,
            deposit.state.value,
            self._seal(deposit),
        )

    async def get(self, name: EventID) -> Deposit | None:
        """Give one by its id."""
        row = await self._db.fetchrow("SELECT * FROM guide_archive WHERE id = $1", name)
        return None if row is None else self._deposit(row)

    async def of(self, owner: UserID) -> list[Deposit]:
        """Give a person's, oldest first."""
        rows = await self._db.fetch(
            "SELECT * FROM guide_archive WHERE owner = $1 ORDER BY received, id", owner
        )
        return [self._deposit(row) for row in rows]

    async def within(self, states: Collection[State]) -> list[Deposit]:
        """Give all that are in one of some states, oldest first."""
        rows = await self._db.fetch("SELECT * FROM guide_archive ORDER BY received, id")
        return [self._deposit(row) for row in rows if State(row["state"]) in states]

    async def remove(self, name: EventID) -> None:
        """Delete one."""
        await self._db.execute("DELETE FROM guide_archive WHERE id = $1", name)

    async def reseal(self) -> None:
        """Seal with the current key what an earlier one has sealed. Raises ``SecretUnreadable``."""
        for deposit in await self.within(frozenset(State)):
            await self.save(deposit)

    def _deposit(self, row: Any) -> Deposit:
        opened = self._secrets.open(bytes(row["details"]), _purpose(row["owner"], row["id"]))
        return Deposit(
            EventID(row["id"]),
            UserID(row["owner"]),
            State(row["state"]),
            row["received"],
            self._converter.loads(opened, Details),
        )

    def _seal(self, deposit: Deposit) -> bytes:
        told = self._converter.dumps(deposit.details).encode()
        return self._secrets.seal(told, _purpose(deposit.owner, deposit.id))


def _purpose(owner: str, name: str) -> str:
    return f"archive {name} of {owner}"
