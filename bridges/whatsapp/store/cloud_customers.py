# SPDX-License-Identifier: AGPL-3.0-or-later
"""Customers of a number: by which names they are known, and until when one may write to them freely."""

from collections.abc import Sequence
from typing import Any

from attrs import astuple, frozen
from mautrix.util.async_db import Connection

from bridges.core.ids import RemoteUserID
from bridges.core.storage.database import Database


@frozen
class Customer:
    """Somebody who writes with the organisation. Times are milliseconds since the epoch.

    Attributes:
        id: by which name they were first seen, for good.
        phone: digits of their number; empty if WhatsApp hides it.
        bsuid: what WhatsApp calls them towards this organisation; empty if it was not told.
        name: what they call themselves.
        saved: what the organisation calls them in its address book.
        open_until: when free messages end to be taken; 0 if it is not known.
        last_message: id of the last message they wrote.
    """

    id: RemoteUserID
    phone: str = ""
    bsuid: str = ""
    name: str = ""
    saved: str = ""
    open_until: int = 0
    active_at: int = 0
    last_message: str = ""


_INSERT = (
    "INSERT INTO cloud_customer"
    " (number, id, phone, bsuid, name, saved, open_until, active_at, last_message)"
    " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) ON CONFLICT (number, id)"
)
_SAVE = (
    f"{_INSERT} DO UPDATE SET"
    " phone = excluded.phone, bsuid = excluded.bsuid, name = excluded.name,"
    " saved = excluded.saved, open_until = excluded.open_until, active_at = excluded.active_at,"
    " last_message = excluded.last_message"
)


class CustomerStore:
    """Reads and writes the customers of one number."""

    def __init__(self, database: Database, number: str) -> None:
        self._db = database
        self._number = number

    async def get(self, user: RemoteUserID) -> Customer | None:
        """Somebody by the id they have here."""
        row = await self._db.fetchrow(
            "SELECT * FROM cloud_customer WHERE number = $1 AND id = $2", self._number, user
        )
        return None if row is None else _customer(row)

    async def find(self, phone: str, bsuid: str) -> Customer | None:
        """Somebody by either name, whichever is not empty; the BSUID is the surer one."""
        for column, name in (("bsuid", bsuid), ("phone", phone)):
            row = name and await self._db.fetchrow(
                f"SELECT * FROM cloud_customer WHERE number = $1 AND {column} = $2"  # noqa: S608
                " ORDER BY active_at DESC, id LIMIT 1",
                self._number,
                name,
            )
            if row:
                return _customer(row)
        return None

    async def save(self, connection: Connection, customer: Customer) -> None:
        """Store somebody."""
        await connection.execute(_SAVE, self._number, *astuple(customer))

    async def add(self, customer: Customer) -> None:
        """Store somebody unless they are known."""
        await self._db.execute(f"{_INSERT} DO NOTHING", self._number, *astuple(customer))

    async def recent(self, limit: int) -> Sequence[Customer]:
        """Those written with last, the latest first."""
        rows = await self._db.fetch(
            "SELECT * FROM cloud_customer WHERE number = $1 AND active_at > 0"
            " ORDER BY active_at DESC, id LIMIT $2",
            self._number,
            limit,
        )
        return [_customer(row) for row in rows]

    async def saved(self) -> Sequence[Customer]:
        """Those in the organisation's address book, by name."""
        rows = await self._db.fetch(
            "SELECT * FROM cloud_customer WHERE number = $1 AND saved <> '' ORDER BY saved, id",
            self._number,
        )
        return [_customer(row) for row in rows]


def _customer(row: Any) -> Customer:
    return Customer(
        RemoteUserID(row["id"]),
        row["phone"],
        row["bsuid"],
        row["name"],
        row["saved"],
        row["open_until"],
        row["active_at"],
        row["last_message"],
    )
