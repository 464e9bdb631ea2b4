# SPDX-License-Identifier: AGPL-3.0-or-later
"""A homeserver, a bridge process and a network with a breakable line between any two of them."""

import itertools
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any

from attrs import evolve, frozen

from bridges.telegram.config import TelegramSyncConfig
from tests.conformance.driver import Chat, Phone
from tests.conformance.stage import Resident, Stage
from tests.conformance.telegram_driver import TelegramDriver
from tests.faults.bridge_process import BridgeProcess
from tests.faults.ledger import Thread
from tests.support.bridge_under_test import BridgeOptions, BridgeSlot, BridgeUnderTest
from tests.support.faultproxy import FaultProxy
from tests.support.people import People
from tests.support.synapse import SynapseFactory, SynapseServer, SynapseSettings
from tests.support.waiting import eventually


@frozen
class Scene:
    """Everything is running, and Zarina is logged in.

    Attributes:
        push: the homeserver's line to the bridge.
        client: the bridge's line to the homeserver.
        old_friends: chats without rooms, in which more was said before Zarina logged in.
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
    old_friends: list[Thread]

    async def thread(self, *others: Phone) -> Thread:
        """A new group of Rustam's with Zarina and others in it, which has a room."""
        thread = await self.first_words(*others)
        await eventually(lambda: thread.rooms, describe="a room for a group")
        return thread

    async def first_words(self, *others: Phone) -> Thread:
        """Have Rustam say something in a new group with Zarina and others, and do not wait."""
        title = f"Caravan {next(self.numbers)}"
        chat = await self.rustam.create_group(title, self.zarina.phone, *others)
        return await self._first_words(chat, self.rustam)

    async def first_words_of_a_stranger(self) -> Thread:
        """Have somebody new say something to Zarina, and do not wait."""
        stranger = await self.driver.person(f"Stranger {next(self.numbers)}")
        return await self._first_words(stranger.chat_with(self.zarina.phone), stranger)

    async def small_thread(self) -> Thread:
        """A new small group of Rustam's with Zarina in it, which has a room."""
        title = f"Camp {next(self.numbers)}"
        chat = await self.rustam.create_small_group(title, self.zarina.phone)
        thread = await self._first_words(chat, self.rustam)
        await eventually(lambda: thread.rooms, describe="a room for a small group")
        return thread

    async def move(self, thread: Thread) -> None:
        """Have a small group become a large one in which something is said, and do not wait."""
        thread.chat = await self.rustam.migrate(thread.chat)
        thread.to_matrix.append("This group is a supergroup now.")
        await thread.hear("how much room there is")

    async def first_words_in_a_topic(self) -> Thread:
        """Have Rustam say something in a topic of a forum of which nothing is known."""
        number = next(self.numbers)
        forum = await self.rustam.create_forum(f"Bazaar {number}", self.zarina.phone)
        topic = await self.rustam.create_topic(forum, f"Spices {number}")
        began = f"created the topic Spices {number}"
        thread = Thread(self.zarina, self.rustam, topic, self.stage.ghost(self.rustam), began)
        await thread.hear(f"hello {number}")
        return thread

    async def hello_again(self) -> Thread:
        """Have an old friend say something, and do not wait."""
        thread = self.old_friends.pop()
        await thread.hear("hello again")
        return thread

    async def _first_words(self, chat: Chat, phone: Phone) -> Thread:
        hello = f"hello {next(self.numbers)}"
        thread = Thread(self.zarina, phone, chat, self.stage.ghost(phone), hello)
        await phone.send(chat, hello)
        return thread


@asynccontextmanager
async def scene(
    factory: SynapseFactory,
    folder: Path,
    *,
    database: str | None = None,
    synapse_database: str | None = None,
    reconcile_interval: float = 30.0,
    old_friends: int = 0,
    past: int = 0,
    modules: Sequence[Mapping[str, Any]] = (),
) -> AsyncIterator[Scene]:
    """Set the scene for the time of the block; databases are SQLite unless URLs are given.

    `reconcile_interval` is the bridge's, in seconds; `old_friends` are how many chats there are from
    before Zarina's login, and `past` how much more was said in each; `modules` are the homeserver's.
    """
    async with AsyncExitStack() as stack:
        driver = await stack.enter_async_context(TelegramDriver())
        slot = BridgeSlot(driver.plugin.info.id)
        stack.callback(slot.release)
        push = await stack.enter_async_context(FaultProxy(slot.listen.port))
        slot.registration = evolve(slot.registration, url=push.url)
        settings = SynapseSettings(
            registrations=slot.registrations, database_url=synapse_database, modules=modules
        )
        server = await stack.enter_async_context(factory.running(settings))
        client = await stack.enter_async_context(FaultProxy(server.port))
        people = await stack.enter_async_context(People())
        config = driver.config(slot.listen).model_copy(
            update={"sync": TelegramSyncConfig(rooms_after_login=0)}
        )
        under_test = BridgeUnderTest(
            slot,
            server,
            driver.plugin,
            config,
            database or f"sqlite:///{folder / 'bridge.db'}",
            folder / "data",
            BridgeOptions(homeserver_url=client.url, reconcile_interval=reconcile_interval),
        )
        bridge = await stack.enter_async_context(BridgeProcess(under_test.settings, folder))
        stage = Stage(server, driver, under_test, slot.registration, people)
        zarina = await stage.newcomer("Zarina")
        threads = [
            await _old_friend(driver, stage, zarina, one, past) for one in range(old_friends)
        ]
        await stage.log_in(zarina)
        rustam = await driver.person("Rustam")
        numbers = itertools.count(1)
        yield Scene(server, driver, bridge, push, client, zarina, rustam, stage, numbers, threads)


async def _old_friend(
    driver: TelegramDriver, stage: Stage, zarina: Resident, number: int, past: int
) -> Thread:
    """A chat in which both sides have said something, and one of them so much more."""
    friend = await driver.person(f"Old friend {number}")
    chat = friend.chat_with(zarina.phone)
    thread = Thread(zarina, friend, chat, stage.ghost(friend), f"hello from {number}")
    await friend.send(chat, thread.to_matrix[0])
    await thread.say_by_phone("and who are you?")
    await zarina.phone.read((await zarina.phone.messages(chat))[-1])
    await thread.hear("do you not remember?")
    for one in range(past):
        await thread.hear(f"it was the year {one}")
    return thread
