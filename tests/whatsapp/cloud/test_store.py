# SPDX-License-Identifier: AGPL-3.0-or-later
"""The records of the Cloud API, on SQLite and PostgreSQL."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import pytest

from bridges.core.ids import LoginID, RemoteUserID
from bridges.core.secretbox import SecretBox
from bridges.core.storage.database import Database
from bridges.whatsapp.cloud.graph import Credentials
from bridges.whatsapp.store.cloud_accounts import Account, AccountStore
from bridges.whatsapp.store.cloud_customers import Customer, CustomerStore
from bridges.whatsapp.store.cloud_inbox import KEPT, CloudInbox, Held
from bridges.whatsapp.store.cloud_sendings import SendingStore
from tests.whatsapp.cloud.office import open_cloud_database

NOW = datetime(2026, 11, 22, 9, tzinfo=UTC)
ACCOUNT = Account(Credentials("1", "token", "secret", "verify", ""), "992440000001", "Choyxona")
OLD, NEW = b"o" * 32, b"n" * 32


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    """A database with the tables of the Cloud API."""
    database = await open_cloud_database(database_url)
    yield database
    await database.close()


async def test_numbers_are_sealed_and_sealed_anew(database: Database) -> None:
    old = AccountStore(database, SecretBox(OLD))
    await old.save(ACCOUNT)
    await old.add_agent("1", LoginID("cloud-1-a"))
    await old.add_agent("1", LoginID("cloud-1-a"))
    both = AccountStore(database, SecretBox(NEW, (OLD,)))
    await both.reseal()
    new = AccountStore(database, SecretBox(NEW))
    assert await new.all() == [ACCOUNT]
    assert (await new.learn_business(ACCOUNT, "77")).credentials.business == "77"
    assert (await new.all())[0].credentials.business == "77"
    assert await new.agents("1") == ["cloud-1-a"]
    await new.forget("1")
    assert await new.all() == []
    assert await new.agents("1") == []


async def test_customers_are_found_by_either_name(database: Database) -> None:
    store = CustomerStore(database, "1")
    farhod = Customer(RemoteUserID("992900"), "992900", "TJ.1", "Farhod", "", 5, 7, "wamid.1")
    async with database.transaction() as connection:
        await store.save(connection, farhod)
    assert await store.get(farhod.id) == await store.find("992900", "") == farhod
    assert await store.find("", "TJ.1") == await store.find("other", "TJ.1") == farhod
    assert await store.find("", "") is None
    assert await CustomerStore(database, "2").get(farhod.id) is None
    assert await store.recent(5) == [farhod]
    assert await store.saved() == []


async def test_what_was_seen_and_what_waits_is_forgotten_in_time(database: Database) -> None:
    inbox = CloudInbox(database, SecretBox(OLD), "1")
    async with database.transaction() as connection:
        await inbox.note(connection, "message a", 1, NOW)
        await inbox.note(connection, "message a", 2, NOW)
        await inbox.hold(connection, Held("b", "a", NOW, {"id": "b"}))
    assert await inbox.stamp("message a") == 2
    assert await inbox.held_for("a") == [{"id": "b"}]
    await inbox.clean(NOW + KEPT)
    assert await inbox.stamp("message a") == 2
    await inbox.clean(NOW + KEPT + timedelta(seconds=1))
    assert await inbox.stamp("message a") is None
    assert await inbox.held_for("a") == []


async def test_the_past_is_read_backwards(database: Database) -> None:
    inbox = CloudInbox(database, SecretBox(OLD), "1")
    async with database.transaction() as connection:
        for place in range(5):
            at = NOW + timedelta(seconds=place // 2)
            await inbox.keep_past(connection, "chat", f"m{place}", at, {"id": f"m{place}"})
        await inbox.keep_past(connection, "chat", "m0", NOW, {"id": "m0", "file": 1})
    read = [one["id"] for one in await inbox.past("chat", None, 3)]
    assert read == ["m4", "m3", "m2"]
    assert await inbox.past("chat", "m2", 3) == [{"id": "m1"}, {"id": "m0", "file": 1}]
    assert await inbox.past("other", None, 3) == []


async def test_the_first_report_says_what_an_attempt_has_become(database: Database) -> None:
    store = SendingStore(database, "1")
    await store.begin("k", NOW)
    await store.is_message("k", "wamid.1")
    await store.is_message("k", "wamid.2")
    await store.failed("k")
    found = await store.get("k")
    assert found is not None
    assert (found.begun, found.message) == (NOW, "wamid.1")
    assert await store.has_sent("wamid.1")
    await store.begin("gone", NOW)
    await store.failed("gone")
    assert await store.get("gone") is None
    await store.clean(NOW + timedelta(seconds=1))
    assert await store.get("k") is None
