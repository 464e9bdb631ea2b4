# SPDX-License-Identifier: AGPL-3.0-or-later
"""R9: PostgreSQL stops at once, without writing a checkpoint, and starts again."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.faults.conftest import Report
from tests.faults.ledger import settle
from tests.faults.scene import Scene, scene
from tests.support.postgres import PostgresServer
from tests.support.synapse import SynapseFactory
from tests.support.waiting import eventually

pytestmark = [pytest.mark.synapse, pytest.mark.postgres, pytest.mark.slow]

MESSAGES = 30


@pytest.fixture(scope="module")
async def server() -> AsyncIterator[PostgresServer]:
    """A server of these tests' own, because it is killed."""
    async with PostgresServer() as server:
        yield server


@pytest.fixture(scope="module")
async def everything_on_postgres(
    server: PostgresServer,
    synapse_factory: SynapseFactory,
    tmp_path_factory: pytest.TempPathFactory,
) -> AsyncIterator[Scene]:
    """Synapse and the bridge on the same server."""
    folder: Path = tmp_path_factory.mktemp("databases")
    async with scene(
        synapse_factory,
        folder,
        database=await server.create_database("bridge"),
        synapse_database=await server.create_database("synapse"),
    ) as running:
        yield running
        if not server.running:
            await server.start()


async def test_r9_the_database_of_everything_dies_mid_stream(
    everything_on_postgres: Scene, server: PostgresServer, recovered: Report
) -> None:
    stage_set = everything_on_postgres
    thread = await stage_set.thread()

    async def both() -> None:
        for number in range(MESSAGES):
            await thread.hear(f"{number} from the network")
            await thread.say(f"{number} from Matrix")

    talking = asyncio.create_task(both())
    await eventually(lambda: len(thread.to_network) > MESSAGES // 3)
    await server.kill_immediate()
    await server.start()
    await talking
    recovered("from the last message", await settle([thread]))


async def test_r9_messages_come_while_there_is_no_database(
    everything_on_postgres: Scene, server: PostgresServer, recovered: Report
) -> None:
    stage_set = everything_on_postgres
    thread = await stage_set.thread()
    await server.kill_immediate()
    for number in range(MESSAGES):
        await thread.hear(f"{number} without a database")
    await server.start()
    recovered("from the start of PostgreSQL", await settle([thread]))


async def test_r9_the_bridge_starts_while_there_is_no_database(
    everything_on_postgres: Scene, server: PostgresServer, recovered: Report
) -> None:
    """It ends with an exit code, for whoever supervises it to start it again."""
    stage_set = everything_on_postgres
    thread = await stage_set.thread()
    await stage_set.bridge.kill()
    await thread.hear("while the bridge is away")
    await server.kill_immediate()
    assert await stage_set.bridge.fails_to_start() == 1
    await server.start()
    await stage_set.bridge.start()
    await thread.say("and back")
    recovered("from readiness", await settle([thread]))
