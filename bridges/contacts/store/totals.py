# SPDX-License-Identifier: AGPL-3.0-or-later
"""How many contacts of each person are in which state, for those who run the server: numbers only."""

from collections.abc import Mapping
from datetime import UTC, datetime

from attrs import frozen
from mautrix.types import UserID

from bridges.core.storage.database import Database


@frozen
class Totals:
    """Sums over people.

    Attributes:
        people: whose contacts were counted.
        states: contacts by state.
        oldest: when the one who was counted longest ago was; None if nobody was.
    """

    people: int
    states: Mapping[str, int]
    oldest: datetime | None


class TotalsStore:
    """Reads and writes them."""

    def __init__(self, database: Database) -> None:
        self._db = database

    async def save(self, owner: UserID, states: Mapping[str, int], now: datetime) -> None:
        """Keep a person's numbers, in place of the earlier ones."""
        async with self._db.transaction() as connection:
            await connection.execute("DELETE FROM contact_total WHERE owner = $1", owner)
            for state, number in states.items():
                await connection.execute(
                    "INSERT INTO contact_total (owner, state, number, counted_at)"
                    " VALUES ($1, $2, $3, $4)",
                    owner,
                    state,
                    number,
                    int(now.timestamp()),
                )

    async def owners(self) -> list[UserID]:
        """Everybody there are numbers of."""
        rows = await self._db.fetch("SELECT DISTINCT owner FROM contact_total ORDER BY owner")
        return [UserID(row["owner"]) for row in rows]

    async def forget(self, owner: UserID) -> None:
        """Delete a person's numbers."""
        await self._db.execute("DELETE FROM contact_total WHERE owner = $1", owner)

    async def of_all(self) -> Totals:
        """Give the sums."""
        people = await self._db.fetchrow(
            "SELECT COUNT(DISTINCT owner) AS people, MIN(counted_at) AS oldest FROM contact_total"
        )
        rows = await self._db.fetch(
            "SELECT state, SUM(number) AS number FROM contact_total GROUP BY state ORDER BY state"
        )
        states = {str(row["state"]): int(row["number"]) for row in rows}
        oldest = None if people is None else people["oldest"]
        when = None if oldest is None else datetime.fromtimestamp(oldest, UTC)
        return Totals(0 if people is None else people["people"], states, when)
