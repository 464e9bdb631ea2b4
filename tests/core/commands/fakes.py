# SPDX-License-Identifier: AGPL-3.0-or-later
"""A recorded bot, services in memory, and login processes that follow a script."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from attrs import define, field
from mautrix.types import EventID, RoomID, UserID

from bridges.core.border.office import PolicyOffice
from bridges.core.capabilities import RoomFeatures
from bridges.core.chat import ChatInfo, KnownChat, UserInfo
from bridges.core.commands.notice import render
from bridges.core.commands.ports import ChatView, CommandMessage, LoginView
from bridges.core.commands.processor import CommandProcessor
from bridges.core.commands.trouble import Incidents
from bridges.core.config import Level, SyncConfig
from bridges.core.errors import Rejected
from bridges.core.i18n import Translator
from bridges.core.ids import ChatKey, LoginID, RemoteUserID
from bridges.core.login import LoggedIn, LoginFlow, LoginProcess, LoginStep
from bridges.core.matrix.errors import HomeserverUnavailable
from bridges.core.network import LoginRecord, NetworkInfo, Session, SessionState
from bridges.core.outgoing import OutgoingMessage, Sent
from bridges.core.storage.queue import RowState
from bridges.core.text import UserText, user_text
from tests.support.waiting import eventually

ALICE = UserID("@alice:wonder.example")
BOB = UserID("@bob:wonder.example")
ROOM = RoomID("!alice-and-bot:wonder.example")
PORTAL = RoomID("!portal:wonder.example")
PREFIX = "!tg"
TELEGRAM = NetworkInfo("telegram", "Telegram", "https://telegram.example")
START = datetime(2030, 1, 1, tzinfo=UTC)


class FakeClock:
    """Time that passes only when told to."""

    def __init__(self) -> None:
        self._now = START
        self._sleepers: list[tuple[datetime, asyncio.Future[None]]] = []

    def now(self) -> datetime:
        return self._now

    async def sleep(self, seconds: float) -> None:
        until = self._now + timedelta(seconds=seconds)
        if until <= self._now:
            await asyncio.sleep(0)
            return
        future = asyncio.get_running_loop().create_future()
        self._sleepers.append((until, future))
        await future

    def advance(self, seconds: float) -> None:
        self._now += timedelta(seconds=seconds)
        for until, future in self._sleepers:
            if until <= self._now and not future.done():
                future.set_result(None)


@define
class FakeBot:
    """Keeps what is in each room, as an English client would show it."""

    log: list[str] = field(factory=list)
    """Everything the bot did, in order: ``say …``, ``image …``, ``edit …``, ``redact …``."""
    images: dict[EventID, bytes] = field(factory=dict)
    redacted: list[EventID] = field(factory=list)
    html: list[str | None] = field(factory=list)
    may_redact: bool = True
    broken: bool = False
    away: int = 0
    """How often in a row the homeserver does not answer."""
    keys: list[str | None] = field(factory=list)
    """Under which keys it was tried to say something."""
    _count: int = 0

    def _next(self) -> EventID:
        self._count += 1
        return EventID(f"$bot{self._count}")

    async def say(
        self,
        room: RoomID,
        text: UserText | Sequence[UserText],
        *,
        user: UserID,
        markdown: bool = False,
        key: str | None = None,
    ) -> EventID:
        if self.broken:
            raise ConnectionError("the homeserver is down")
        self.keys.append(key)
        if self.away > 0:
            self.away -= 1
            raise HomeserverUnavailable("away")
        content = render(Translator({}), "en", text, markdown=markdown)
        self.log.append(f"say {content.body}")
        self.html.append(content.html)
        return self._next()

    async def show_image(self, room: RoomID, png: bytes, alt: UserText, *, user: UserID) -> EventID:
        event = self._next()
        self.images[event] = png
        self.log.append(f"image {event} {alt}")
        return event

    async def edit(
        self,
        room: RoomID,
        event: EventID,
        text: UserText | Sequence[UserText],
        *,
        user: UserID,
        markdown: bool = False,
    ) -> None:
        content = render(Translator({}), "en", text, markdown=markdown)
        self.log.append(f"edit {event} {content.body}")

    async def redact(self, room: RoomID, event: EventID) -> bool:
        self.log.append(f"redact {event}")
        if self.may_redact:
            self.redacted.append(event)
        return self.may_redact

    @property
    def said(self) -> list[str]:
        return [line.removeprefix("say ") for line in self.log if line.startswith("say ")]

    @property
    def last(self) -> str:
        return self.said[-1]

    async def until_said(self, part: str) -> str:
        """Wait until something containing ``part`` was said, and give it."""

        def found() -> str | None:
            return next((line for line in reversed(self.said) if part in line), None)

        said = await eventually(found, describe=lambda: f"{part!r} in {self.log}")
        assert said is not None
        return said

    async def until_images(self, count: int) -> None:
        """Wait until so many images were shown."""
        await eventually(lambda: len(self.images) == count, describe=f"{count} images")


class PlainSession:
    """A session that can do nothing but the minimum, and nothing of that here."""

    async def connect(self) -> None: ...

    async def disconnect(self) -> None: ...

    async def logout(self) -> None: ...

    def is_me(self, user: RemoteUserID) -> bool:
        return False

    def room_features(self, chat: ChatKey) -> RoomFeatures:
        raise NotImplementedError

    async def chat_info(self, chat: ChatKey) -> ChatInfo:
        raise NotImplementedError

    async def user_info(self, user: RemoteUserID) -> UserInfo:
        raise NotImplementedError

    async def send(self, message: OutgoingMessage) -> Sent:
        raise NotImplementedError


class AbleSession(PlainSession):
    """A session that finds chats in a given list."""

    def __init__(self, chats: Sequence[KnownChat] = ()) -> None:
        self.chats = chats
        self.error: Exception | None = None
        self.resolved: list[str] = []

    async def leave(self, chat: ChatKey) -> None:
        """Leaves nothing."""

    async def search(self, query: str, limit: int) -> Sequence[KnownChat]:
        if self.error:
            raise self.error
        return [one for one in self.chats if query.casefold() in one.name.casefold()][:limit]

    async def resolve(self, identifier: str) -> KnownChat:
        if self.error:
            raise self.error
        self.resolved.append(identifier)
        if not self.chats:
            raise Rejected("TEST.NOBODY", user_text("Nobody has this number."))
        return self.chats[0]

    async def recent_chats(self, limit: int) -> Sequence[KnownChat]:
        if self.error:
            raise self.error
        return self.chats[:limit]

    async def contacts(self) -> Sequence[KnownChat]:
        return self.chats


def _set_event() -> asyncio.Event:
    event = asyncio.Event()
    event.set()
    return event


Answer = LoginStep | Exception


class ScriptedProcess:
    """A login process whose every call gives the next thing of a list."""

    def __init__(self, *answers: Answer, log: list[str] | None = None) -> None:
        self._answers = list(answers)
        self.log = [] if log is None else log
        """Calls, in order; share it with the bot's to see what came first."""
        self.submitted: list[dict[str, str]] = []
        self.cancelled = 0
        self.go_on = asyncio.Event()
        self.hold_submit = _set_event()

    def _next(self) -> LoginStep:
        answer = self._answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer

    async def start(self) -> LoginStep:
        return self._next()

    async def submit(self, values: Mapping[str, str]) -> LoginStep:
        self.log.append("submit")
        self.submitted.append(dict(values))
        await self.hold_submit.wait()
        return self._next()

    async def wait(self) -> LoginStep:
        await self.go_on.wait()
        self.go_on.clear()
        return self._next()

    async def cancel(self) -> None:
        self.cancelled += 1


