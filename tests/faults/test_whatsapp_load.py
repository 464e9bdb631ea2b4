# SPDX-License-Identifier: AGPL-3.0-or-later
"""1,000 messages each way over 10 linked accounts in 20 chats, while the worker is killed five times."""

from collections.abc import AsyncIterator

import pytest

from tests.conformance.stage import Stage, running_stage
from tests.conformance.whatsapp_driver import WhatsAppDriver
from tests.faults.conftest import Report
from tests.faults.whatsapp_load import talk_while_the_worker_dies
from tests.support.bridge_under_test import BridgeOptions
from tests.support.synapse import SynapseFactory

pytestmark = [pytest.mark.synapse, pytest.mark.slow]


@pytest.fixture(scope="module")
async def whatsapp() -> AsyncIterator[WhatsAppDriver]:
    async with WhatsAppDriver() as driver:
        yield driver


@pytest.fixture(scope="module")
async def stage(
    whatsapp: WhatsAppDriver,
    synapse_factory: SynapseFactory,
    tmp_path_factory: pytest.TempPathFactory,
) -> AsyncIterator[Stage]:
    data = tmp_path_factory.mktemp("whatsapp")
    database = f"sqlite:///{data / 'bridge.db'}"
    async with running_stage(
        synapse_factory, whatsapp, database, data / "bridge", "12", BridgeOptions()
    ) as stage:
        yield stage


async def test_a_thousand_each_way(
    stage: Stage, whatsapp: WhatsAppDriver, recovered: Report
) -> None:
    seconds = await talk_while_the_worker_dies(
        stage, whatsapp, accounts=10, messages=1000, deaths=5, patience=300
    )
    recovered("from the last message", seconds)
