# SPDX-License-Identifier: AGPL-3.0-or-later
"""Fifty linked accounts in one worker: killed under calls, and with one account that ends it."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from bridges.whatsapp.linked.channel import WorkerGone, WorkerRefused
from sandbox.whatsapp import WhatsAppSandbox
from tests.support.waiting import eventually
from tests.whatsapp.worker.poisoned import POISON
from tests.whatsapp.worker.workers import RunningWorker, running_worker

pytestmark = pytest.mark.slow

_ACCOUNTS = {f"account {number}": f"+9925550005{number:02}" for number in range(50)}
_CHATS = [f"{number}@s.whatsapp.net" for number in range(992_555_001_000, 992_555_001_010)]
_POISON = "account 17"
_FEW = ("account 3", _POISON, "account 42")
_KILLS = 5
_BACK_WITHIN = 20.0


@pytest.fixture(scope="module")
async def net() -> AsyncIterator[WhatsAppSandbox]:
    async with WhatsAppSandbox() as made:
        for name, phone in _ACCOUNTS.items():
            made.add_account(phone, name)
        yield made


async def _connected(worker: RunningWorker) -> set[str]:
    try:
        return {one.name for one in await worker.client.accounts() if one.state == "connected"}
    except WorkerGone:
        return set()


async def _ask(worker: RunningWorker, name: str) -> None:
    while True:
        try:
            await worker.client.chat_settings(name, _CHATS)
        except (WorkerGone, WorkerRefused):
            await asyncio.sleep(0.05)


async def test_a_crowd(
    net: WhatsAppSandbox,
    tmp_path_factory: pytest.TempPathFactory,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    folder = tmp_path_factory.mktemp("crowd")
    everybody = set(_ACCOUNTS)

    async with running_worker(net, folder) as worker:

        async def all_back() -> bool:
            return await _connected(worker) == everybody

        for name, phone in _ACCOUNTS.items():
            await worker.link(name, phone)
        asking = [asyncio.create_task(_ask(worker, name)) for name in _ACCOUNTS]
        for _ in range(_KILLS):
            await worker.kill()
            await eventually(all_back, _BACK_WITHIN)
        pid = worker.supervisor.pid
        for task in asking:
            task.cancel()
        await asyncio.gather(*asking, return_exceptions=True)
        assert worker.supervisor.pid == pid
        for name in everybody - set(_FEW):
            await worker.client.disconnect(name)

    monkeypatch.setenv(POISON, _ACCOUNTS[_POISON].lstrip("+"))
    async with running_worker(net, folder, module="tests.whatsapp.worker.poisoned") as worker:

        async def is_set_aside() -> bool:
            try:
                await worker.client.connect(_POISON)
            except WorkerRefused as refused:
                return refused.code == "SET_ASIDE"
            except WorkerGone:
                pass
            return False

        async def others_back() -> bool:
            return await _connected(worker) == set(_FEW) - {_POISON}

        await eventually(is_set_aside, 60)
        await eventually(others_back, _BACK_WITHIN)
