# SPDX-License-Identifier: AGPL-3.0-or-later
"""One network and one worker with two linked accounts for the tests of a module."""

from collections.abc import AsyncIterator

import pytest

from sandbox.whatsapp import WhatsAppSandbox
from tests.whatsapp.worker.workers import RunningWorker, running_worker

ALISA, BORIS, VERA = "+992555000101", "+992555000102", "+992555000103"


@pytest.fixture(scope="module")
async def net() -> AsyncIterator[WhatsAppSandbox]:
    """A network with three people."""
    async with WhatsAppSandbox() as network:
        for phone, name in ((ALISA, "Alisa"), (BORIS, "Boris"), (VERA, "Vera")):
            network.add_account(phone, name)
        yield network


@pytest.fixture(scope="module")
async def worker(
    net: WhatsAppSandbox, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[RunningWorker]:
    """A worker with two of them linked: "alisa" and "boris"."""
    async with running_worker(net, tmp_path_factory.mktemp("worker")) as running:
        await running.link("alisa", ALISA)
        await running.link("boris", BORIS)
        yield running
