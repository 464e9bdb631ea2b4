# SPDX-License-Identifier: AGPL-3.0-or-later
"""Stored address books: whole, each its owner's, and unreadable in the database."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path

import pytest
from mautrix.types import UserID

from bridges.contacts.people.merging import people
from bridges.contacts.people.model import CardRef, Decision
from bridges.contacts.sources.model import (
    AddressBook,
    Card,
    IdKind,
    NetworkID,
    Source,
    SourceKind,
)
from bridges.contacts.store.books import ContactStore, LoginRef
from bridges.contacts.store.schema import OF_OWNERS, contact_tables
from bridges.contacts.store.totals import Totals, TotalsStore
from bridges.core.ids import LoginID
from bridges.core.secretbox import SecretBox, SecretUnreadable
from bridges.core.storage.database import Database, open_database

ALICE, BOB = UserID("@alice:people.example"), UserID("@bob:people.example")
NOW = datetime(2030, 1, 1, tzinfo=UTC)
KEY, OTHER_KEY = bytes(range(32)), bytes(range(1, 33))
LOGIN = LoginRef("telegram", LoginID("login-1"))

NODIRA = Card(
    "uid-of-nodira",
    "Нодира Мисолова",
    other_names=("Nodirushka",),
    phones=("+992 92 700 00 01",),
    emails=("nodira@contacts.example",),
    ids=(NetworkID(IdKind.TELEGRAM_USER, "7770007"), NetworkID(IdKind.WHATSAPP_LID, "8880008")),
)
PHONE = Source("telephone of Alice", SourceKind.VCARD, "Alices-contacts.vcf")
TELEGRAM = Source("telegram-of-alice", SourceKind.TELEGRAM, "Telegram account")
SECRETS = (
    *(
        "Нодира",
        "Мисолова",
        "Nodirushka",
        "700 00 01",
        "992927000001",
        "nodira@contacts",
        "7770007",
    ),
    *("8880008", "uid-of-nodira", "telephone of Alice", "Alices-contacts", "telegram-of-alice"),
)


def many(number: int) -> tuple[Card, ...]:
    return tuple(Card(str(n), f"Person {n}", phones=(f"+1 201 555 {n:04}",)) for n in range(number))


def new_store(database: Database, key: bytes = KEY, previous: Sequence[bytes] = ()) -> ContactStore:
    numbers = count()
    return ContactStore(database, SecretBox(key, previous), lambda: f"book-{next(numbers)}")


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    namespace = "contacts" if database_url.startswith("postgres") else None
    opened = await open_database(database_url, namespace, contact_tables)
    yield opened
    await opened.close()


@pytest.fixture
def store(database: Database) -> ContactStore:
    return new_store(database)


async def rows(database: Database) -> dict[str, int]:
    counts = {}
    for table in (*OF_OWNERS, "address_book_page"):
        counts[table] = len(await database.fetch(f"SELECT * FROM {table}"))
    return counts


async def test_books_come_back_whole(store: ContactStore) -> None:
    books = [AddressBook(PHONE, (NODIRA, *many(450))), AddressBook(TELEGRAM, ())]
    for book in books:
        await store.save(ALICE, book)
    assert await store.books(ALICE) == books
    assert await store.books(BOB) == []


async def test_a_source_that_is_read_again_replaces_itself(store: ContactStore) -> None:
    await store.save(ALICE, AddressBook(PHONE, many(450)))
    await store.save(ALICE, AddressBook(TELEGRAM, many(2)))
    await store.save(BOB, AddressBook(PHONE, many(1)))
    await store.save(ALICE, AddressBook(PHONE, (NODIRA,)))
    assert {book.source.id: len(book.cards) for book in await store.books(ALICE)} == {
        PHONE.id: 1,
        TELEGRAM.id: 2,
    }
    assert len(await store.books(BOB)) == 1
    await store.remove(ALICE, PHONE.id)
    assert [book.source for book in await store.books(ALICE)] == [TELEGRAM]


async def test_two_that_are_stored_at_once_are_one(store: ContactStore) -> None:
    await asyncio.gather(*(store.save(ALICE, AddressBook(PHONE, many(n))) for n in range(1, 6)))
    assert len(await store.books(ALICE)) == 1


async def test_decisions_and_the_country_are_kept(store: ContactStore) -> None:
    a, b, c = (CardRef(PHONE.id, key) for key in "abc")
    decisions = [Decision(a, b, same=True), Decision(b, c, same=False)]
    assert await store.decisions(ALICE) == []
    await store.set_decisions(ALICE, decisions)
    await store.set_decisions(BOB, decisions[:1])
    assert await store.decisions(ALICE) == decisions
    await store.set_decisions(ALICE, decisions[1:])
    assert await store.decisions(ALICE) == decisions[1:]
    assert await store.decisions(BOB) == decisions[:1]

    assert await store.region(ALICE) is None
    await store.set_region(ALICE, "TJ")
    assert await store.region(ALICE) == "TJ"
    assert await store.region(BOB) is None
    await store.set_region(ALICE, None)
    assert await store.region(ALICE) is None


async def test_a_decision_lasts_when_a_source_is_read_again(store: ContactStore) -> None:
    phone = AddressBook(PHONE, (Card("a", "Mum", phones=("+1 201 555 0123",)),))
    telegram = AddressBook(TELEGRAM, (Card("b", "Nodira", phones=("12015550123",)),))
    await store.set_decisions(
        ALICE, [Decision(CardRef(PHONE.id, "a"), CardRef(TELEGRAM.id, "b"), same=True)]
    )
    for book in (phone, telegram, phone, telegram):
        await store.save(ALICE, book)
    found = people(await store.books(ALICE), None, await store.decisions(ALICE))
    assert len(found.people) == 1


async def test_nothing_of_it_can_be_read_in_the_database(
    store: ContactStore, database: Database, database_url: str, tmp_path: Path
) -> None:
    await store.save(ALICE, AddressBook(PHONE, (NODIRA, *many(300))), LOGIN)
    await store.save(ALICE, AddressBook(TELEGRAM, (NODIRA,)))
    card = CardRef(PHONE.id, NODIRA.key)
    await store.set_decisions(ALICE, [Decision(card, CardRef(TELEGRAM.id, NODIRA.key), same=True)])
    if database.is_postgres:
        tables = [await database.fetch(f"SELECT * FROM {table}") for table in await rows(database)]
        stored = b"".join(
            value if isinstance(value, bytes) else str(value).encode()
            for table in tables
            for row in table
            for value in row.values()
        )
    else:
        folder = Path(database_url.removeprefix("sqlite:///")).parent
        files = [one for one in folder.rglob("*") if one.is_file()]
        assert files
        stored = b"".join(one.read_bytes() for one in files)
    assert ALICE.encode() in stored
    for secret in SECRETS:
        assert secret.encode() not in stored
        assert secret.encode("utf-16-le") not in stored


async def test_a_page_that_was_moved_to_somebody_else_does_not_open(
    store: ContactStore, database: Database
) -> None:
    await store.save(ALICE, AddressBook(PHONE, (NODIRA,)))
    await store.set_region(BOB, "TJ")
    await database.execute("UPDATE address_book SET owner = $1", BOB)
    with pytest.raises(SecretUnreadable):
        await store.books(BOB)


async def test_keys_can_be_replaced(store: ContactStore, database: Database) -> None:
    books = [AddressBook(PHONE, (NODIRA, *many(300)))]
    decisions = [Decision(CardRef("a", "b"), CardRef("c", "d"), same=True)]
    await store.save(ALICE, books[0])
    await store.set_decisions(ALICE, decisions)
    await new_store(database, OTHER_KEY, [KEY]).reseal()
    with pytest.raises(SecretUnreadable):
        await store.books(ALICE)
    renewed = new_store(database, OTHER_KEY)
    assert await renewed.books(ALICE) == books
    assert await renewed.decisions(ALICE) == decisions


async def test_everything_of_a_person_is_forgotten(store: ContactStore, database: Database) -> None:
    for owner in (ALICE, BOB):
        await store.save(owner, AddressBook(PHONE, many(2)), LOGIN if owner == BOB else None)
        await store.set_decisions(
            owner, [Decision(CardRef("a", "b"), CardRef("c", "d"), same=True)]
        )
        await TotalsStore(database).save(owner, {"native": 1}, NOW)
        await database.execute(
            "INSERT INTO directory_person (owner, consent, generation, greeted)"
            " VALUES ($1, 'mutual', 0, FALSE)",
            owner,
        )
    await store.forget(ALICE)
    assert set((await rows(database)).values()) == {1}
    assert len(await store.books(BOB)) == 1
    await store.forget(BOB)
    assert set((await rows(database)).values()) == {0}


async def test_what_came_from_an_account_goes_with_it(
    store: ContactStore, database: Database
) -> None:
    await store.save(ALICE, AddressBook(TELEGRAM, many(2)), LOGIN)
    await store.save(ALICE, AddressBook(PHONE, many(2)))
    await store.save(BOB, AddressBook(TELEGRAM, many(2)), LOGIN)
    assert await store.logins("telegram") == {(ALICE, LOGIN), (BOB, LOGIN)}
    assert await store.logins("whatsapp") == set()
    await store.forget_login(ALICE, LoginRef("whatsapp", LOGIN.id))
    await store.forget_login(ALICE, LOGIN)
    assert [book.source for book in await store.books(ALICE)] == [PHONE]
    assert len(await store.books(BOB)) == 1
    assert (await rows(database))["address_book_page"] == 2
    assert await store.owners() == [ALICE, BOB]


async def test_no_table_is_forgotten(tmp_path: Path) -> None:
    database = await open_database(f"sqlite:///{tmp_path / 'contacts.db'}", None, contact_tables)
    found = set()
    for row in await database.fetch("SELECT name FROM sqlite_master WHERE type = 'table'"):
        described = await database.fetch(f"PRAGMA table_info({row['name']})")
        if "owner" in {one["name"] for one in described}:
            found.add(row["name"])
    await database.close()
    assert found == set(OF_OWNERS)


async def test_totals_of_everybody_are_sums_without_names(database: Database) -> None:
    totals = TotalsStore(database)
    assert await totals.of_all() == Totals(0, {}, None)
    await totals.save(ALICE, {"native": 1, "bridged": 5}, NOW)
    await totals.save(BOB, {"native": 2, "unreachable": 3}, NOW + timedelta(hours=1))
    await totals.save(ALICE, {"native": 4, "unreachable": 0}, NOW + timedelta(hours=2))
    expected = {"native": 6, "unreachable": 3}
    assert await totals.of_all() == Totals(2, expected, NOW + timedelta(hours=1))
    await totals.forget(BOB)
    assert (await totals.of_all()).states == {"native": 4, "unreachable": 0}
