# SPDX-License-Identifier: AGPL-3.0-or-later
"""The provisioning API on a real socket, with the logins of FakeNetwork behind it.

There is no homeserver: only direct rooms would be asked for there, and a test says what it answers.
"""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from unittest.mock import AsyncMock, Mock

import aiohttp
from aiohttp import web
from aiohttp.test_utils import BaseTestServer, TestServer
from attrs import define, field
from mautrix.types import EventID, RoomID, UserID

from bridges.core.chat import ChatKind
from bridges.core.history.store import HistoryStore
from bridges.core.ids import ChatKey, LoginID, MessageID, RemoteUserID
from bridges.core.network import LoginRecord, SessionState
from bridges.core.provisioning.api import PREFIX, ProvisioningApi
from bridges.core.provisioning.desk import ProvisioningDesk
from bridges.core.provisioning.direct import DirectRooms
from bridges.core.provisioning.places import ChatPlaces
from bridges.core.provisioning.secret import provisioning_secret
from bridges.core.secretbox import SecretBox
from bridges.core.sessions import Sessions
from bridges.core.storage.database import Database
from bridges.core.storage.handovers import HandoverStore
from bridges.core.storage.logins import LoginStore
from bridges.core.storage.messages import MessageStore, StoredMessage
from bridges.core.storage.people import PeopleStore
from bridges.core.storage.portals import LoginPortal, Portal, PortalStore
from bridges.core.text import UserText
from tests.core.clocks import QuickClock
from tests.core.databases import core_database
from tests.fakes.adapter import FakeAdapter
from tests.fakes.fake_network import FakeNetwork
from tests.fakes.phone import FakePhone
from tests.fakes.store import FakeStore, fake_tables
from tests.support.waiting import eventually

Json = dict[str, Any]

KEY = bytes(range(32))
SECRET = provisioning_secret(KEY, "fake")
ALI = UserID("@ali:home.test")


class _Handle:
    """As much of a bridge as sessions that only answer questions need."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.secrets = SecretBox(KEY)
        self.report: Callable[[LoginID, SessionState, UserText | None], None]


@define
class Served:
    """A bridge's API and the network behind it."""

    network: FakeNetwork
    sessions: Sessions
    portals: PortalStore
    clock: QuickClock
    server: BaseTestServer
    http: aiohttp.ClientSession
    homeserver: Any
    is_ready: bool = True
    adapter: FakeAdapter = field(init=False)
    handle: Any = field(init=False)
    _people: PeopleStore = field(init=False)

    @property
    def url(self) -> str:
        """Base of the bridge's listener."""
        return str(self.server.make_url("")).rstrip("/")

    async def get(self, path: str, secret: str = SECRET) -> tuple[int, Json]:
        """Ask: status and JSON."""
        headers = {"Authorization": f"Bearer {secret}"}
        url = f"{self.url}{PREFIX}/{path}"
        async with self.http.get(url, headers=headers) as response:
            return response.status, await response.json()

    async def log_in(self, phone: FakePhone, owner: UserID = ALI) -> LoginRecord:
        """Give a person a login that is connected."""
        account = phone.account
        token = self.network.world.authorise(account)
        store = FakeStore(self.handle.database, self.handle.secrets)
        await store.save(account.login, token, len(account.updates))
        await self._people.save_person(await self._people.person(owner))
        record = LoginRecord(account.login, owner, account.user, account.name)
        active = await self.sessions.add(record, self.adapter)
        await eventually(lambda: active.state is SessionState.CONNECTED)
        return record

    async def link(self, key: ChatKey, *ids: str) -> None:
        """Let messages of a chat be in its room."""
        database = self.handle.database
        links = [
            StoredMessage(
                key, MessageID(one), EventID(f"$e{one}"), RemoteUserID("u"), ALI, sent_at=0
            )
            for one in ids
        ]
        async with database.transaction() as connection:
            await MessageStore(database).insert(connection, links)

    async def wait_for_history(self, key: ChatKey, login: LoginID) -> None:
        """Let a chat want what was said before."""
        await self.handle.database.execute(
            "INSERT INTO history (chat, receiver, login, place, read_chat, read_receiver, missing,"
            " since) VALUES ($1, $2, $3, 1, $1, $2, 1, 0)",
            key.chat,
            key.receiver,
            login,
        )

    async def give_room(self, record: LoginRecord, key: ChatKey, room: str) -> None:
        """Let a chat have a room the login is in."""
        await self.portals.save(Portal(key, ChatKind.DIRECT, RoomID(room)))
        await self.portals.add_login(LoginPortal(record.id, key, in_space=False, may_write=True))


@asynccontextmanager
async def served(folder: Path, network: str = "fake") -> AsyncIterator[Served]:
    """Have the API for the time of the block; nobody is logged in. ``network`` is what it says it is."""
    async with core_database(f"sqlite:///{folder / 'bridge.db'}") as database:
        await database.upgrade(fake_tables)
        clock = QuickClock()
        sessions = Sessions(LoginStore(database), clock)
        portals = PortalStore(database)
        homeserver = Mock(
            joined_rooms=AsyncMock(return_value=[]), get_account_data=AsyncMock(return_value={})
        )
        senders: Any = Mock(may_speak_as=lambda _: True, is_puppet=lambda one: "fake_" not in one)
        messages = MessageStore(database)
        nothing: Any = None
        history = HistoryStore(database, nothing, messages, nothing, nothing, clock)
        handovers = HandoverStore(database)
        places = ChatPlaces(sessions, portals, messages, history, handovers, rising_ids=True)
        api = ProvisioningApi(
            SECRET,
            ProvisioningDesk(network, sessions, portals, clock, minimal=False),
            DirectRooms(homeserver, senders),
            places,
            sessions,
            clock,
            lambda: world.is_ready,
        )
        application = web.Application()
        application.add_routes(api.routes())
        async with TestServer(application) as server, aiohttp.ClientSession() as http:
            world = Served(FakeNetwork(), sessions, portals, clock, server, http, homeserver)
            world.handle = _Handle(database)
            world.handle.report = lambda one, state, why=None: sessions.report(one, state, why)
            world.adapter = FakeAdapter(world.network.world, world.network.scans, world.handle)
            world._people = PeopleStore(database)
            try:
                yield world
            finally:
                api.close()
                await sessions.stop()