@define
class FakePolicyPages:
    """What a homeserver tells about its policy."""

    shown: dict[str, Any] | None = None
    refusals: list[dict[str, Any]] | None = None
    file: Path | None = None
    """If it is there, the digest is its content."""

    async def policy(self) -> dict[str, Any] | None:
        if self.shown is None or self.file is None:
            return self.shown
        return {**self.shown, "digest": self.file.read_text()}

    async def policy_refusals(self, user: UserID) -> list[dict[str, Any]] | None:
        return self.refusals


@define
class FakeHandovers:
    """Handovers that are only noted; `people` have one."""

    people: set[UserID] = field(factory=set)
    said: list[tuple[object, ...]] = field(factory=list)

    async def ask(self, person: UserID, room: RoomID, chat: str | None) -> UserText:
        return self._note("ask", person, room, chat)

    async def send_code(
        self, person: UserID, room: RoomID, guest: str, *, confirmed: bool
    ) -> UserText:
        return self._note("send code", person, room, guest, confirmed)

    async def prove(self, person: UserID, code: str) -> UserText:
        return self._note("prove", person, code)

    async def agree(self, person: UserID, room: RoomID, who: str | None) -> UserText:
        return self._note("agree", person, room, who)

    async def decline(self, person: UserID, room: RoomID, who: str | None) -> UserText:
        return self._note("decline", person, room, who)

    async def take_back(
        self, person: UserID, room: RoomID, who: str | None, *, stays: bool
    ) -> UserText:
        return self._note("take back", person, room, who, stays)

    async def only_here(self, person: UserID, room: RoomID, who: str | None) -> UserText:
        return self._note("only here", person, room, who)

    async def concern(self, person: UserID) -> bool:
        return person in self.people

    async def overview(self, person: UserID) -> list[UserText]:
        return [user_text("- {person}", person=person)]

    def _note(self, *words: object) -> UserText:
        self.said.append(words)
        return user_text("Noted.")


