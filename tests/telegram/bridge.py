# SPDX-License-Identifier: AGPL-3.0-or-later
"""A bridge that only remembers: a ``BridgeHandle`` over a real database, and an account on it."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar

from mautrix.types import UserID

from bridges.core.clock import Clock, SystemClock
from bridges.core.content import FormattedText, RemoteMedia, Text
from bridges.core.egress.border import Border, OpenBorder
from bridges.core.events import RemoteEvent, RemoteMessage, RemotePresence, RemoteTyping
from bridges.core.ids import ChatID, ChatKey, LoginID, MessageID
from bridges.core.login import Claim, Complete, LoginStep, UserInput
from bridges.core.network import LoginRecord, PersistHook, SessionState
from bridges.core.outgoing import OutgoingMessage
from bridges.core.rows import is_within
from bridges.core.secretbox import SecretBox
from bridges.core.storage.database import Database
from bridges.core.text import Translation, UserText
from bridges.telegram.config import TelegramConfig
from bridges.telegram.network import TelegramNetwork
from bridges.telegram.session import TelegramSession
from sandbox.telegram import TelegramSandbox

Event = TypeVar("Event")

CODE = "22222"
PATIENCE = 15.0


async def _keep(_login: LoginID) -> None:
    """No account belongs to anybody else."""


keep_any = Claim(UserID("@alisa:example.org"), _keep)


class DatabaseGone(Exception):
    """What a handle raises that was told to fail."""


class RecordingHandle:
    """Stores in memory what it receives, in one transaction with the network's cursor."""

    def __init__(self, database: Database, spool_dir: Path, key: bytes = b"k" * 32) -> None:
        self.database = database
        self.secrets = SecretBox(key)
        self.clock: Clock = SystemClock()
        self.border: Border = OpenBorder()
        self.spool_dir = spool_dir
        self.received: list[RemoteEvent] = []
        self.typed: list[RemoteTyping] = []
        self.online: list[RemotePresence] = []
        self.told: list[str] = []
        self.states: list[tuple[SessionState, UserText | None]] = []
        self.bridged_ids: set[tuple[ChatKey, MessageID]] = set()
        self.rooms: set[ChatKey] = set()
        self.fails_left = 0
        self.is_dead = False
        self._changed = asyncio.Condition()

    async def receive(
        self, login: LoginID, events: Sequence[RemoteEvent], persist: PersistHook | None = None
    ) -> None:
        if self.is_dead or self.fails_left:
            self.fails_left -= not self.is_dead
            raise DatabaseGone
        async with self.database.transaction() as connection:
            if persist is not None:
                await persist(connection)
        self.received += events
        await self._tell()

    def typing(self, login: LoginID, event: RemoteTyping) -> None:
        self.typed.append(event)
        self._tell_soon()

    def presence(self, login: LoginID, event: RemotePresence) -> None:
        self.online.append(event)
        self._tell_soon()

    def report(self, login: LoginID, state: SessionState, reason: UserText | None = None) -> None:
        self.states.append((state, reason))
        self._tell_soon()

    def tell(self, login: LoginID, text: UserText) -> None:
        self.told.append(str(text))
        self._tell_soon()

    async def translation(self, login: LoginID) -> Translation:
        return str

    async def chats_of(
        self, receiver: LoginID, messages: Sequence[MessageID], within: ChatID | None = None
    ) -> Mapping[MessageID, ChatKey]:
        return {
            one.id: one.chat
            for one in self.messages()
            if one.id in messages
            and one.chat.receiver == receiver
            and is_within(one.chat.chat, within)
        }

    async def bridged(self, chat: ChatKey, messages: Sequence[MessageID]) -> AbstractSet[MessageID]:
        return {one for one in messages if (chat, one) in self.bridged_ids}

    async def has_room(self, chat: ChatKey) -> bool:
        return chat in self.rooms

    # -- for tests

    def messages(self) -> list[RemoteMessage]:
        return self.all(RemoteMessage)

    def all(self, kind: type[Event]) -> list[Event]:
        return [one for one in self.received if isinstance(one, kind)]

    def texts(self) -> list[str]:
        return [body_of(one) for one in self.messages()]

    @property
    def state(self) -> SessionState | None:
        return self.states[-1][0] if self.states else None

    async def until(self, condition: Callable[[], Any], patience: float = PATIENCE) -> Any:
        """Wait until ``condition`` is true; returns what it gave."""
        try:
            async with asyncio.timeout(patience), self._changed:
                while not (found := condition()):
                    await self._changed.wait()
                return found
        except TimeoutError:
            raise AssertionError(
                f"it did not happen; received {self.received}, states {self.states}"
            ) from None

    async def until_text(self, *texts: str) -> None:
        """Wait until all these texts were received."""
        await self.until(lambda: set(texts) <= set(self.texts()))

    async def until_state(self, state: SessionState) -> UserText | None:
        """Wait for a state; returns its reason."""
        await self.until(lambda: self.state is state)
        return self.states[-1][1]

    async def _tell(self) -> None:
        async with self._changed:
            self._changed.notify_all()

    def _tell_soon(self) -> None:
        self._telling = asyncio.get_running_loop().create_task(self._tell())


