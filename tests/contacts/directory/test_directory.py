# SPDX-License-Identifier: AGPL-3.0-or-later
"""Who is told that somebody is here, on both databases."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest

from bridges.contacts.directory.directory import Directory
from bridges.contacts.directory.model import Compared, Consent, Handle, Here, News
from bridges.contacts.directory.quota import Limits
from bridges.contacts.store.books import ContactStore
from bridges.core.ids import LoginID
from bridges.core.secretbox import SecretBox, SecretUnreadable
from bridges.core.storage.database import Database
from tests.contacts.directory.making import (
    KEY,
    OTHER_KEY,
    START,
    StandingClock,
    arrive,
    new_directory,
    opened,
    person,
    proof,
    seen_by,
    tel,
)

ALICE, BOB, CAROL = person("alice"), person("bob"), person("carol")
OF_ALICE, OF_BOB, OF_CAROL = tel(1), tel(2), tel(3)
NOT_HERE = tel(4)
BOB_ON_TELEGRAM = Handle("telegram:2")


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    async with opened(database_url) as database:
        yield database


@pytest.fixture
def directory(database: Database) -> Directory:
    return new_directory(database)


async def acquainted(directory: Directory) -> None:
    """Alice and Bob have each other; Carol has both, and nobody has her."""
    await arrive(directory, ALICE, OF_ALICE, [OF_BOB, NOT_HERE])
    await arrive(directory, BOB, OF_BOB, [OF_ALICE])
    await arrive(directory, CAROL, OF_CAROL, [OF_ALICE, OF_BOB])


async def test_those_who_have_each_other_are_told(directory: Directory) -> None:
    await acquainted(directory)
    assert await directory.who_is_here(ALICE) == (Here(BOB, frozenset({OF_BOB})),)
    assert await directory.who_is_here(BOB) == (Here(ALICE, frozenset({OF_ALICE})),)
    assert await directory.who_is_here(CAROL) == ()
    assert await directory.who_sees(BOB) == (ALICE,)
    assert await directory.who_is_here(person("stranger")) == ()


async def test_each_may_have_the_other_by_something_else(directory: Directory) -> None:
    await directory.prove(BOB, [proof(OF_BOB), proof(BOB_ON_TELEGRAM)])
    await directory.compare(BOB, [OF_ALICE])
    await arrive(directory, ALICE, OF_ALICE, [BOB_ON_TELEGRAM])
    assert await directory.who_is_here(ALICE) == (Here(BOB, frozenset({BOB_ON_TELEGRAM})),)
    assert await seen_by(directory, BOB) == {ALICE}


async def test_those_who_share_an_account_do_not_know_each_other_by_it(
    directory: Directory,
) -> None:
    """Both have a token of the same pair, from the same side."""
    for agent in (ALICE, BOB):
        await arrive(directory, agent, tel(9), [OF_CAROL])
    assert await seen_by(directory, ALICE) == set()
    await arrive(directory, CAROL, OF_CAROL, [tel(9)])
    assert await seen_by(directory, ALICE) == {CAROL}
    assert await seen_by(directory, CAROL) == {ALICE, BOB}


async def test_everyone_means_those_who_have_the_number(directory: Directory) -> None:
    await acquainted(directory)
    await directory.set_consent(BOB, Consent.EVERYONE)
    assert await seen_by(directory, CAROL) == {BOB}
    assert await seen_by(directory, BOB) == {ALICE}
    await directory.set_consent(BOB, Consent.MUTUAL)
    assert await seen_by(directory, CAROL) == set()


async def test_to_hide_holds_at_once_and_leaves_nothing(
    directory: Directory, database: Database
) -> None:
    await acquainted(directory)
    await directory.set_consent(BOB, Consent.NOBODY)
    assert await seen_by(directory, ALICE) == await seen_by(directory, BOB) == set()
    await arrive(directory, BOB, OF_BOB, [OF_ALICE])
    assert await seen_by(directory, ALICE) == set()
    row = await database.fetchrow("SELECT * FROM directory_person WHERE owner = $1", BOB)
    assert row is not None
    assert row["listed"] is None
    for table in ("directory_pair", "directory_proof"):
        assert not await database.fetch(f"SELECT * FROM {table} WHERE person = $1", row["number"])
    await directory.set_consent(BOB, Consent.MUTUAL)
    await arrive(directory, BOB, OF_BOB, [OF_ALICE])
    assert await seen_by(directory, ALICE) == {BOB}


async def test_a_proof_ends_with_its_login(directory: Directory) -> None:
    await acquainted(directory)
    await directory.end_login(BOB, LoginID("another"))
    assert await seen_by(directory, ALICE) == {BOB}
    await directory.end_login(BOB, LoginID(f"login of {BOB}"))
    assert await seen_by(directory, ALICE) == await seen_by(directory, BOB) == set()
    await directory.prove(BOB, [proof(OF_BOB)])
    assert await seen_by(directory, ALICE) == {BOB}


async def test_who_is_not_had_any_more_disappears_even_without_a_login(
    directory: Directory,
) -> None:
    await acquainted(directory)
    await directory.prove(BOB, [])
    assert await directory.compare(BOB, [OF_CAROL]) == Compared(0, 1)
    await directory.prove(BOB, [proof(OF_BOB)])
    assert await seen_by(directory, ALICE) == set()


async def test_everything_of_a_person_is_forgotten(
    directory: Directory, database: Database
) -> None:
    await acquainted(directory)
    for user in (ALICE, BOB):
        await directory.news(user)
    await ContactStore(database, SecretBox(KEY), lambda: "name").forget(BOB)
    assert await seen_by(directory, ALICE) == set()
    for table in ("directory_person", "directory_proof", "directory_pair"):
        assert await database.fetch(f"SELECT * FROM {table}")
    assert not await database.fetch("SELECT * FROM directory_told")
    for user in (ALICE, CAROL):
        await directory.forget(user)
    for table in ("directory_person", "directory_proof", "directory_pair"):
        assert not await database.fetch(f"SELECT * FROM {table}")


async def test_an_arrival_is_told_once(directory: Directory, database: Database) -> None:
    await arrive(directory, ALICE, OF_ALICE, [OF_BOB, OF_CAROL])
    assert await directory.news(ALICE) == News((), first=True)
    await arrive(directory, BOB, OF_BOB, [OF_ALICE])
    bob_is_here = News((Here(BOB, frozenset({OF_BOB})),))
    assert await directory.news(ALICE) == bob_is_here
    assert await directory.news(ALICE) == News(())
    await directory.prove(BOB, [])
    await directory.prove(BOB, [proof(OF_BOB)])
    assert await new_directory(database).news(ALICE) == News(())
    assert (await directory.news(BOB)).first
    assert await directory.news(BOB) == News(())


async def test_it_is_told_once_however_often_it_is_asked_at_the_same_time(
    directory: Directory,
) -> None:
    await acquainted(directory)
    told = await asyncio.gather(*(directory.news(ALICE) for _ in range(5)))
    assert sum(len(news.people) for news in told) == 1


async def test_what_is_answered_does_not_depend_on_who_is_here(
    directory: Directory, database: Database
) -> None:
    """One tries numbers of people who do not have them, the other numbers of nobody; both reach the limit."""
    here = [tel(number) for number in range(100, 130)]
    for number, handle in enumerate(here):
        await arrive(directory, person(f"somebody{number}"), handle, [NOT_HERE])
    answers = []
    limited = new_directory(database, limits=Limits(whole=20, added=20))
    for user, own, tried in (
        (ALICE, OF_ALICE, here),
        (BOB, OF_BOB, [tel(number) for number in range(200, 230)]),
    ):
        await limited.prove(user, [proof(own)])
        compared = await limited.compare(user, tried)
        number = (
            await database.fetch("SELECT number FROM directory_person WHERE owner = $1", user)
        )[0]["number"]
        rows = await database.fetch("SELECT * FROM directory_pair WHERE person = $1", number)
        answers.append((compared, len(rows), await limited.who_is_here(user)))
    assert answers[0] == answers[1]
    assert answers[0] == (Compared(20, 10, START + timedelta(days=1)), 20, ())


async def test_limits_outlast_restarts_and_are_shared_by_who_shares_an_account(
    database: Database,
) -> None:
    clock, limits = StandingClock(), Limits(whole=20, added=20)
    directory = new_directory(database, clock, limits=limits)
    await directory.prove(ALICE, [proof(OF_ALICE)])
    numbers = [tel(number) for number in range(100, 150)]
    assert await directory.compare(ALICE, numbers) == Compared(20, 30, START + timedelta(days=1))

    clock.moment = START + timedelta(hours=23)
    directory = new_directory(database, clock, limits=limits)
    assert await directory.compare(ALICE, numbers) == Compared(20, 30, START + timedelta(days=1))
    await directory.forget(ALICE)
    await directory.prove(ALICE, [proof(OF_ALICE)])
    in_ten_days = START + timedelta(days=10)
    assert await directory.compare(ALICE, numbers) == Compared(0, 50, in_ten_days)
    await directory.prove(BOB, [proof(OF_ALICE)])
    assert await directory.compare(BOB, numbers) == Compared(0, 50, in_ten_days)
    await directory.prove(CAROL, [proof(OF_CAROL)])
    assert (await directory.compare(CAROL, numbers)).listed == 20
    clock.moment = in_ten_days
    assert (await directory.compare(ALICE, numbers)).listed == 20


async def test_who_was_found_stays_found_when_the_limit_is_reached(database: Database) -> None:
    directory = new_directory(database, limits=Limits(whole=1, added=1))
    await arrive(directory, ALICE, OF_ALICE, [OF_BOB, OF_CAROL])
    await arrive(directory, BOB, OF_BOB, [OF_ALICE])
    assert await directory.compare(ALICE, [OF_CAROL, OF_BOB]) == Compared(
        1, 1, START + timedelta(days=1)
    )
    assert await seen_by(directory, ALICE) == {BOB}


async def test_a_stolen_table_tells_no_number(
    directory: Directory, database: Database, database_url: str
) -> None:
    await acquainted(directory)
    await directory.news(ALICE)
    if database.is_postgres:
        names = ("key", "person", "proof", "pair", "told", "charge")
        tables = [await database.fetch(f"SELECT * FROM directory_{name}") for name in names]
        stored = b"".join(
            value if isinstance(value, bytes) else str(value).encode()
            for table in tables
            for row in table
            for value in row.values()
        )
    else:
        folder = Path(database_url.removeprefix("sqlite:///")).parent
        stored = b"".join(one.read_bytes() for one in folder.rglob("*") if one.is_file())
    assert BOB.encode() in stored
    for handle in (OF_ALICE, OF_BOB, OF_CAROL, NOT_HERE):
        assert handle.removeprefix("tel:+").encode() not in stored
    with pytest.raises(SecretUnreadable):
        await new_directory(database, key=OTHER_KEY).who_is_here(ALICE)


async def test_that_two_have_the_same_contact_cannot_be_seen_in_the_table(
    directory: Directory, database: Database
) -> None:
    for number in range(5):
        await arrive(directory, person(f"somebody{number}"), tel(100 + number), [NOT_HERE])
    rows = await database.fetch("SELECT token FROM directory_pair")
    assert len(rows) == len({bytes(row["token"]) for row in rows}) == 5


async def test_a_replaced_key_makes_all_tokens_anew(
    directory: Directory, database: Database
) -> None:
    await acquainted(directory)
    await directory.set_consent(BOB, Consent.EVERYONE)
    before = {bytes(row["token"]) for row in await database.fetch("SELECT * FROM directory_pair")}
    await new_directory(database, key=OTHER_KEY, previous=[KEY]).reseal()
    after = {bytes(row["token"]) for row in await database.fetch("SELECT * FROM directory_pair")}
    assert before.isdisjoint(after)
    assert len(before) == len(after)
    renewed = new_directory(database, key=OTHER_KEY)
    assert await seen_by(renewed, ALICE) == {BOB}
    assert await seen_by(renewed, BOB) == {ALICE}
    assert await seen_by(renewed, CAROL) == {BOB}
    await renewed.reseal()
    assert after == {
        bytes(row["token"]) for row in await database.fetch("SELECT * FROM directory_pair")
    }


async def test_a_renewal_that_was_interrupted_is_finished(
    directory: Directory, database: Database
) -> None:
    await acquainted(directory)
    seeds = [bytes(row["seed"]) for row in await database.fetch("SELECT * FROM directory_key")]
    await directory._keys.renew()
    await directory.set_consent(BOB, Consent.EVERYONE)  # Bob's are made anew with that
    await new_directory(database).reseal()
    assert await seen_by(directory, ALICE) == {BOB}
    assert await seen_by(directory, CAROL) == {BOB}
    rows = await database.fetch("SELECT * FROM directory_key")
    assert [row["generation"] for row in rows] == [2]
    assert bytes(rows[0]["seed"]) not in seeds
