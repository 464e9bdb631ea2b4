# SPDX-License-Identifier: AGPL-3.0-or-later
"""What the library keeps of devices that have ended does not add up: the worker begins anew."""

from pathlib import Path

import psutil

from sandbox.whatsapp import WhatsAppSandbox
from tests.support.waiting import eventually
from tests.whatsapp.worker.workers import RunningWorker, running_worker

STAYS, GOES = "+992555000391", "+992555000392"
ENOUGH = 3


def open_stores(pid: int) -> int:
    return sum(Path(file.path).name == "keys.db" for file in psutil.Process(pid).open_files())


async def come_and_go(worker: RunningWorker, number: int) -> None:
    name = f"visitor {number}"
    await worker.link(name, GOES)
    await worker.client.logout(name)


async def test_it_begins_anew_when_many_have_logged_out(tmp_path: Path) -> None:
    async with WhatsAppSandbox() as net:
        for phone, name in ((STAYS, "Umed"), (GOES, "Zarina")):
            net.add_account(phone, name)
        async with running_worker(net, tmp_path, module="tests.whatsapp.worker.worn") as worker:
            await worker.link("umed", STAYS)
            first = worker.supervisor.pid
            assert first is not None
            alone = open_stores(first)
            for number in range(ENOUGH - 1):
                await come_and_go(worker, number)
            assert worker.supervisor.pid == first
            grown = open_stores(first)
            assert grown > alone, "the library closes its stores: this is not needed"
            seen = len(worker.heard.of("connected", "umed"))
            await come_and_go(worker, ENOUGH)
            await eventually(lambda: worker.supervisor.pid not in {first, None})
            await eventually(lambda: len(worker.heard.of("connected", "umed")) > seen)
            second = worker.supervisor.pid
            assert second is not None
            # Of the one that is left it has a connection open or two, as it needs them just then.
            assert open_stores(second) < grown
            assert [one.name for one in await worker.client.accounts()] == ["umed"]
