# SPDX-License-Identifier: AGPL-3.0-or-later
"""Which LID and which phone number are the same person, as one login was told.

Never shared among logins: WhatsApp shows a number to some and hides it from others.
"""

from collections.abc import Iterable, Sequence

from attrs import frozen
from mautrix.util.async_db import Connection

from bridges.core.ids import LoginID
from bridges.core.storage.database import Database
from bridges.whatsapp.ids import LID, NUMBER, Jid

_REMEMBERED = 20_000


@frozen
class SamePerson:
    """Two addresses of one person, without devices."""

    lid: Jid
    number: Jid


def same_person(one: Jid | None, other: Jid | None) -> SamePerson | None:
    """Tell that two addresses are one person's, if one is a LID and the other a number."""
    by_server = {jid.server: jid.bare for jid in (one, other) if jid is not None}
    if LID not in by_server or NUMBER not in by_server:
        return None
    return SamePerson(by_server[LID], by_server[NUMBER])


class Addresses:
    """The addresses one login knows; in memory as far as they were asked for."""

    def __init__(self, database: Database, login: LoginID) -> None:
        self._db = database
        self._login = login
        self._others: dict[Jid, Jid | None] = {}

    async def other(self, jid: Jid) -> Jid | None:
        """The number of a LID, the LID of a number; None if it is not known."""
        jid = jid.bare
        if jid in self._others:
            return self._others[jid]
        have, want = ("lid", "number") if jid.server == LID else ("number", "lid")
        row = await self._db.fetchrow(
            f"SELECT {want} FROM whatsapp_address WHERE login = $1 AND {have} = $2",  # noqa: S608
            self._login,
            jid.user,
        )
        found = None if row is None else Jid(row[want], NUMBER if want == "number" else LID)
        self._remember(jid, found)
        return found

    async def news(self, pairs: Iterable[SamePerson]) -> Sequence[SamePerson]:
        """Those that are not known yet."""
        distinct = {pair.lid: pair for pair in pairs}
        return [pair for pair in distinct.values() if await self.other(pair.lid) != pair.number]

    async def write(self, connection: Connection, pairs: Sequence[SamePerson]) -> None:
        """Store what ``news`` has given; a number that has moved on to somebody else moves."""
        # In one order, or two who are told at once wait for each other.
        for pair in sorted(pairs, key=lambda one: one.lid.user):
            await connection.execute(
                "DELETE FROM whatsapp_address WHERE login = $1 AND number = $2",
                self._login,
                pair.number.user,
            )
            await connection.execute(
                "INSERT INTO whatsapp_address (login, lid, number) VALUES ($1, $2, $3)"
                " ON CONFLICT (login, lid) DO UPDATE SET number = excluded.number",
                self._login,
                pair.lid.user,
                pair.number.user,
            )

    async def put(self, pairs: Sequence[SamePerson]) -> None:
        """Store what ``news`` has given, by itself."""
        async with self._db.transaction() as connection:
            await self.write(connection, pairs)
        self.written(pairs)

    def written(self, pairs: Sequence[SamePerson]) -> None:
        """Go by what ``write`` has stored; called when its transaction has ended."""
        for pair in pairs:
            self._remember(pair.lid, pair.number)
            self._remember(pair.number, pair.lid)

    async def wipe(self) -> None:
        """Forget everybody."""
        self._others.clear()
        await self._db.execute("DELETE FROM whatsapp_address WHERE login = $1", self._login)

    def _remember(self, jid: Jid, other: Jid | None) -> None:
        if len(self._others) >= _REMEMBERED:
            self._others.clear()
        self._others[jid] = other
