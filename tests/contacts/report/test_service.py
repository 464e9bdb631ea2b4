# SPDX-License-Identifier: AGPL-3.0-or-later
"""Reports of what is stored and what a bridge tells, and the totals that are kept of them."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from itertools import count
from pathlib import Path

import aiohttp
import pytest
from attrs import define, field
from mautrix.types import RoomID, UserID

from bridges.contacts.live.books import LiveBooks
from bridges.contacts.live.client import BridgeClient
from bridges.contacts.live.model import BridgeAddress
from bridges.contacts.people.model import CardRef, Decision, Person
from bridges.contacts.report.counting import Counting
from bridges.contacts.report.model import Count, Found, Native, State, Way
from bridges.contacts.report.service import Reports
from bridges.contacts.sources.model import SourceKind
from bridges.contacts.store.books import ContactStore
from bridges.contacts.store.schema import contact_tables
from bridges.contacts.store.totals import TotalsStore
from bridges.core.clock import SystemClock
from bridges.core.secretbox import SecretBox
from bridges.core.storage.database import open_database
from tests.contacts.people.making import MATRIX, MOBILE, PHONE, TELEGRAM, book, card, ref
from tests.core.provisioning.served import ALI, KEY, SECRET, Served, served
from tests.support.waiting import eventually

DILNOZA = UserID("@dilnoza:home.test")


@define
class Directory:
    """Says that these cards are of people who are here."""

    here: dict[CardRef, UserID] = field(factory=dict)

    async def find(self, _owner: UserID, people: Sequence[Person]) -> Found:
        """See ``FindsNatives``."""
        every = {
            one: self.here[one] for person in people for one in person.cards if one in self.here
        }
        return Found(every, waiting=2)


@define
class Scene:
    """A bridge, a directory, and what is made of them."""

    bridge: Served
    store: ContactStore
    totals: TotalsStore
    live: LiveBooks
    directory: Directory
    reports: Reports
    counting: Counting


@pytest.fixture
async def scene(tmp_path: Path) -> AsyncIterator[Scene]:
    """Nobody has contacts."""
    database = await open_database(f"sqlite:///{tmp_path / 'contacts.db'}", None, contact_tables)
    numbers = count()
    store = ContactStore(database, SecretBox(KEY), lambda: f"book-{next(numbers)}")
    totals, directory, clock = TotalsStore(database), Directory(), SystemClock()
    async with served(tmp_path, "telegram") as bridge, aiohttp.ClientSession() as http:
        client = BridgeClient(http, BridgeAddress("telegram", "Telegram", bridge.url, SECRET))
        kinds = {"telegram": SourceKind.TELEGRAM}
        live = LiveBooks(store, [client], kinds, lambda _: False, lambda _: None)
        reports = Reports(store, totals, live, directory, clock)
        counting = Counting(reports, store, totals, clock)
        store.listen(counting.changed)
        yield Scene(bridge, store, totals, live, directory, reports, counting)
    await database.close()


async def test_a_report_is_of_now(scene: Scene) -> None:
    fake = scene.bridge.network
    ali, nodira = fake.person("Ali"), fake.person("Nodira")
    ali.saves(nodira, "Nodira")
    record = await scene.bridge.log_in(ali)
    key = fake.world.key(ali.chat_with(nodira), ali.account)
    await scene.bridge.give_room(record, key, "!n:home.test")
    client = scene.live.clients[0]
    await scene.live.take("telegram", await client.logins())
    await scene.store.save(ALI, book(PHONE, card("1", "Zarina", MOBILE)))
    made = await scene.reports.now(ALI)
    assert (made.silent, made.waiting) == ((), 2)
    bridged = [one.ways for one in made.contacts if one.state is State.BRIDGED]
    assert bridged == [(Way(SourceKind.TELEGRAM, RoomID("!n:home.test")),)]
    assert made.counts()[State.UNREACHABLE] == Count(1, 1)
    kept = await scene.totals.of_all()
    assert (kept.people, kept.states) == (1, {"native": 0, "bridged": 1, "unreachable": 1})


async def test_without_its_bridge_a_report_says_that_it_is_old(scene: Scene) -> None:
    ali, nodira = scene.bridge.network.person("Ali"), scene.bridge.network.person("Nodira")
    ali.saves(nodira, "Nodira")
    await scene.bridge.log_in(ali)
    await scene.live.take("telegram", await scene.live.clients[0].logins())
    await scene.reports.now(ALI)
    scene.bridge.is_ready = False
    made = await scene.reports.now(ALI)
    assert made.silent == ("Telegram",)
    assert made.counts()[State.BRIDGED].people == 1


async def test_whom_the_directory_has_found_is_one_with_the_direct_room(scene: Scene) -> None:
    await scene.store.save(ALI, book(MATRIX, card(DILNOZA, "Dilya")))
    await scene.store.save(ALI, book(TELEGRAM, card("1", "Work", MOBILE)))
    scene.directory.here[ref("1", TELEGRAM)] = DILNOZA
    (contact,) = (await scene.reports.make(ALI)).contacts
    assert contact.native == Native(DILNOZA)
    assert len(contact.person.cards) == 2
    apart = Decision(ref("1", TELEGRAM), ref(DILNOZA, MATRIX), same=False)
    await scene.store.set_decisions(ALI, [apart])
    assert len((await scene.reports.make(ALI)).contacts) == 2


async def test_totals_follow_changes_and_go_with_the_contacts(scene: Scene) -> None:
    await scene.store.save(ALI, book(PHONE, card("1", "Zarina", MOBILE)))
    counting = asyncio.create_task(scene.counting.run())

    async def unreachable(number: int | None) -> bool:
        return (await scene.totals.of_all()).states.get("unreachable") == number

    await eventually(lambda: unreachable(1))  # everybody is counted at the start
    await scene.store.save(ALI, book(PHONE, card("1", "Zarina", MOBILE), card("2", "Rustam")))
    await eventually(lambda: unreachable(2))
    await scene.store.remove(ALI, PHONE.value)
    await eventually(lambda: unreachable(None))
    counting.cancel()
    await asyncio.wait({counting})
