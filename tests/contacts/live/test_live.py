# SPDX-License-Identifier: AGPL-3.0-or-later
"""Address books of logins, asked for over a real socket from a bridge of FakeNetwork."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from itertools import count
from pathlib import Path
from unittest.mock import AsyncMock

import aiohttp
import pytest
from attrs import frozen
from mautrix.types import UserID

from bridges.contacts.directory.evidence import BridgeEvidence
from bridges.contacts.live.books import LiveBooks
from bridges.contacts.live.client import BridgeClient, BridgeRefuses, BridgeSilent
from bridges.contacts.live.model import BridgeAddress, LiveLogin
from bridges.contacts.live.watching import BridgeWatch
from bridges.contacts.people.model import CardRef
from bridges.contacts.sources.model import (
    AddressBook,
    Card,
    IdKind,
    NetworkID,
    Source,
    SourceKind,
)
from bridges.contacts.store.books import ContactStore
from bridges.contacts.store.schema import contact_tables
from bridges.core.clock import SystemClock
from bridges.core.errors import RateLimited
from bridges.core.secretbox import SecretBox
from bridges.core.storage.database import open_database
from bridges.core.text import user_text
from tests.core.provisioning.served import ALI, KEY, SECRET, Served, served
from tests.support.waiting import eventually

BOB = UserID("@bob:home.test")
FILE = AddressBook(Source("phone.vcf", SourceKind.VCARD, "phone.vcf"), (Card("1", "Zarina"),))


@frozen
class Scene:
    """A bridge, and what is kept of its contacts."""

    bridge: Served
    client: BridgeClient
    store: ContactStore
    books: LiveBooks
    changed: list[UserID]

    @asynccontextmanager
    async def watched(self) -> AsyncIterator[None]:
        """Follow the bridge for the time of the block."""
        watch = BridgeWatch(self.client, self.books, SystemClock())
        task = asyncio.create_task(watch.run())
        try:
            yield
        finally:
            task.cancel()
            await asyncio.wait({task})

    async def sources(self, owner: UserID = ALI) -> list[str]:
        """The sources there are books of."""
        return [one.source.id for one in await self.store.books(owner)]

    async def is_empty(self) -> bool:
        """Whether nothing is kept."""
        return await self.sources() == []

    async def take(self) -> tuple[LiveLogin, ...]:
        """Take the roster of now."""
        roster = await self.client.logins()
        await self.books.take("fake", roster)
        return roster.logins


@pytest.fixture
async def scene(tmp_path: Path) -> AsyncIterator[Scene]:
    """Nobody is logged in."""
    database = await open_database(f"sqlite:///{tmp_path / 'contacts.db'}", None, contact_tables)
    numbers = count()
    store = ContactStore(database, SecretBox(KEY), lambda: f"book-{next(numbers)}")
    async with served(tmp_path) as bridge, aiohttp.ClientSession() as http:
        client = BridgeClient(http, BridgeAddress("fake", "Fakegram", bridge.url, SECRET))
        changed: list[UserID] = []
        books = LiveBooks(
            store,
            [client],
            {"fake": SourceKind.TELEGRAM},
            lambda user: user.startswith("@other_"),
            changed.append,
        )
        store.listen(changed.append)
        yield Scene(bridge, client, store, books, changed)
    await database.close()


async def test_a_login_brings_its_contacts_and_takes_them_with_it(scene: Scene) -> None:
    fake = scene.bridge.network
    ali, nodira = fake.person("Ali"), fake.person("Nodira")
    ali.saves(nodira, "Nodira from school")
    await scene.store.save(ALI, FILE)
    async with scene.watched():
        record = await scene.bridge.log_in(ali)

        async def all_are_there() -> bool:
            return set(await scene.sources()) == {"phone.vcf", f"fake:{record.id}", "matrix"}

        await eventually(all_are_there)
        assert set(scene.changed) == {ALI}
        books = {one.source.id: one for one in await scene.store.books(ALI)}
        assert set(books) == {"phone.vcf", f"fake:{record.id}", "matrix"}
        live = books[f"fake:{record.id}"]
        assert live.source == Source(f"fake:{record.id}", SourceKind.TELEGRAM, "Ali")
        assert live.cards == (
            Card(
                nodira.account.user,
                "Nodira from school",
                other_names=("Nodira",),
                phones=(nodira.account.phone,),
                ids=(NetworkID(IdKind.TELEGRAM_USER, nodira.account.user),),
            ),
        )
        assert await scene.books.sources_of(ALI) == {f"fake:{record.id}": SourceKind.TELEGRAM}
        scene.changed.clear()
        await scene.bridge.sessions.remove(record.id)

        async def only_the_file_is() -> bool:
            return await scene.sources() == ["phone.vcf"]

        await eventually(only_the_file_is)
        await eventually(lambda: set(scene.changed) == {ALI})


async def test_whose_many_numbers_are_is_asked_in_pieces(scene: Scene) -> None:
    fake = scene.bridge.network
    ali, others = fake.person("Ali"), [fake.person(f"P{number}") for number in range(201)]
    for one in others:
        ali.saves(one, one.account.name)
    await scene.bridge.log_in(ali)
    wanted = {one.account.phone: one.account.user for one in others}
    assert await scene.client.users(ALI, wanted.keys()) == wanted


async def test_the_directory_takes_what_the_bridge_says_that_a_login_proves(scene: Scene) -> None:
    ali = scene.bridge.network.person("Ali")
    record = await scene.bridge.log_in(ali)
    evidence = BridgeEvidence([scene.client])
    proofs = await evidence.proofs(ALI, frozenset())
    assert {(one.network, one.login) for one in proofs} == {("fake", record.id)}
    assert {one.handle for one in proofs} >= {f"telegram:{ali.account.user}"}
    await scene.bridge.sessions.remove(record.id)
    assert await evidence.proofs(ALI, proofs) == frozenset()


async def test_a_login_that_ended_while_we_were_away_is_noticed(scene: Scene) -> None:
    ali = scene.bridge.network.person("Ali")
    record = await scene.bridge.log_in(ali)
    (login,) = await scene.take()
    await scene.books.refresh(login)
    await scene.bridge.sessions.remove(record.id)
    async with scene.watched():
        await eventually(scene.is_empty)


async def test_an_answer_that_comes_after_the_end_is_dropped(scene: Scene) -> None:
    ali, nodira = scene.bridge.network.person("Ali"), scene.bridge.network.person("Nodira")
    ali.saves(nodira, "Nodira")
    record = await scene.bridge.log_in(ali)
    (login,) = await scene.take()
    ended = asyncio.Event()

    async def joined_rooms(_: object) -> list[str]:  # the last that a refresh asks for
        ended.set()
        await scene.bridge.sessions.remove(record.id)
        await scene.take()
        return []

    scene.bridge.homeserver.joined_rooms = joined_rooms
    await scene.books.refresh(login)
    assert ended.is_set()
    assert await scene.sources() == []
    assert scene.books.rooms_of(ALI) == {}


async def test_a_bridge_that_starts_costs_nobody_their_books(scene: Scene) -> None:
    await scene.bridge.log_in(scene.bridge.network.person("Ali"))
    (login,) = await scene.take()
    await scene.books.refresh(login)
    before = await scene.sources()
    assert before
    scene.bridge.is_ready = False
    with pytest.raises(BridgeSilent):
        await scene.client.logins()
    assert await scene.books.refresh_all_of(ALI) == ("Fakegram",)
    assert await scene.sources() == before


async def test_books_of_different_people_stay_apart(scene: Scene) -> None:
    fake = scene.bridge.network
    ali, bob, nodira = map(fake.person, ("Ali", "Bob", "Nodira"))
    ali.saves(nodira, "Nodira")
    first = await scene.bridge.log_in(ali)
    second = await scene.bridge.log_in(bob, BOB)
    for login in await scene.take():
        await scene.books.refresh(login)
    assert f"fake:{first.id}" in await scene.sources()
    assert f"fake:{second.id}" in await scene.sources(BOB)
    await scene.bridge.sessions.remove(second.id)
    await scene.take()
    assert f"fake:{first.id}" in await scene.sources()
    assert await scene.sources(BOB) == []


async def test_direct_rooms_are_contacts_on_matrix_without_bots_and_ghosts(scene: Scene) -> None:
    await scene.bridge.log_in(scene.bridge.network.person("Ali"))
    hs = scene.bridge.homeserver
    hs.joined_rooms = AsyncMock(return_value=["!d:home.test"])
    users = ["@dilnoza:home.test", "@other_5:home.test", "@fake_1:home.test"]
    hs.get_account_data = AsyncMock(return_value={user: ["!d:home.test"] for user in users})
    hs.profile = AsyncMock(return_value={"displayname": "Dilnoza"})
    (login,) = await scene.take()
    await scene.books.refresh(login)
    (book,) = [one for one in await scene.store.books(ALI) if one.source.id == "matrix"]
    dilnoza = "@dilnoza:home.test"
    assert book.cards == (Card(dilnoza, "Dilnoza", ids=(NetworkID(IdKind.MATRIX, dilnoza),)),)
    assert scene.books.rooms_of(ALI)[CardRef("matrix", dilnoza)] == "!d:home.test"


async def test_a_contact_has_their_room(scene: Scene) -> None:
    ali, nodira = scene.bridge.network.person("Ali"), scene.bridge.network.person("Nodira")
    ali.saves(nodira, "Nodira")
    record = await scene.bridge.log_in(ali)
    key = scene.bridge.network.world.key(ali.chat_with(nodira), ali.account)
    await scene.bridge.give_room(record, key, "!n:home.test")
    await scene.take()
    assert await scene.books.refresh_all_of(ALI) == ()
    place = CardRef(f"fake:{record.id}", nodira.account.user)
    assert scene.books.rooms_of(ALI) == {place: "!n:home.test"}


async def test_all_pages_are_read(scene: Scene) -> None:
    ali = scene.bridge.network.person("Ali")
    others = [scene.bridge.network.person(f"P{number}") for number in range(501)]
    for one in others:
        ali.saves(one, one.account.name)
    record = await scene.bridge.log_in(ali)
    found = await scene.client.contacts(ALI, record.id)
    assert sorted(one.remote_user for one in found) == sorted(one.account.user for one in others)


async def test_what_a_bridge_says_is_no_error_of_ours(scene: Scene) -> None:
    ali = scene.bridge.network.person("Ali")
    record = await scene.bridge.log_in(ali)
    limited = RateLimited("FAKE.FLOOD", user_text("Wait."), retry_after=17)
    ali.faults.add("known_accounts", limited)
    with pytest.raises(BridgeSilent) as told:
        await scene.client.contacts(ALI, record.id)
    assert told.value.retry_after == 17
    with pytest.raises(BridgeRefuses) as refused:
        await scene.client.contacts(BOB, record.id)
    assert refused.value.code == "NO_LOGIN"
    async with aiohttp.ClientSession() as http:
        wrong = BridgeAddress("fake", "Fakegram", scene.bridge.url, "wrong")
        with pytest.raises(BridgeSilent, match="WRONG_SECRET"):
            await BridgeClient(http, wrong).logins()
        nowhere = BridgeAddress("fake", "Fakegram", "http://127.0.0.1:1", SECRET)
        with pytest.raises(BridgeSilent):
            await BridgeClient(http, nowhere).logins()
