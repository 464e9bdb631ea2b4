# SPDX-License-Identifier: AGPL-3.0-or-later
"""From what bridges say and address books hold to what people are told."""

import asyncio
from collections.abc import AsyncIterator, Sequence

import pytest
from attrs import define, field
from mautrix.types import UserID

from bridges.contacts.directory.directory import Directory
from bridges.contacts.directory.evidence import BridgeEvidence
from bridges.contacts.directory.handles import of_people
from bridges.contacts.directory.holdings import Holdings, NativesOfDirectory
from bridges.contacts.directory.model import Consent, News
from bridges.contacts.directory.quota import Limits
from bridges.contacts.directory.rounds import Rounds
from bridges.contacts.live.client import BridgeSilent
from bridges.contacts.live.model import Identity
from bridges.contacts.report.model import FindsNatives, Found
from bridges.contacts.sources.model import AddressBook, Card, Source, SourceKind
from bridges.contacts.store.books import ContactStore
from bridges.core.ids import LoginID
from bridges.core.network import SessionState
from bridges.core.secretbox import SecretBox
from bridges.core.storage.database import Database
from tests.contacts.directory.making import KEY, new_directory, opened, person, seen_by
from tests.support.waiting import eventually

ALICE, BOB, CAROL = person("alice"), person("bob"), person("carol")
NUMBERS = {ALICE: "+12015550101", BOB: "+12015550102", CAROL: "+12015550103"}


def identity(user: UserID, state: SessionState = SessionState.CONNECTED) -> Identity:
    proven = state is SessionState.CONNECTED
    ids = {"telegram_user": NUMBERS[user][-4:], "unheard_of": "1"} if proven else {}
    phone = NUMBERS[user] if proven else None
    return Identity(LoginID(f"of {user}"), "telegram", state, proven, ids, phone)


@define
class TelegramBridge:
    """Says what it is told to say."""

    network: str = "telegram"
    said: dict[UserID, list[Identity]] = field(factory=dict)
    is_silent: bool = False

    async def identities(self, user: UserID) -> Sequence[Identity]:
        if self.is_silent:
            raise BridgeSilent("it is silent")
        return self.said.get(user, [])


@define
class Notebook:
    """Writes down what people are told."""

    absent: set[UserID] = field(factory=set)
    told: list[tuple[UserID, News]] = field(factory=list)

    async def reaches(self, user: UserID) -> bool:
        return user not in self.absent

    async def tell(self, user: UserID, news: News) -> None:
        self.told.append((user, news))

    def take(self) -> list[tuple[UserID, list[UserID], bool]]:
        taken = [(user, [one.user for one in news.people], news.first) for user, news in self.told]
        self.told.clear()
        return taken


@define
class Town:
    """Everything together, but for the bridges."""

    database: Database
    contacts: ContactStore
    directory: Directory
    bridge: TelegramBridge
    notebook: Notebook
    rounds: Rounds

    async def save(self, owner: UserID, *others: UserID) -> None:
        cards = [Card(other, f"Friend {other[1:4]}", phones=(NUMBERS[other],)) for other in others]
        source = Source("phone", SourceKind.VCARD, "Phone")
        await self.contacts.save(owner, AddressBook(source, tuple(cards)))

    async def arrives(self, user: UserID, *others: UserID) -> None:
        self.bridge.said[user] = [identity(user)]
        await self.save(user, *others)
        await self.go_round(user)

    async def go_round(self, user: UserID) -> None:
        await self.rounds._go_round(user)


@pytest.fixture
async def town(database_url: str) -> AsyncIterator[Town]:
    async with opened(database_url) as database:
        contacts = ContactStore(database, SecretBox(KEY), iter("abcdefghijklmnop").__next__)
        directory, bridge, notebook = new_directory(database), TelegramBridge(), Notebook()
        rounds = Rounds(directory, BridgeEvidence([bridge]), Holdings(contacts), notebook)
        yield Town(database, contacts, directory, bridge, notebook, rounds)


on_sqlite = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


async def test_both_are_told_of_each_other(town: Town) -> None:
    await town.arrives(ALICE, BOB, CAROL)
    assert town.notebook.take() == []
    await town.arrives(BOB, ALICE)
    assert town.notebook.take() == [(ALICE, [BOB], False), (BOB, [ALICE], True)]
    for user in (ALICE, BOB):
        await town.go_round(user)
    assert town.notebook.take() == []


@on_sqlite
async def test_who_cannot_be_told_now_is_told_later(town: Town) -> None:
    town.notebook.absent = {ALICE}
    await town.arrives(ALICE, BOB)
    await town.arrives(BOB, ALICE)
    assert town.notebook.take() == [(BOB, [ALICE], True)]
    town.notebook.absent = set()
    await town.go_round(ALICE)
    assert town.notebook.take() == [(ALICE, [BOB], True)]


@on_sqlite
async def test_a_proof_lasts_as_long_as_the_login(town: Town) -> None:
    await town.arrives(ALICE, BOB)
    await town.arrives(BOB, ALICE)
    town.bridge.said[BOB] = [identity(BOB, SessionState.TRANSIENT_DISCONNECT)]
    await town.go_round(BOB)
    assert await seen_by(town.directory, ALICE) == {BOB}
    town.bridge.is_silent = True
    await town.go_round(BOB)
    assert await seen_by(town.directory, ALICE) == {BOB}
    town.bridge.is_silent = False
    for ended in ([identity(BOB, SessionState.BAD_CREDENTIALS)], []):
        town.bridge.said[BOB] = [identity(BOB)]
        await town.go_round(BOB)
        assert await seen_by(town.directory, ALICE) == {BOB}
        town.bridge.said[BOB] = ended
        await town.go_round(BOB)
        assert await seen_by(town.directory, ALICE) == set()


@on_sqlite
async def test_who_hides_is_not_even_asked_about(town: Town) -> None:
    await town.directory.set_consent(BOB, Consent.NOBODY)
    await town.arrives(ALICE, BOB)
    await town.arrives(BOB, ALICE)
    assert town.notebook.take() == []
    assert not await town.directory.proofs(BOB)


@on_sqlite
async def test_rounds_are_made_when_something_changes_and_go_on_after_an_error(town: Town) -> None:
    for user, other in ((ALICE, BOB), (BOB, ALICE)):
        town.bridge.said[user] = [identity(user)]
        await town.save(user, other)
    async with town.rounds.going():
        town.bridge.said[CAROL] = None  # type: ignore[assignment]
        for user in (CAROL, ALICE, BOB):
            town.rounds.changed(user)

        async def both_are_told() -> bool:
            await asyncio.sleep(0)
            return len(town.notebook.told) == 2

        await eventually(both_are_told)


@on_sqlite
async def test_the_report_is_told_who_is_here(town: Town) -> None:
    await town.arrives(BOB, ALICE)
    await town.arrives(ALICE, BOB, CAROL)
    people = await Holdings(town.contacts).people(ALICE)
    of_bob = next(one for one in people if NUMBERS[BOB] in {number.e164 for number in one.numbers})
    natives: FindsNatives = NativesOfDirectory(town.directory)
    assert await natives.find(ALICE, people) == Found({of_bob.id: BOB}, 0)
    assert await natives.find(CAROL, people) == Found({}, 0)

    limited = new_directory(town.database, limits=Limits(whole=1, added=1))
    await limited.forget(ALICE)
    await limited.prove(ALICE, await BridgeEvidence([town.bridge]).proofs(ALICE, frozenset()))
    assert len(of_people(people)) == 2
    assert (await NativesOfDirectory(limited).find(ALICE, people)).waiting == 2
