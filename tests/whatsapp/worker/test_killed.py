# SPDX-License-Identifier: AGPL-3.0-or-later
"""What `kill -9` of the worker costs: nothing, whenever it comes."""

import asyncio
import sqlite3
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import closing
from pathlib import Path

import pytest

from sandbox.whatsapp import WhatsAppSandbox
from tests.support.waiting import eventually
from tests.whatsapp.worker.conftest import ALISA, BORIS
from tests.whatsapp.worker.workers import RunningWorker, running_worker

_TO_BORIS = f"{BORIS.lstrip('+')}@s.whatsapp.net"


@pytest.fixture(scope="module")
async def sender(
    net: WhatsAppSandbox, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[RunningWorker]:
    """A worker that is left alone, with "alisa"."""
    async with running_worker(net, tmp_path_factory.mktemp("sender")) as running:
        await running.link("alisa", ALISA)
        yield running


@pytest.fixture(scope="module")
async def receiver(
    net: WhatsAppSandbox, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[RunningWorker]:
    """A worker that is killed, with "boris"."""
    async with running_worker(net, tmp_path_factory.mktemp("receiver")) as running:
        await running.link("boris", BORIS)
        yield running


def _texts(worker: RunningWorker) -> Counter[str]:
    events = worker.heard.of("message", "boris")
    return Counter(event.data["message"].get("conversation", "") for event in events)


def _ratchet(folder: Path) -> bytes:
    with closing(sqlite3.connect(folder / "store" / "keys.db")) as database:
        rows = database.execute("SELECT session FROM whatsmeow_sessions").fetchall()
    return b"".join(bytes(row[0]) for row in rows)


async def test_messages_in_a_steady_flow_survive_kills(
    sender: RunningWorker, receiver: RunningWorker
) -> None:
    wanted = {f"flow {number}" for number in range(60)}

    async def send() -> None:
        for text in sorted(wanted):
            await sender.client.send("alisa", _TO_BORIS, {"conversation": text})

    sending = asyncio.create_task(send())
    for least in (5, 20, 35):
        await eventually(lambda least=least: len(_texts(receiver)) >= least, 60)  # type: ignore[misc]
        receiver.kill()
    await sending
    await eventually(lambda: wanted <= set(_texts(receiver)), 60, lambda: str(_texts(receiver)))
    assert [text for text, times in _texts(receiver).items() if times > 1 and text in wanted] == []


async def test_a_message_that_was_opened_but_not_kept_is_asked_for_again(
    sender: RunningWorker, receiver: RunningWorker
) -> None:
    await sender.client.send("alisa", _TO_BORIS, {"conversation": "before"})
    await eventually(lambda: "before" in _texts(receiver))
    before = _ratchet(receiver.folder)
    with closing(sqlite3.connect(receiver.folder / "store" / "journal.db")) as journal:
        journal.execute("BEGIN IMMEDIATE")  # nothing can be kept from here
        await sender.client.send("alisa", _TO_BORIS, {"conversation": "opened"})
        await eventually(lambda: _ratchet(receiver.folder) != before)
        receiver.kill()
        journal.rollback()
    await eventually(lambda: _texts(receiver)["opened"] == 1, 30)
    await sender.client.send("alisa", _TO_BORIS, {"conversation": "after"})
    await eventually(lambda: _texts(receiver)["after"] == 1)
