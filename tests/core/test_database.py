# SPDX-License-Identifier: AGPL-3.0-or-later
"""Transactions end as a whole, however their block is left."""

import asyncio
import contextlib
import sqlite3
from collections.abc import AsyncIterator

import pytest
from asyncpg import PostgresError

from bridges.core.storage.database import Database
from tests.core.databases import core_database

_MOST_STEPS = 60


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    async with core_database(database_url) as database:
        yield database


async def _insert(database: Database, *names: str) -> None:
    async with database.transaction() as connection:
        for name in names:
            await connection.execute(
                "INSERT INTO key_value (name, value) VALUES ($1, $2)", name, "1"
            )


async def _names(database: Database) -> set[str]:
    return {row["name"] for row in await database.fetch("SELECT name FROM key_value")}


async def test_a_transaction_is_committed_at_the_end_of_its_block(database: Database) -> None:
    await _insert(database, "a", "b")
    assert await _names(database) == {"a", "b"}


async def test_an_exception_takes_everything_back(database: Database) -> None:
    with pytest.raises(sqlite3.IntegrityError if not database.is_postgres else PostgresError):
        await _insert(database, "a", "a")
    await _insert(database, "b")
    assert await _names(database) == {"b"}


async def test_a_cancellation_takes_everything_back(database: Database) -> None:
    inserted = asyncio.Event()

    async def never_finished() -> None:
        async with database.transaction() as connection:
            await connection.execute("INSERT INTO key_value (name, value) VALUES ('a', '1')")
            inserted.set()
            await asyncio.Event().wait()

    task = asyncio.create_task(never_finished())
    await inserted.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    await _insert(database, "b")
    assert await _names(database) == {"b"}


async def test_a_cancellation_at_any_step_leaves_all_or_nothing(database: Database) -> None:
    """Also while the transaction begins, commits or is taken back."""
    for step in range(_MOST_STEPS):
        await database.execute("DELETE FROM key_value")
        task = asyncio.create_task(_insert(database, "a", "b"))
        for _ in range(step):
            await asyncio.sleep(0)
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task
        assert await _names(database) in (set(), {"a", "b"})
        await _insert(database, "c")
        assert "c" in await _names(database)


async def test_two_transactions_do_not_see_each_other_half_done(database: Database) -> None:
    await asyncio.gather(*(_insert(database, f"{n}a", f"{n}b") for n in range(20)))
    assert len(await _names(database)) == 40
