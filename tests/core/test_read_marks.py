# SPDX-License-Identifier: AGPL-3.0-or-later
"""Receipts reach the network sooner or later, the latest of each chat, and survive everything."""

from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest
from mautrix.types import UserID

from bridges.core.errors import BridgeError, NotConnected, RateLimited, Rejected, SessionLost
from bridges.core.ids import ChatID, ChatKey, LoginID, MessageID, RemoteUserID
from bridges.core.network import LoginRecord, SessionState
from bridges.core.outgoing import OutgoingReceipt
from bridges.core.read_marks import ReadMarks
from bridges.core.sessions import ActiveLogin
from bridges.core.storage.database import Database
from bridges.core.storage.logins import LoginStore
from bridges.core.storage.messages import MessageStore, StoredMessage
from bridges.core.storage.people import MatrixPerson, PeopleStore
from bridges.core.storage.read_marks import ReadMarkStore
from bridges.core.text import user_text
from tests.core.clocks import QuickClock
from tests.core.databases import open_core_database
from tests.support.waiting import eventually

OWNER, LOGIN = UserID("@zarina:home.test"), LoginID("tg-1")
RECORD = LoginRecord(LOGIN, OWNER, RemoteUserID("1"), "Zarina")
TEA, CHESS = ChatKey(ChatID("user:2"), LOGIN), ChatKey(ChatID("channel:5"))
AWAY = NotConnected("AWAY", user_text("Away."))


class Network:
    """A session that is told what was read; `fails` are the answers to come."""

    def __init__(self) -> None:
        self.told: list[tuple[ChatKey, str]] = []
        self.fails: list[BridgeError] = []
        self.tries = 0

    async def mark_read(self, receipt: OutgoingReceipt) -> None:
        self.tries += 1
        if self.fails:
            raise self.fails.pop(0)
        self.told.append((receipt.chat, receipt.up_to))


class OneSession:
    """What of `Sessions` is needed."""

    def __init__(self, network: Network) -> None:
        session: Any = network
        self.login: ActiveLogin | None = ActiveLogin(RECORD, session, SessionState.CONNECTED)
        self.listeners: list[Callable[[ActiveLogin, SessionState], None]] = []

    def get(self, login: LoginID) -> ActiveLogin | None:
        return self.login if login == LOGIN else None

    def listen(self, listener: Callable[[ActiveLogin, SessionState], None]) -> None:
        self.listeners.append(listener)


class Scene:
    """Marks of one login over a real database."""

    def __init__(self, database: Database) -> None:
        self.network, self.clock = Network(), QuickClock()
        self.store = ReadMarkStore(database)
        self.sessions = OneSession(self.network)
        self.marks = self.restarted()

    def restarted(self) -> ReadMarks:
        sessions: Any = self.sessions
        self.marks = ReadMarks(self.store, sessions, self.clock, ())
        return self.marks

    async def read(self, chat: ChatKey, up_to: str) -> None:
        assert self.sessions.login is not None
        await self.marks.read(self.sessions.login, chat, MessageID(up_to))

    async def until_told(self, *told: tuple[ChatKey, str]) -> None:
        await eventually(
            lambda: self.network.told == list(told), describe=lambda: f"{self.network.told}"
        )
        await eventually(self._nothing_left, describe="nothing left to tell")

    async def _nothing_left(self) -> bool:
        return not await self.store.of(LOGIN)


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    database = await open_core_database(database_url)
    await PeopleStore(database).save_person(MatrixPerson(OWNER))
    await LoginStore(database).save(RECORD, QuickClock().now())
    yield database
    await database.close()


@pytest.fixture
async def scene(database: Database) -> AsyncIterator[Scene]:
    scene = Scene(database)
    await scene.marks.start()
    yield scene
    await scene.marks.close()


async def test_a_receipt_is_told(scene: Scene) -> None:
    await scene.read(TEA, "7")
    await scene.until_told((TEA, "7"))
    await scene.read(CHESS, "9")
    await scene.until_told((TEA, "7"), (CHESS, "9"))


