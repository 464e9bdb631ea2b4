# SPDX-License-Identifier: AGPL-3.0-or-later
"""A homeserver that is killed while a history is brought in: afterwards it is there once, in order."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress

import aiohttp
import pytest

from tests.policy.history.bringing import MODULE, Client, World, bridge, bringer, past, puppets
from tests.support.postgres import PostgresServer
from tests.support.synapse import SynapseFactory, SynapseSettings
from tests.support.waiting import eventually

pytestmark = [pytest.mark.synapse, pytest.mark.postgres]

MESSAGES, BATCH = 900, 150


@pytest.fixture
async def mortal(postgres: PostgresServer, synapse_factory: SynapseFactory) -> AsyncIterator[World]:
    """A homeserver that may be killed."""
    ours, acting = bridge(), puppets()
    settings = SynapseSettings(
        registrations=[ours, acting],
        modules=[MODULE],
        database_url=await postgres.create_database("history_crash"),
    )
    async with synapse_factory.running(settings) as server, bringer(server, ours, 3) as found:
        token = await server.register_user("reader", "pass reader")
        reader = Client(found.client.session, server.url, token)
        yield World(server, found, acting, reader, server.mxid("reader"), found)


async def bring_in(world: World, room: str) -> dict[str, str]:
    """Bring the whole history in, as somebody does who does not know how far it was."""
    ids: dict[str, str] = {}
    for first in range(0, MESSAGES, BATCH):
        ids |= await world.bridge.hand_over(room, world.bridge.texts(first, first + BATCH))
    await world.bridge.commit(room)
    return ids


async def test_killed_anywhere_it_is_there_once_and_in_order(mortal: World) -> None:
    room = await mortal.room()
    await mortal.bridge.say(room, "now")
    before = await mortal.count("events", room)

    async def is_half_noted() -> bool:
        return await mortal.count("karvon_history_waiting", room) > MESSAGES // 2

    async def is_partly_there() -> bool:
        return await mortal.count("events", room) > before

    async def is_mostly_there() -> bool:
        return await mortal.count("events", room) > before + MESSAGES // 2

    await mortal.bridge.hand_over(room, mortal.bridge.texts(0, 10))
    for moment in (is_half_noted, is_partly_there, is_mostly_there):
        bringing = asyncio.create_task(bring_in(mortal, room))
        await eventually(moment, 60, "the moment of the crash", 0.005)
        await mortal.server.kill()
        with suppress(aiohttp.ClientError):
            await bringing
        await mortal.server.start()

    await mortal.bridge.say(room, "later")
    ids = await bring_in(mortal, room)
    assert await mortal.count("events", room) == before + MESSAGES + 1
    assert await mortal.count("karvon_history_waiting", room) == 0
    assert await mortal.reader.texts(room) == [*past(0, MESSAGES), "now", "later"]
    assert await bring_in(mortal, room) == ids
    assert await mortal.count("events", room) == before + MESSAGES + 1
