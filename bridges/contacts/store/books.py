# SPDX-License-Identifier: AGPL-3.0-or-later
"""Stored address books. Names, numbers and what they are called are sealed; who has how many is not.

A book is stored as a whole each time its source is read, and read as a whole to find people. So its cards
lie on pages of many, and nothing in the database tells one card from another.
"""

import asyncio
from collections.abc import Callable, Sequence
from typing import Any

from attrs import frozen
from cattrs.preconf.json import make_converter
from mautrix.types import UserID
from mautrix.util.async_db import Connection

from bridges.contacts.people.model import Decision
from bridges.contacts.sources.model import AddressBook, Card, Source
from bridges.contacts.store.schema import OF_OWNERS
from bridges.core.ids import LoginID
from bridges.core.secretbox import SecretBox
from bridges.core.storage.database import Database

_PAGE = 200
"""Cards on a page: about 50 kB."""


@frozen
class LoginRef:
    """A login of one network's bridge, which alone knows it by this id."""

    network: str
    id: LoginID


@frozen
class _Row:
    """A row of ``address_book``, opened."""

    id: str
    source: Source


class ContactStore:
    """The address books and decisions of everybody here; each method is about one person's.

    Methods that read raise ``SecretUnreadable`` if a key is missing.
    """

    def __init__(self, database: Database, secrets: SecretBox, new_id: Callable[[], str]) -> None:
        """``new_id`` gives a new random name for a stored book each time."""
        self._db = database
        self._secrets = secrets
        self._new_id = new_id
        self._converter = make_converter()
        self._listeners: list[Callable[[UserID], None]] = []

    def listen(self, listener: Callable[[UserID], None]) -> None:
        """Have a function told whose books, country or decisions have become others."""
        self._listeners.append(listener)

    async def books(self, owner: UserID) -> list[AddressBook]:
        """All address books of a person."""
        async with self._db.transaction() as connection:
            rows = await self._rows(connection, owner)
            return [await self._book(connection, owner, row) for row in rows]

    async def save(self, owner: UserID, book: AddressBook, login: LoginRef | None = None) -> None:
        """Store an address book in place of what the same source gave before.

        ``login`` is the account it comes from, with which it is deleted.
        """
        async with self._db.transaction() as connection:
            await self._lock(connection, owner)
            await self._remove(connection, owner, book.source.id)
            name = self._new_id()
            await connection.execute(
                "INSERT INTO address_book (id, owner, network, login, details)"
                " VALUES ($1, $2, $3, $4, $5)",
                name,
                owner,
                None if login is None else login.network,
                None if login is None else login.id,
                self._seal(book.source, _of_book(owner, name)),
            )
            for page, start in enumerate(range(0, len(book.cards), _PAGE)):
                await connection.execute(
                    "INSERT INTO address_book_page (book, page, cards) VALUES ($1, $2, $3)",
                    name,
                    page,
                    self._seal(book.cards[start : start + _PAGE], _of_page(owner, name, page)),
                )
        self._tell(owner)

    async def remove(self, owner: UserID, source: str) -> None:
        """Forget what a source gave. Decisions stay, for the case that it comes again."""
        async with self._db.transaction() as connection:
            await self._remove(connection, owner, source)
        self._tell(owner)

    async def region(self, owner: UserID) -> str | None:
        """The country of a person's numbers without one, as they have said."""
        row = await self._db.fetchrow("SELECT region FROM contact_owner WHERE owner = $1", owner)
        return None if row is None or row["region"] is None else str(row["region"])

    async def set_region(self, owner: UserID, region: str | None) -> None:
        """Remember what a person has said; ``region`` is an ISO 3166-1 code."""
        async with self._db.transaction() as connection:
            await self._lock(connection, owner)
            await connection.execute(
                "UPDATE contact_owner SET region = $2 WHERE owner = $1", owner, region
            )
        self._tell(owner)

    async def decisions(self, owner: UserID) -> list[Decision]:
        """What a person has decided, in that order."""
        rows = await self._db.fetch(
            "SELECT position, decision FROM contact_decision WHERE owner = $1 ORDER BY position",
            owner,
        )
        return [
            self._open(row["decision"], _of_decision(owner, row["position"]), Decision)
            for row in rows
        ]

    async def set_decisions(self, owner: UserID, decisions: Sequence[Decision]) -> None:
        """Store all decisions of a person, in that order, in place of the earlier ones."""
        async with self._db.transaction() as connection:
            await self._lock(connection, owner)
            await connection.execute("DELETE FROM contact_decision WHERE owner = $1", owner)
            for position, one in enumerate(decisions):
                await connection.execute(
                    "INSERT INTO contact_decision (owner, position, decision) VALUES ($1, $2, $3)",
                    owner,
                    position,
                    self._seal(one, _of_decision(owner, position)),
                )
        self._tell(owner)

    async def forget(self, owner: UserID) -> None:
        """Delete everything that is stored about a person's contacts."""
        async with self._db.transaction() as connection:
            for table in OF_OWNERS:
                await connection.execute(f"DELETE FROM {table} WHERE owner = $1", owner)  # noqa: S608

    async def forget_login(self, owner: UserID, login: LoginRef) -> None:
        """Delete the address books that came from an account. The person's files and decisions stay."""
        await self._db.execute(
            "DELETE FROM address_book WHERE owner = $1 AND network = $2 AND login = $3",
            owner,
            login.network,
            login.id,
        )
        self._tell(owner)

    async def logins(self, network: str) -> set[tuple[UserID, LoginRef]]:
        """From which accounts on a network there are address books, and whose."""
        rows = await self._db.fetch(
            "SELECT DISTINCT owner, login FROM address_book WHERE network = $1", network
        )
        return {(UserID(row["owner"]), LoginRef(network, LoginID(row["login"]))) for row in rows}

    async def owners(self) -> list[UserID]:
        """Everybody with an address book."""
        rows = await self._db.fetch("SELECT DISTINCT owner FROM address_book ORDER BY owner")
        return [UserID(row["owner"]) for row in rows]

    async def reseal(self) -> None:
        """Seal with the current key what an earlier one has sealed. Raises ``SecretUnreadable``."""
        for owner in await self._db.fetch("SELECT owner FROM contact_owner"):
            await self._reseal(UserID(owner["owner"]))

    def _tell(self, owner: UserID) -> None:
        for listener in self._listeners:
            listener(owner)

    async def _reseal(self, owner: UserID) -> None:
        async with self._db.transaction() as connection:
            await self._lock(connection, owner)
            books = await connection.fetch(
                "SELECT id, details FROM address_book WHERE owner = $1", owner
            )
            for row in books:
                await self._renew(
                    connection,
                    "UPDATE address_book SET details = $1 WHERE id = $2",
                    (row["details"], _of_book(owner, row["id"])),
                    row["id"],
                )
                await self._reseal_pages(connection, owner, row["id"])
            decided = await connection.fetch(
                "SELECT position, decision FROM contact_decision WHERE owner = $1", owner
            )
            for row in decided:
                await self._renew(
                    connection,
                    "UPDATE contact_decision SET decision = $1 WHERE owner = $2 AND position = $3",
                    (row["decision"], _of_decision(owner, row["position"])),
                    owner,
                    row["position"],
                )

    async def _reseal_pages(self, connection: Connection, owner: UserID, book: str) -> None:
        rows = await connection.fetch(
            "SELECT page, cards FROM address_book_page WHERE book = $1", book
        )
        for row in rows:
            await self._renew(
                connection,
                "UPDATE address_book_page SET cards = $1 WHERE book = $2 AND page = $3",
                (row["cards"], _of_page(owner, book, row["page"])),
                book,
                row["page"],
            )

    async def _renew(
        self, connection: Connection, update: str, sealed: tuple[Any, str], *place: Any
    ) -> None:
        data, purpose = bytes(sealed[0]), sealed[1]
        if self._secrets.needs_resealing(data):
            renewed = self._secrets.seal(self._secrets.open(data, purpose), purpose)
            await connection.execute(update, renewed, *place)

    async def _lock(self, connection: Connection, owner: UserID) -> None:
        """Have the only writing transaction about a person; on SQLite each is the only one anyway."""
        await connection.execute(
            "INSERT INTO contact_owner (owner) VALUES ($1)"
            " ON CONFLICT (owner) DO UPDATE SET owner = excluded.owner",
            owner,
        )

    async def _rows(self, connection: Connection, owner: UserID) -> list[_Row]:
        rows = await connection.fetch(
            "SELECT id, details FROM address_book WHERE owner = $1 ORDER BY id", owner
        )
        return [
            _Row(row["id"], self._open(row["details"], _of_book(owner, row["id"]), Source))
            for row in rows
        ]

    async def _book(self, connection: Connection, owner: UserID, row: _Row) -> AddressBook:
        pages = await connection.fetch(
            "SELECT page, cards FROM address_book_page WHERE book = $1 ORDER BY page", row.id
        )

        def read() -> tuple[Card, ...]:
            return tuple(
                card
                for page in pages
                for card in self._open(
                    page["cards"], _of_page(owner, row.id, page["page"]), tuple[Card, ...]
                )
            )

        # 50,000 cards take half a second.
        return AddressBook(row.source, await asyncio.to_thread(read))

    async def _remove(self, connection: Connection, owner: UserID, source: str) -> None:
        for row in await self._rows(connection, owner):
            if row.source.id == source:
                await connection.execute("DELETE FROM address_book WHERE id = $1", row.id)

    def _seal(self, value: Any, purpose: str) -> bytes:
        return self._secrets.seal(self._converter.dumps(value).encode(), purpose)

    def _open(self, sealed: Any, purpose: str, shape: Any) -> Any:
        return self._converter.loads(self._secrets.open(bytes(sealed), purpose), shape)


def _of_book(owner: UserID, book: str) -> str:
    return f"address book {book} of {owner}"


def _of_page(owner: UserID, book: str, page: int) -> str:
    return f"page {page} of address book {book} of {owner}"


def _of_decision(owner: UserID, position: int) -> str:
    return f"decision {position} on contacts of {owner}"