async def test_trouble_delays_it_however_often_it_comes(scene: Scene) -> None:
    scene.network.fails = [AWAY] * 20
    await scene.read(TEA, "7")
    await scene.until_told((TEA, "7"))
    assert scene.clock.waits[0] >= AWAY.retry_after
    assert max(scene.clock.waits) == 60


async def test_a_flood_wait_is_waited_for(scene: Scene) -> None:
    wait = RateLimited("FLOOD", user_text("Wait."), retry_after=300)
    scene.network.fails = [wait]
    await scene.read(TEA, "7")
    await scene.until_told((TEA, "7"))
    assert scene.clock.waits == [300]


async def test_a_refusal_ends_it(scene: Scene) -> None:
    scene.network.fails = [Rejected("GONE", user_text("Gone."))]
    await scene.read(TEA, "7")
    await eventually(lambda: scene.network.tries == 1, describe="one try")
    await scene.read(CHESS, "9")
    await scene.until_told((CHESS, "9"))


async def test_only_the_latest_of_a_chat_is_told(scene: Scene) -> None:
    scene.sessions.login, login = None, scene.sessions.login
    assert login is not None
    for number in range(5):
        await scene.marks.read(login, TEA, MessageID(str(number)))
    scene.sessions.login = login
    scene.sessions.listeners[0](login, SessionState.CONNECTING)
    await scene.until_told((TEA, "4"))


async def test_it_survives_a_restart(scene: Scene) -> None:
    scene.sessions.login, login = None, scene.sessions.login
    assert login is not None
    await scene.marks.read(login, TEA, MessageID("7"))
    await scene.marks.close()
    scene.sessions.login = login
    await scene.restarted().start()
    await scene.until_told((TEA, "7"))


async def test_it_waits_for_a_new_login(scene: Scene) -> None:
    scene.network.fails = [SessionLost("LOST", user_text("Lost."))]
    await scene.read(TEA, "7")
    await eventually(lambda: scene.network.tries == 1, describe="one try")
    login = scene.sessions.login
    assert login is not None
    scene.sessions.listeners[0](login, SessionState.BAD_CREDENTIALS)
    scene.sessions.listeners[0](login, SessionState.CONNECTING)
    await scene.until_told((TEA, "7"))


async def test_what_the_network_told_us_is_not_told_back(scene: Scene) -> None:
    scene.marks.known(LOGIN, TEA, MessageID("7"))
    await scene.read(TEA, "7")
    await scene.read(TEA, "8")
    await scene.read(TEA, "8")
    await scene.until_told((TEA, "8"))


async def test_what_waits_is_not_told_once_the_network_knows_a_later_one(scene: Scene) -> None:
    scene.sessions.login, login = None, scene.sessions.login
    assert login is not None
    await scene.marks.read(login, TEA, MessageID("7"))
    scene.marks.known(LOGIN, TEA, MessageID("8"))
    await scene.marks.read(login, TEA, MessageID("8"))
    scene.sessions.login = login
    await scene.read(CHESS, "9")
    await scene.until_told((CHESS, "9"))


async def test_the_nearest_message_is_found_by_number_and_by_time(database: Database) -> None:
    store = MessageStore(database)

    def stored(number: str, sent_at: int, chat: ChatKey = TEA) -> StoredMessage:
        event: Any = f"${chat}{number}"
        return StoredMessage(chat, MessageID(number), event, RemoteUserID("2"), OWNER, sent_at)

    async with database.transaction() as connection:
        links = [stored("9", 1000), stored("10", 2000), stored("100", 3000), stored("50", 9, CHESS)]
        await store.insert(connection, links)

    async def up_to(number: str) -> str | None:
        found = await store.last_up_to(TEA, MessageID(number))
        return None if found is None else found.id

    assert [await up_to(one) for one in ("8", "9", "10", "99", "100", "1000")] == [
        None,
        "9",
        "10",
        "10",
        "100",
        "100",
    ]
    clock = QuickClock()
    found = await store.last_sent_before(TEA, clock.now())
    assert found is not None
    assert found.id == "100"
