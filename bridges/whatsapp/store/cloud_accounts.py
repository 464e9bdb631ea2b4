# SPDX-License-Identifier: AGPL-3.0-or-later
"""The organisation's numbers and what Meta asks for to use them, sealed."""

import json
from typing import Any

from attrs import evolve, frozen

from bridges.core.ids import LoginID
from bridges.core.secretbox import SecretBox
from bridges.core.storage.database import Database
from bridges.whatsapp.cloud.graph import Credentials


@frozen
class Account:
    """A number as it is known: ``phone`` are its digits, ``name`` is what customers see."""

    credentials: Credentials
    phone: str
    name: str

    @property
    def number(self) -> str:
        """Its ``phone_number_id``."""
        return self.credentials.number


class AccountStore:
    """Keeps numbers."""

    def __init__(self, database: Database, secrets: SecretBox) -> None:
        self._db = database
        self._secrets = secrets

    async def all(self) -> list[Account]:
        """Every number. Raises ``SecretUnreadable``."""
        return [self._account(row) for row in await self._db.fetch("SELECT * FROM cloud_account")]

    async def save(self, account: Account) -> None:
        """Store a number, in place of what was known of it."""
        known = account.credentials
        secrets = {
            "access_token": known.access_token,
            "app_secret": known.app_secret,
            "verify_token": known.verify_token,
        }
        await self._db.execute(
            "INSERT INTO cloud_account (number, business, phone, name, sealed)"
            " VALUES ($1, $2, $3, $4, $5) ON CONFLICT (number) DO UPDATE SET"
            " business = excluded.business, phone = excluded.phone, name = excluded.name,"
            " sealed = excluded.sealed",
            account.number,
            known.business,
            account.phone,
            account.name,
            self._secrets.seal(json.dumps(secrets).encode(), _purpose(account.number)),
        )

    async def agents(self, number: str) -> list[LoginID]:
        """The logins that answer for a number, in an order that stays."""
        rows = await self._db.fetch(
            "SELECT login FROM cloud_agent WHERE number = $1 ORDER BY login", number
        )
        return [LoginID(row["login"]) for row in rows]

    async def add_agent(self, number: str, login: LoginID) -> None:
        """Have one more login answer for a number."""
        await self._db.execute(
            "INSERT INTO cloud_agent (login, number) VALUES ($1, $2) ON CONFLICT DO NOTHING",
            login,
            number,
        )

    async def remove_agent(self, login: LoginID) -> None:
        """Have a login answer for nothing any more."""
        await self._db.execute("DELETE FROM cloud_agent WHERE login = $1", login)

    async def learn_business(self, account: Account, business: str) -> Account:
        """Note which WhatsApp business account a number belongs to."""
        await self._db.execute(
            "UPDATE cloud_account SET business = $2 WHERE number = $1", account.number, business
        )
        return evolve(account, credentials=evolve(account.credentials, business=business))

    async def reseal(self) -> None:
        """Seal what an earlier key has sealed with the current one. Raises ``SecretUnreadable``."""
        for row in await self._db.fetch("SELECT number, sealed FROM cloud_account"):
            sealed = bytes(row["sealed"])
            if self._secrets.needs_resealing(sealed):
                opened = self._secrets.open(sealed, _purpose(row["number"]))
                await self._db.execute(
                    "UPDATE cloud_account SET sealed = $2 WHERE number = $1",
                    row["number"],
                    self._secrets.seal(opened, _purpose(row["number"])),
                )

    async def forget(self, number: str) -> None:
        """Forget a number and all that was kept for it."""
        async with self._db.transaction() as connection:
            for table in ("account", "agent", "customer", "seen", "held", "past", "sending"):
                await connection.execute(
                    f"DELETE FROM cloud_{table} WHERE number = $1",  # noqa: S608 # our own names
                    number,
                )

    def _account(self, row: Any) -> Account:
        secrets = json.loads(self._secrets.open(bytes(row["sealed"]), _purpose(row["number"])))
        credentials = Credentials(
            row["number"],
            secrets["access_token"],
            secrets["app_secret"],
            secrets["verify_token"],
            row["business"],
        )
        return Account(credentials, row["phone"], row["name"])


def _purpose(number: str) -> str:
    return f"whatsapp cloud secrets of {number}"
