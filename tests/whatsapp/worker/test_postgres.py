# SPDX-License-Identifier: AGPL-3.0-or-later
"""The library's keys in PostgreSQL."""

import sqlite3
from base64 import b64encode
from contextlib import closing
from pathlib import Path

import asyncpg
import pytest

from bridges.whatsapp.worker.store import PostgresKeys, StoreError, key_store
from tests.support.waiting import eventually
from tests.whatsapp.worker.workers import RunningWorker, running_worker

VERA = "+992555000103"
_TO_VERA = f"{VERA.lstrip('+')}@s.whatsapp.net"


async def _ratchet(url: str) -> list[bytes]:
    database = await asyncpg.connect(url)
    try:
        return [row[0] for row in await database.fetch("SELECT session FROM whatsmeow_sessions")]
    finally:
        await database.close()


@pytest.mark.postgres
async def test_keys_in_postgresql_survive_a_kill_and_are_forgotten_there(
    worker: RunningWorker, postgres_url: str, tmp_path: Path
) -> None:
    worker.net.add_account(VERA, "Vera")
    url = f"{postgres_url}?sslmode=disable"  # the library insists on TLS otherwise
    async with running_worker(worker.net, tmp_path, url) as killed:

        async def send(text: str) -> None:
            await worker.client.send("alisa", _TO_VERA, {"conversation": text})

        def texts() -> list[str]:
            events = killed.heard.of("message", "vera")
            return [event.data["message"].get("conversation", "") for event in events]

        await killed.link("vera", VERA)
        await send("before")
        await eventually(lambda: texts() == ["before"])
        before = await _ratchet(url)

        async def opened() -> bool:
            return await _ratchet(url) != before

        with closing(sqlite3.connect(tmp_path / "store" / "journal.db")) as journal:
            journal.execute("BEGIN IMMEDIATE")
            await send("opened")
            await eventually(opened)
            await killed.kill()
            journal.rollback()
        await eventually(lambda: texts() == ["before", "opened"], 30, lambda: str(texts()))
        accounts = await killed.client.accounts()
        assert await PostgresKeys(url).devices() == {one.jid for one in accounts}
        secret = bytes(range(32))
        about = {"messageSecret": b64encode(secret).decode()}
        message = {"conversation": "with a secret", "messageContextInfo": about}
        sent = await worker.client.send("alisa", _TO_VERA, message)
        await killed.heard.wait("message", "vera", id=sent.id)
        [found] = await PostgresKeys(url).message_secrets(accounts[0].jid, sent.id)
        assert found.key == secret
    assert not (tmp_path / "store" / "keys.db").exists()


async def test_a_database_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="cannot be reached"):
        await PostgresKeys("postgres://nobody@127.0.0.1:9/keys").prepare()
    with pytest.raises(StoreError, match="begin with postgres://"):
        key_store(tmp_path, "mysql://somewhere/keys")
