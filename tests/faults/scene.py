# SPDX-License-Identifier: AGPL-3.0-or-later
"""A homeserver, a bridge process and a network with a breakable line between any two of them."""

import itertools
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

from attrs import evolve, frozen

from tests.conformance.driver import Phone
from tests.conformance.stage import Resident, Stage
from tests.conformance.telegram_driver import TelegramDriver
from tests.faults.bridge_process import BridgeProcess
from tests.faults.ledger import Thread
from tests.support.bridge_under_test import BridgeOptions, BridgeSlot, BridgeUnderTest
from tests.support.faultproxy import FaultProxy
from tests.support.people import People
from tests.support.synapse import SynapseFactory, SynapseServer, SynapseSettings


@frozen
class Scene:
    """Everything is running, and Zarina is logged in.

    Attributes:
        push: the homeserver's line to the bridge.
        client: the bridge's line to the homeserver.
    """

    server: SynapseServer
    driver: TelegramDriver
    bridge: BridgeProcess
    push: FaultProxy
    client: FaultProxy
    zarina: Resident
    rustam: Phone
    stage: Stage
    numbers: "itertools.count[int]"

    async def thread(self, *others: Phone) -> Thread:
        """A new group of Rustam's with Zarina and others in it, which has a room."""
        title = f"Caravan {next(self.numbers)}"
        conversation = await self.stage.gather(self.zarina, title, self.rustam, *others)
        (hello,) = self.zarina.user.bodies(conversation.room, self.ghost)
        return Thread(conversation, self.rustam, self.ghost, hello)

    @property
    def ghost(self) -> str:
        """Rustam in Matrix."""
        return self.stage.ghost(self.rustam)


@asynccontextmanager
async def scene(
    factory: SynapseFactory,
    folder: Path,
    *,
    database: str | None = None,
    synapse_database: str | None = None,
) -> AsyncIterator[Scene]:
    """Set the scene for the time of the block; databases are SQLite unless URLs are given."""
    async with AsyncExitStack() as stack:
        driver = await stack.enter_async_context(TelegramDriver())
        slot = BridgeSlot(driver.plugin.info.id)
        stack.callback(slot.release)
        push = await stack.enter_async_context(FaultProxy(slot.listen.port))
        slot.registration = evolve(slot.registration, url=push.url)
        settings = SynapseSettings(registrations=slot.registrations, database_url=synapse_database)
        server = await stack.enter_async_context(factory.running(settings))
        client = await stack.enter_async_context(FaultProxy(server.port))
        people = await stack.enter_async_context(People())
        config = driver.config(slot.listen)
        under_test = BridgeUnderTest(
            slot,
            server,
            driver.plugin,
            config,
            database or f"sqlite:///{folder / 'bridge.db'}",
            folder / "data",
            BridgeOptions(homeserver_url=client.url),
        )
        bridge = await stack.enter_async_context(BridgeProcess(under_test.settings, folder))
        stage = Stage(server, driver, under_test, slot.registration, people)
        zarina = await stage.resident("Zarina")
        rustam = await driver.person("Rustam")
        yield Scene(server, driver, bridge, push, client, zarina, rustam, stage, itertools.count(1))
