# SPDX-License-Identifier: AGPL-3.0-or-later
"""How people are called: by themselves, and in the address book of one login."""

from collections.abc import Mapping, Sequence

from attrs import frozen

from bridges.core.ids import LoginID, RemoteUserID
from bridges.core.sanitize import clean_text
from bridges.core.storage.database import Database


@frozen
class Names:
    """What one login knows somebody as.

    Attributes:
        pushed: the name people give themselves; everybody they write to is told.
        saved: the name in the account's address book, which is nobody else's business.
    """

    pushed: str = ""
    saved: str = ""


NAMELESS = Names()


class NameStore:
    """Names of people, as one login was told."""

    def __init__(self, database: Database, login: LoginID) -> None:
        self._db = database
        self._login = login

    async def get(self, person: RemoteUserID) -> Names:
        """The names of somebody."""
        row = await self._db.fetchrow(
            "SELECT pushed, saved FROM whatsapp_name WHERE login = $1 AND person = $2",
            self._login,
            person,
        )
        return NAMELESS if row is None else Names(row["pushed"], row["saved"])

    async def saved(self) -> Mapping[RemoteUserID, Names]:
        """Everybody in the address book."""
        rows = await self._db.fetch(
            "SELECT person, pushed, saved FROM whatsapp_name"
            " WHERE login = $1 AND saved <> '' ORDER BY saved, person",
            self._login,
        )
        return {RemoteUserID(row["person"]): Names(row["pushed"], row["saved"]) for row in rows}

    async def put(self, names: Sequence[tuple[RemoteUserID, Names]]) -> None:
        """Store names, in place of earlier ones."""
        async with self._db.transaction() as connection:
            # In one order, or two who are told at once wait for each other.
            for person, one in sorted(names, key=lambda pair: pair[0]):
                await connection.execute(
                    "INSERT INTO whatsapp_name (login, person, pushed, saved)"
                    " VALUES ($1, $2, $3, $4) ON CONFLICT (login, person)"
                    " DO UPDATE SET pushed = excluded.pushed, saved = excluded.saved",
                    self._login,
                    person,
                    clean_text(one.pushed),
                    clean_text(one.saved),
                )

    async def wipe(self) -> None:
        """Forget everybody."""
        await self._db.execute("DELETE FROM whatsapp_name WHERE login = $1", self._login)
