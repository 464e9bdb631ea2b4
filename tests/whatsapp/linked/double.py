# SPDX-License-Identifier: AGPL-3.0-or-later
"""A session over a worker that does what a test says: for what a genuine one cannot be made to do."""

import asyncio
import itertools
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, cast

from mautrix.types import UserID

from bridges.core.conversion.converters import available_converters
from bridges.core.ids import LoginID, RemoteUserID
from bridges.core.network import LoginRecord
from bridges.core.storage.database import Database
from bridges.whatsapp.config import LinkedConfig, WhatsAppConfig
from bridges.whatsapp.linked.border import LinkedBorder
from bridges.whatsapp.linked.channel import WorkerRefused
from bridges.whatsapp.linked.client import WorkerClient
from bridges.whatsapp.linked.device import LinkedDevice
from bridges.whatsapp.linked.hub import Hub
from bridges.whatsapp.linked.session import LinkedSession
from bridges.whatsapp.store.accounts import Account, AccountStore
from bridges.whatsapp.store.schema import whatsapp_tables
from bridges.whatsapp.wire.messages import WorkerEvent
from bridges.whatsapp.wire.values import ChatSettings, Contact, Group, LinkedAccount, Picture
from tests.core.databases import open_core_database
from tests.support.waiting import eventually
from tests.telegram.bridge import RecordingHandle

LOGIN = LoginID("100")
DEVICE = "the device"


class ScriptedWorker:
    """The worker as a test tells it: see `bridges.whatsapp.linked.client.WorkerClient`."""

    def __init__(self, files: Path) -> None:
        self.files = files
        self.contacts_told: list[Contact] = []
        self.settings_told: dict[str, ChatSettings] = {}
        self.groups_told: dict[str, Group] = {}
        self.channels_told: dict[str, dict[str, Any]] = {}
        self.votes_told: list[str] | None = None
        self.acknowledged: list[int] = []
        self.connects = 0
        self.left: list[str] = []
        self.presences: list[bool] = []
        self.watched: list[str] = []
        self._numbers = itertools.count(1)
        self._events: asyncio.Queue[WorkerEvent] = asyncio.Queue()

    def happens(self, kind: str, seq: int | None = None, /, **data: Any) -> int:
        """Have something happen; returns the event's number."""
        number = next(self._numbers) if seq is None else seq
        self._events.put_nowait(WorkerEvent(DEVICE, number, kind, data))
        return number

    def happens_to(self, account: str, kind: str, /, **data: Any) -> None:
        """Have something happen to another account."""
        self._events.put_nowait(WorkerEvent(account, next(self._numbers), kind, data))

    async def events(self) -> AsyncIterator[WorkerEvent]:
        while True:
            yield await self._events.get()

    async def acknowledge(self, event: WorkerEvent) -> None:
        self.acknowledged.append(event.seq)

    async def connect(self, account: str) -> None:
        self.connects += 1

    async def disconnect(self, account: str) -> None:
        pass

    async def link(self, account: str) -> None:
        event = WorkerEvent(account, 0, "qr", {"code": "https://wa.me/settings/linked_devices#1"})
        self._events.put_nowait(event)

    async def link_by_code(self, account: str, phone: str) -> str:
        return "ABCD-EFGH"

    async def presence(self, account: str, *, available: bool) -> None:
        self.presences.append(available)

    async def watch_presence(self, account: str, user: str) -> None:
        self.watched.append(user)

    async def typing(self, account: str, chat: str, *, composing: bool) -> None:
        """Nobody looks."""

    async def logout(self, account: str) -> None:
        self.left.append(f"logout {account}")

    async def forget(self, account: str) -> None:
        self.left.append(f"forget {account}")

    async def accounts(self) -> list[LinkedAccount]:
        return []

    async def contacts(self, account: str) -> list[Contact]:
        return self.contacts_told

    async def lid_of(self, account: str, number: str) -> str:
        return ""

    async def chat_settings(self, account: str, chats: Sequence[str]) -> dict[str, ChatSettings]:
        return {one: self.settings_told[one] for one in chats if one in self.settings_told}

    async def group(self, account: str, group: str) -> Group:
        return self.groups_told[group]

    async def newsletter(self, account: str, newsletter: str) -> dict[str, Any]:
        return self.channels_told[newsletter]

    async def newsletters(self, account: str) -> list[dict[str, Any]]:
        return list(self.channels_told.values())

    async def picture(self, account: str, of: str, **_: Any) -> Picture | None:
        return None

    async def decrypt_vote(self, account: str, event: Any) -> list[str]:
        if self.votes_told is None:
            raise WorkerRefused("FAILED", "there is no secret for this poll")
        return self.votes_told


class ChosenClock:
    """A clock that stands where a test puts it; nobody waits."""

    def __init__(self) -> None:
        self.time = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)

    def now(self) -> datetime:
        return self.time

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(min(seconds, 0.01) if seconds < 60 else 3600)

    def passes(self, **time: float) -> None:
        """Let time pass."""
        self.time += timedelta(**time)


class Scene:
    """One linked account on a bridge that only remembers."""

    def __init__(self, database: Database, folder: Path) -> None:
        self.clock = ChosenClock()
        self.handle = RecordingHandle(database, folder)
        self.handle.clock = self.clock
        self.worker = ScriptedWorker(folder)
        self.accounts = AccountStore(database)
        self._hub: Hub | None = None
        self.session: LinkedSession | None = None
        self.config = WhatsAppConfig(enabled=True, linked=LinkedConfig())

    async def link(self) -> None:
        """Store the account as a login does."""
        now = self.clock.now()
        await self.accounts.save(Account(LOGIN, DEVICE, "992555000100", now, now))

    async def open(self) -> LinkedSession:
        """Connect a session."""
        worker = cast("WorkerClient", self.worker)
        self._hub = Hub(self.worker, self.clock)
        self._hub.start()
        record = LoginRecord(LOGIN, UserID("@alisa:home.test"), RemoteUserID("lid-100"), "Alisa")
        self.session = LinkedSession(
            record,
            self.config,
            self.handle,
            LinkedDevice(worker, LOGIN),
            self._hub,
            LinkedBorder(self.handle.border, self.config.linked),
            available_converters(),
        )
        await self.session.connect()
        return self.session

    async def close(self) -> None:
        """Disconnect it."""
        if self.session is not None and self._hub is not None:
            await self.session.disconnect()
            await self._hub.stop()

    def message(self, identifier: str, seq: int | None = None, /, **fields: Any) -> int:
        """Have a message come; by default one of Boris's in the direct chat with him."""
        usual: dict[str, Any] = {
            "chat": "200@lid",
            "sender": "200@lid",
            "sender_alt": "",
            "recipient_alt": "",
            "from_me": False,
            "id": identifier,
            "timestamp": int(self.clock.now().timestamp()),
            "push_name": "Boris",
            "message": {"conversation": identifier},
        }
        return self.worker.happens("message", seq, **(usual | fields))

    async def until_taken(self, number: int) -> None:
        """Wait until an event is acknowledged."""
        await eventually(
            lambda: number in self.worker.acknowledged, describe=f"event {number} to be safe"
        )


@asynccontextmanager
async def scene(folder: Path, database_url: str = "") -> AsyncIterator[Scene]:
    """A linked account whose session is connected; on SQLite unless another database is named."""
    database = await open_core_database(database_url or f"sqlite:///{folder / 'bridge.db'}")
    await database.upgrade(whatsapp_tables)
    made = Scene(database, folder)
    try:
        await made.link()
        await made.open()
        yield made
    finally:
        await made.close()
        await database.close()