@define
class FakeServices:
    """Everything in memory."""

    policy: PolicyOffice = field(
        factory=lambda: PolicyOffice(FakePolicyPages(), "wonder.example", None, FakeClock())
    )

    handovers: FakeHandovers = field(factory=FakeHandovers)
    info: NetworkInfo = TELEGRAM
    version: str = "1.2.3"
    sync_config: SyncConfig = field(factory=SyncConfig)
    levels: dict[UserID, Level] = field(factory=dict)
    flows: list[LoginFlow] = field(factory=list)
    processes: dict[str, LoginProcess] = field(factory=dict)
    views: list[LoginView] = field(factory=list)
    sessions: dict[LoginID, Session] = field(factory=dict)
    completed: list[tuple[UserID, LoggedIn]] = field(factory=list)
    completion: Callable[[], Exception | None] = lambda: None
    completing: bool = False
    chats: dict[RoomID, ChatView] = field(factory=dict)
    spoken_as: list[tuple[ChatKey, RemoteUserID | None]] = field(factory=list)
    completion_held: asyncio.Event = field(factory=_set_event)
    logged_out: list[LoginID] = field(factory=list)
    deleted: list[LoginID] = field(factory=list)
    opened: list[tuple[LoginID, ChatKey]] = field(factory=list)
    left: list[tuple[UserID, RoomID]] = field(factory=list)
    rejoined: list[tuple[UserID, RoomID]] = field(factory=list)
    synced: dict[LoginID, int | Exception] = field(factory=dict)
    languages_set: dict[UserID, str] = field(factory=dict)
    settling: Callable[[], None] = lambda: None
    waits: int = 0
    silent: set[UserID] = field(factory=set)
    """Who does not want to speak for themselves in groups."""

    def level(self, user: UserID) -> Level:
        return self.levels.get(user, Level.USER)

    def login_flows(self) -> Sequence[LoginFlow]:
        return self.flows

    def begin_login(self, user: UserID, flow: str) -> LoginProcess:
        return self.processes[flow]

    async def complete_login(self, user: UserID, login: LoggedIn) -> None:
        self.completing = True
        await self.completion_held.wait()
        error = self.completion()
        if error:
            raise error
        self.completed.append((user, login))

    async def logins_of(self, user: UserID) -> Sequence[LoginView]:
        return [one for one in self.views if one.record.owner == user]

    async def settled(self, user: UserID) -> None:
        self.waits += 1
        self.settling()

    def session(self, login: LoginID) -> Session | None:
        return self.sessions.get(login)

    async def logout(self, login: LoginID) -> None:
        self.logged_out.append(login)

    async def delete_data(self, login: LoginID) -> None:
        self.deleted.append(login)

    async def open_chat(self, login: LoginID, chat: ChatKey) -> RoomID:
        self.opened.append((login, chat))
        return RoomID(f"!{chat.chat}:wonder.example")

    async def chat_in(self, room: RoomID, user: UserID) -> ChatView | None:
        return self.chats.get(room)

    async def speak_as(self, chat: ChatView, identity: RemoteUserID | None) -> None:
        self.spoken_as.append((chat.key, identity))

    async def leave_chat(self, user: UserID, room: RoomID) -> str:
        self.left.append((user, room))
        return "Tea house"

    async def rejoin(self, user: UserID, room: RoomID) -> str:
        self.rejoined.append((user, room))
        return "Tea house"

    async def sync(self, login: LoginID) -> int:
        result = self.synced[login]
        if isinstance(result, Exception):
            raise result
        return result

    def languages(self) -> Mapping[str, str]:
        return {"en": "English", "tg": "тоҷикӣ", "uz": "o‘zbek"}

    async def language(self, user: UserID) -> str:
        return self.languages_set.get(user, "en")

    async def set_language(self, user: UserID, code: str) -> None:
        self.languages_set[user] = code

    async def speaks_for_themselves(self, user: UserID) -> bool:
        return user not in self.silent

    async def let_speak_for_themselves(self, user: UserID, *, wanted: bool) -> None:
        (self.silent.discard if wanted else self.silent.add)(user)

    async def queue_lengths(self) -> Mapping[str, Mapping[RowState, int]]:
        return {"from_matrix": {RowState.WAITING: 3, RowState.DEAD: 1}, "from_remote": {}}

    def add_login(
        self,
        name: str,
        session: Session | None = None,
        *,
        owner: UserID = ALICE,
        state: SessionState = SessionState.CONNECTED,
        reason: UserText | None = None,
    ) -> LoginID:
        login = LoginID(f"id-{name.casefold()}")
        record = LoginRecord(login, owner, RemoteUserID(login), name)
        self.views.append(LoginView(record, state, reason))
        if session is not None:
            self.sessions[login] = session
        return login


