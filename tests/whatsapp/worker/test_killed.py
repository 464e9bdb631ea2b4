# SPDX-License-Identifier: AGPL-3.0-or-later
"""What `kill -9` of the worker costs: nothing, whenever it comes."""

import asyncio
import sqlite3
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import closing
from functools import partial
from pathlib import Path

import pytest

from sandbox.whatsapp import WhatsAppSandbox
from sandbox.whatsapp.history import OldChat, OldMessage
from tests.support.waiting import eventually
from tests.whatsapp.worker.conftest import ALISA, BORIS
from tests.whatsapp.worker.workers import RunningWorker, running_worker

_TO_ALISA, _TO_BORIS = (f"{phone.lstrip('+')}@s.whatsapp.net" for phone in (ALISA, BORIS))


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
        sessions = database.execute("SELECT session FROM whatsmeow_sessions").fetchall()
        keys = database.execute("SELECT sender_key FROM whatsmeow_sender_keys").fetchall()
    return b"".join(bytes(row[0]) for row in (*sessions, *keys))


async def test_messages_in_a_steady_flow_survive_kills(
    sender: RunningWorker, receiver: RunningWorker
) -> None:
    wanted = {f"flow {number}" for number in range(60)}

    async def send() -> None:
        for text in sorted(wanted):
            await sender.client.send("alisa", _TO_BORIS, {"conversation": text})
            await asyncio.sleep(0.03)  # a flow, not a heap

    sending = asyncio.create_task(send())
    for least in (5, 20, 35):
        await eventually(partial(_has, receiver, least), 60)
        await receiver.kill()
    await sending
    await eventually(lambda: wanted <= set(_texts(receiver)), 60, lambda: str(_texts(receiver)))
    assert [text for text, times in _texts(receiver).items() if times > 1 and text in wanted] == []


@pytest.mark.parametrize("way", ["first words", "an answered chat", "a group"])
async def test_a_message_that_was_opened_but_not_kept_is_asked_for_again(
    sender: RunningWorker, receiver: RunningWorker, way: str
) -> None:
    chat = _TO_BORIS
    if way == "an answered chat":  # from here on the messages are of another kind
        await receiver.client.send("boris", _TO_ALISA, {"conversation": "hello"})
        await sender.heard.wait("message", "alisa")
    elif way == "a group":
        chat = (await sender.client.create_group("alisa", "Group", [_TO_BORIS])).jid

    async def send(text: str) -> None:
        await sender.client.send("alisa", chat, {"conversation": f"{text} in {way}"})

    def came(text: str) -> bool:
        return _texts(receiver)[f"{text} in {way}"] == 1

    await send("before")
    await eventually(lambda: came("before"))
    before = _ratchet(receiver.folder)
    with closing(sqlite3.connect(receiver.folder / "store" / "journal.db")) as journal:
        journal.execute("BEGIN IMMEDIATE")  # nothing can be kept from here
        await send("opened")
        await eventually(lambda: _ratchet(receiver.folder) != before)
        await receiver.kill()
        journal.rollback()
    await eventually(lambda: came("opened"), 30)
    await send("after")
    await eventually(lambda: came("after"))


async def test_old_chats_that_were_not_fetched_yet_are_fetched_after_a_kill(
    net: WhatsAppSandbox, receiver: RunningWorker
) -> None:
    alisa, boris = net.accounts.find("Alisa"), net.accounts.find("Boris")
    device = net.accounts.devices(boris)[-1]
    messages = [OldMessage(f"OLD{n}", f"old {n}", 1_700_000_000 + n) for n in range(30)]
    net.faults.lose_media(503, count=1000)
    await net.phone("Boris").send_history(device, [OldChat(alisa.jid(), "Alisa", messages)])
    with closing(sqlite3.connect(receiver.folder / "store" / "journal.db")) as journal:
        wanted = "SELECT 1 FROM history WHERE account = 'boris'"
        await eventually(lambda: journal.execute(wanted).fetchone())
        await receiver.kill()
        net.faults.clear()
        await receiver.heard.wait("history_sync", "boris", part=1)
        await eventually(lambda: journal.execute(wanted).fetchone() is None)
    [part] = receiver.heard.of("history_sync", "boris", part=1)
    assert len(part.data["conversation"]["messages"]) == 30


def _has(receiver: RunningWorker, least: int) -> bool:
    return len(_texts(receiver)) >= least
