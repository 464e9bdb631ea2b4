# SPDX-License-Identifier: AGPL-3.0-or-later
"""Ghosts are online where the homeserver tracks it, and for no longer than somebody says so."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from functools import partial
from typing import cast

import aiohttp
import pytest
from mautrix.types import UserID

from bridges.core.chat import Sender
from bridges.core.events import RemotePresence
from bridges.core.ids import RemoteUserID
from bridges.core.matrix.client import Homeserver, MatrixSender
from bridges.core.matrix.names import GhostNames
from bridges.core.presence import Presences
from tests.core.settings import bridge_settings
from tests.support.appservice import registration
from tests.support.synapse import SynapseFactory, SynapseSettings
from tests.support.waiting import eventually

_BORIS = Sender(RemoteUserID("boris"))


class Steps:
    """A clock that goes on when it is told to."""

    def __init__(self) -> None:
        self._steps = asyncio.Semaphore(0)

    def now(self) -> datetime:
        return datetime.now(UTC)

    async def sleep(self, seconds: float) -> None:
        assert seconds < 30  # Synapse's sync_online_timeout
        await self._steps.acquire()

    def go_on(self) -> None:
        self._steps.release()


class Told:
    """A homeserver that remembers what it was told."""

    def __init__(self) -> None:
        self.told: list[bool] = []

    async def presence(self, sender: MatrixSender, *, is_online: bool) -> None:
        assert sender.mxid == "@test_boris:home.test"
        self.told.append(is_online)


@pytest.fixture
async def presences() -> AsyncIterator[tuple[Presences, Told, Steps]]:
    told, steps = Told(), Steps()
    made = Presences(cast("Homeserver", told), GhostNames(bridge_settings()), steps)
    yield made, told, steps
    await made.close()


def _has(told: Told, number: int) -> bool:
    return told.told == [True] * number


async def test_it_is_said_again_but_not_for_ever(
    presences: tuple[Presences, Told, Steps],
) -> None:
    made, told, steps = presences
    made.show(RemotePresence(_BORIS, True))
    for number in range(1, 13):
        await eventually(partial(_has, told, number))
        steps.go_on()
    await eventually(lambda: told.told == [True] * 12 + [False])


async def test_the_newest_word_counts(presences: tuple[Presences, Told, Steps]) -> None:
    made, told, _ = presences
    made.show(RemotePresence(_BORIS, False))
    made.show(RemotePresence(Sender(RemoteUserID("boris"), is_me=True), True))
    made.show(RemotePresence(_BORIS, True))
    await eventually(lambda: told.told == [True])
    made.show(RemotePresence(_BORIS, False))
    await eventually(lambda: told.told == [True, False])


@pytest.mark.synapse
async def test_people_see_it(synapse_factory: SynapseFactory) -> None:
    service = registration("test", "testbot", "test_", None)
    settings = SynapseSettings(
        registrations=(service,), extra_config={"presence": {"enabled": True}}
    )
    async with synapse_factory.running(settings) as server:
        token = await server.register_user("zarina", "a password nobody uses")
        connector = aiohttp.TCPConnector(limit=2)
        bot, ghost = UserID(service.bot_mxid), MatrixSender(UserID("@test_boris:home.test"))
        person = MatrixSender(UserID(server.mxid("zarina")))
        async with (
            Homeserver.open(
                server.url, service.as_token, service.as_token, bot, connector
            ) as homeserver,
            aiohttp.ClientSession(headers={"Authorization": f"Bearer {token}"}) as client,
        ):
            await homeserver.register("test_boris")
            room = await homeserver.create_room(ghost, {"invite": [person.mxid]})
            await client.post(f"{server.url}/_matrix/client/v3/join/{room}", json={})
            made = Presences(homeserver, GhostNames(bridge_settings()), Steps())

            async def sees(what: str) -> bool:
                async with client.get(
                    f"{server.url}/_matrix/client/v3/presence/{ghost.mxid}/status"
                ) as answer:
                    return bool((await answer.json()).get("presence") == what)

            made.show(RemotePresence(_BORIS, True))
            await eventually(lambda: sees("online"), describe="a ghost that is online")
            made.show(RemotePresence(_BORIS, False))
            await eventually(lambda: sees("offline"), describe="a ghost that is offline")
            await made.close()
