# SPDX-License-Identifier: AGPL-3.0-or-later
"""A sandbox network with people, and a bridge with one of them logged in."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from mautrix.util.async_db import UpgradeTable

from bridges.core.network import LoginRecord
from bridges.core.storage.database import Database, open_database
from bridges.telegram.session import TelegramSession
from bridges.telegram.store.schema import telegram_tables
from sandbox.telegram import Person, TelegramSandbox
from tests.telegram.bridge import Bridge, RecordingHandle, config_for

ALISA, BORIS, VERA = "+99955500301", "+99955500302", "+99955500303"


@pytest.fixture
async def net() -> AsyncIterator[TelegramSandbox]:
    """A network with three people: Alisa, who uses the bridge, Boris and Vera."""
    async with TelegramSandbox() as network:
        await populate(network)
        yield network


async def populate(network: TelegramSandbox) -> None:
    """Create the three people every test knows."""
    await network.add_account(ALISA, "Alisa", "Made-Up", username="alisa_test")
    await network.add_account(BORIS, "Boris", "Made-Up", username="boris_test")
    await network.add_account(VERA, "Vera", username="vera_test", password="сезам", hint="cave")


@pytest.fixture
async def database(tmp_path: Path) -> AsyncIterator[Database]:
    """An empty database with the network's tables."""
    url = f"sqlite:///{tmp_path / 'bridge.db'}"
    database = await open_database(url, None, UpgradeTable(version_table_name="none"))
    await database.upgrade(telegram_tables)
    yield database
    await database.close()


@pytest.fixture
def handle(database: Database, tmp_path: Path) -> RecordingHandle:
    """What the network talks to."""
    return RecordingHandle(database, tmp_path / "spool")


@pytest.fixture
async def bridge(
    net: TelegramSandbox, handle: RecordingHandle, tmp_path: Path
) -> AsyncIterator[Bridge]:
    """The network, started; nobody is logged in."""
    bridge = Bridge(net, handle, config_for(net, tmp_path))
    await bridge.network.start()
    yield bridge
    await bridge.close()
    await bridge.network.stop()


@pytest.fixture
async def alisa(bridge: Bridge) -> LoginRecord:
    """Alisa's login."""
    return await bridge.log_in(ALISA)


@pytest.fixture
async def session(bridge: Bridge, alisa: LoginRecord) -> TelegramSession:
    """Alisa's session, connected."""
    return await bridge.connected(alisa)


@pytest.fixture
async def boris(net: TelegramSandbox) -> Person:
    """Boris at a plain Telethon client."""
    return await net.person("boris_test")
