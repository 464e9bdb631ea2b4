# SPDX-License-Identifier: AGPL-3.0-or-later
"""Linked accounts: by which name the worker knows them, and how far they have been received."""

from datetime import UTC, datetime

from attrs import frozen
from mautrix.util.async_db import Connection

from bridges.core.ids import LoginID
from bridges.core.storage.database import Database

_COLUMNS = "login, device, number, received, linked_at, phone_seen, warned_days"


@frozen
class Account:
    """A linked account.

    Attributes:
        device: what the worker calls it; the keys are with the worker.
        number: digits of its phone number, empty if WhatsApp has not told it.
        received: number of the last event of the worker's that is stored.
        phone_seen: when its phone was last known to be online.
        warned_days: after how many days without the phone its owner was warned last; 0: not yet.
    """

    login: LoginID
    device: str
    number: str
    linked_at: datetime
    phone_seen: datetime
    received: int = 0
    warned_days: int = 0


class AccountStore:
    """All linked accounts."""

    def __init__(self, database: Database) -> None:
        self._db = database

    async def get(self, login: LoginID) -> Account | None:
        """The account of a login, None if it is linked no more."""
        row = await self._db.fetchrow(
            f"SELECT {_COLUMNS} FROM whatsapp_account WHERE login = $1",  # noqa: S608
            login,
        )
        if row is None:
            return None
        return Account(
            LoginID(row["login"]),
            row["device"],
            row["number"],
            datetime.fromtimestamp(row["linked_at"], UTC),
            datetime.fromtimestamp(row["phone_seen"], UTC),
            row["received"],
            row["warned_days"],
        )

    async def devices(self) -> frozenset[str]:
        """What the worker calls the accounts that are linked."""
        rows = await self._db.fetch("SELECT device FROM whatsapp_account")
        return frozenset(row["device"] for row in rows)

    async def save(self, account: Account) -> None:
        """Store an account, in place of an earlier link of the same login."""
        await self._db.execute(
            "INSERT INTO whatsapp_account"  # noqa: S608
            f" ({_COLUMNS}) VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (login) DO UPDATE SET"
            " device = excluded.device, number = excluded.number, received = excluded.received,"
            " linked_at = excluded.linked_at, phone_seen = excluded.phone_seen,"
            " warned_days = excluded.warned_days, has_history = false, has_contacts = false",
            account.login,
            account.device,
            account.number,
            account.received,
            int(account.linked_at.timestamp()),
            int(account.phone_seen.timestamp()),
            account.warned_days,
        )

    async def received(self, connection: Connection, login: LoginID, number: int) -> None:
        """Note, with what it has brought, that an event of the worker's is stored."""
        await connection.execute(
            "UPDATE whatsapp_account SET received = $2 WHERE login = $1 AND received < $2",
            login,
            number,
        )

    async def phone_seen(self, login: LoginID, when: datetime) -> None:
        """Note that the phone is there, so that warnings begin anew."""
        await self._db.execute(
            "UPDATE whatsapp_account SET phone_seen = $2, warned_days = 0"
            " WHERE login = $1 AND phone_seen < $2",
            login,
            int(when.timestamp()),
        )

    async def is_complete(self, login: LoginID) -> bool:
        """Whether the phone has handed over chats and contacts since the account was linked."""
        row = await self._db.fetchrow(
            "SELECT has_history, has_contacts FROM whatsapp_account WHERE login = $1", login
        )
        return row is not None and bool(row["has_history"] and row["has_contacts"])

    async def history_came(self, connection: Connection, login: LoginID) -> None:
        """Note that the chats are there, with what was handed over."""
        await connection.execute(
            "UPDATE whatsapp_account SET has_history = true WHERE login = $1", login
        )

    async def contacts_came(self, connection: Connection, login: LoginID) -> None:
        """Note that the contacts are there, with what they have changed."""
        await connection.execute(
            "UPDATE whatsapp_account SET has_contacts = true WHERE login = $1", login
        )

    async def warned(self, login: LoginID, days: int) -> None:
        """Note that the owner was warned."""
        await self._db.execute(
            "UPDATE whatsapp_account SET warned_days = $2 WHERE login = $1", login, days
        )

    async def wipe(self, login: LoginID) -> None:
        """Forget the account of a login."""
        await self._db.execute("DELETE FROM whatsapp_account WHERE login = $1", login)