def body_of(message: RemoteMessage) -> str:
    match message.parts[0]:
        case Text() as part:
            return part.text.body
        case RemoteMedia(caption=FormattedText() as caption):
            return caption.body
    return ""


def config_for(net: TelegramSandbox, folder: Path, **more: Any) -> TelegramConfig:
    """The configuration that leads to a sandbox."""
    key = folder / "sandbox_key.pem"
    key.write_text(net.public_key_pem)
    server = {"dc": net.dc, "ip": net.host, "port": net.port, "rsa_public_key_file": key}
    return TelegramConfig.model_validate({"server": server, **more}, strict=False)


class Bridge:
    """The Telegram network over a recording handle; ``crash`` is what kill -9 leaves behind."""

    def __init__(
        self, net: TelegramSandbox, handle: RecordingHandle, config: TelegramConfig
    ) -> None:
        self.net = net
        self.handle = handle
        self.network = TelegramNetwork(config, handle)
        self.records: dict[str, LoginRecord] = {}
        self.sessions: list[TelegramSession] = []

    async def log_in(self, phone: str, password: str = "") -> LoginRecord:
        """Log in with the sandbox's code."""
        process = self.network.begin_login("phone", keep_any)
        await process.start()
        step: LoginStep = await process.submit({"phone": phone})
        step = await process.submit({"code": CODE})
        if isinstance(step, UserInput):
            step = await process.submit({"password": password})
        assert isinstance(step, Complete)
        login = step.login
        record = LoginRecord(login.id, UserID("@alisa:example.org"), login.user, login.name)
        self.records[phone] = record
        return record

    def open(self, record: LoginRecord) -> TelegramSession:
        """Open a session that is closed at the end of the test."""
        session = self.network.open_session(record)
        self.sessions.append(session)
        return session

    async def connected(self, record: LoginRecord) -> TelegramSession:
        """Open a session and wait until it is connected."""
        session = self.open(record)
        count = len(self.handle.states)
        await session.connect()
        await self.handle.until(
            lambda: any(one is SessionState.CONNECTED for one, _ in self.handle.states[count:])
        )
        return session

    async def crash(self, session: TelegramSession) -> None:
        """End a session as kill -9 would: nothing more is stored."""
        self.handle.is_dead = True
        await session.disconnect()
        self.handle.is_dead = False

    async def close(self) -> None:
        """Disconnect everything."""
        for session in self.sessions:
            await session.disconnect()


def text_message(chat: ChatKey, body: str, key: str = "key", **more: Any) -> OutgoingMessage:
    """A text to be sent now."""
    return OutgoingMessage(chat, key, Text(FormattedText(body)), datetime.now(UTC), **more)