@define
class Chat:
    """Alice talking to the bot."""

    bot: FakeBot
    services: FakeServices
    clock: FakeClock
    processor: CommandProcessor
    _count: int = 0

    async def write(
        self,
        text: str,
        *,
        sender: UserID = ALICE,
        room: RoomID = ROOM,
        is_management: bool = True,
    ) -> EventID:
        self._count += 1
        event = EventID(f"$alice{self._count}")
        await self.processor.handle(CommandMessage(room, sender, event, text, is_management))
        return event

    async def write_in_portal(self, text: str) -> EventID:
        return await self.write(text, room=PORTAL, is_management=False)

    def use_process(self, *answers: Answer, flow: str = "phone") -> ScriptedProcess:
        process = ScriptedProcess(*answers, log=self.bot.log)
        if flow not in self.services.processes:
            self.services.flows.append(
                LoginFlow(flow, user_text(f"By {flow}"), user_text(f"You need a {flow}."))
            )
        self.services.processes[flow] = process
        return process


def new_chat() -> Chat:
    bot, services, clock = FakeBot(), FakeServices(), FakeClock()
    incidents = Incidents(lambda: "incident-7")
    processor = CommandProcessor(bot, services, clock, PREFIX, incidents=incidents)
    return Chat(bot, services, clock, processor)
