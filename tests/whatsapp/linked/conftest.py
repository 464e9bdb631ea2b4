# SPDX-License-Identifier: AGPL-3.0-or-later
"""Real Synapse, real bridge, neonize in its worker, the sandbox, and people with clients of their own."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.conformance.stage import Resident, Stage, running_stage
from tests.conformance.whatsapp_driver import WhatsAppDriver
from tests.support.bridge_under_test import BridgeOptions
from tests.support.clock import HastyClock
from tests.support.synapse import SynapseFactory
from tests.whatsapp.linked.double import Scene, scene

HASTE = 10.0


@pytest.fixture(scope="session")
async def whatsapp() -> AsyncIterator[WhatsAppDriver]:
    """The sandbox network and a worker beside it."""
    async with WhatsAppDriver() as driver:
        yield driver


@pytest.fixture(scope="session")
async def stage(
    whatsapp: WhatsAppDriver,
    synapse_factory: SynapseFactory,
    tmp_path_factory: pytest.TempPathFactory,
) -> AsyncIterator[Stage]:
    """A bridge to the sandbox, on SQLite."""
    data = tmp_path_factory.mktemp("linked")
    options = BridgeOptions(clock=HastyClock(HASTE))
    database = f"sqlite:///{data / 'bridge.db'}"
    async with running_stage(
        synapse_factory, whatsapp, database, data / "bridge", "12", options
    ) as stage:
        yield stage


@pytest.fixture
async def linked(tmp_path: Path, database_url: str) -> AsyncIterator[Scene]:
    """A linked account."""
    async with scene(tmp_path, database_url) as made:
        yield made


@pytest.fixture(scope="session")
async def gulnora(stage: Stage, whatsapp: WhatsAppDriver) -> Resident:
    """Somebody who is logged in and whom everybody can write to; nothing befalls the account."""
    somebody = await stage.resident("Gulnora")
    await whatsapp.reachable(somebody.phone)
    return somebody
