# SPDX-License-Identifier: AGPL-3.0-or-later
"""Real Synapse, real bridge, sandbox Telegram, and people with real clients."""

from collections.abc import AsyncIterator

import pytest

from sandbox.telegram import Limits
from tests.conformance.stage import Stage, running_stage
from tests.conformance.telegram_driver import TelegramDriver
from tests.support.bridge_under_test import BridgeOptions
from tests.support.clock import HastyClock
from tests.support.synapse import SynapseFactory

HASTE = 10.0


@pytest.fixture(scope="session")
async def telegram() -> AsyncIterator[TelegramDriver]:
    """The sandbox network, with QR codes that soon expire; the bridge reaches it by a fault proxy."""
    async with TelegramDriver(Limits(qr_seconds=3)) as driver:
        yield driver


@pytest.fixture(scope="session")
async def stage(
    telegram: TelegramDriver,
    synapse_factory: SynapseFactory,
    tmp_path_factory: pytest.TempPathFactory,
) -> AsyncIterator[Stage]:
    """A bridge to the sandbox, on SQLite."""
    data = tmp_path_factory.mktemp("integration")
    options = BridgeOptions(clock=HastyClock(HASTE))
    database = f"sqlite:///{data / 'bridge.db'}"
    async with running_stage(
        synapse_factory, telegram, database, data / "bridge", "12", options
    ) as stage:
        yield stage
