# SPDX-License-Identifier: AGPL-3.0-or-later
"""Many accounts in one worker: whatever is asked while they come and go, it does not end by itself."""

import asyncio
import random
from collections.abc import AsyncIterator

import pytest

from bridges.whatsapp.linked.channel import WorkerGone, WorkerRefused
from sandbox.whatsapp import WhatsAppSandbox
from tests.support.waiting import eventually
from tests.whatsapp.worker.workers import RunningWorker, running_worker

_PHONES = [f"+9925550003{number:02}" for number in range(12)]
_NAMES = [f"account {number}" for number in range(len(_PHONES))]
_CHATS = [f"{number}@s.whatsapp.net" for number in range(992_555_001_000, 992_555_001_040)]
_ROUNDS = 5
_CALLS = 12


@pytest.fixture(scope="module")
async def crowd(
    tmp_path_factory: pytest.TempPathFactory,
) -> AsyncIterator[RunningWorker]:
    """A worker with several linked accounts."""
    async with WhatsAppSandbox() as net:
        for phone, name in zip(_PHONES, _NAMES, strict=True):
            net.add_account(phone, name)
        async with running_worker(net, tmp_path_factory.mktemp("crowd")) as running:
            for phone, name in zip(_PHONES, _NAMES, strict=True):
                await running.link(name, phone)
            yield running


async def _ask(worker: RunningWorker, name: str, until: asyncio.Event) -> int:
    """Ask without a pause; returns how often there was an answer."""
    answers = 0
    while not until.is_set():
        try:
            await asyncio.gather(
                *(worker.client.chat_settings(name, _CHATS) for _ in range(_CALLS))
            )
            answers += 1
        except (WorkerGone, WorkerRefused):
            await asyncio.sleep(0.01)
    return answers


async def _all_connected(worker: RunningWorker) -> bool:
    try:
        found = await worker.client.accounts()
    except WorkerGone:
        return False
    return [one.state for one in found] == ["connected"] * len(_NAMES)


async def test_calls_about_accounts_that_come_and_go(crowd: RunningWorker) -> None:
    pid = crowd.supervisor.pid
    chance, over = random.Random(7), asyncio.Event()
    asking = [asyncio.create_task(_ask(crowd, name, over)) for name in _NAMES]
    for _ in range(_ROUNDS):
        some = chance.sample(_NAMES, len(_NAMES) // 2)
        await asyncio.gather(*(crowd.client.disconnect(name) for name in some))
        await asyncio.gather(*(crowd.client.connect(name) for name in some))
    await eventually(lambda: _all_connected(crowd))
    over.set()
    assert all(await asyncio.gather(*asking))
    assert crowd.supervisor.pid == pid
