# SPDX-License-Identifier: AGPL-3.0-or-later
"""Which chats are brought in: the recent ones after a login, and those somebody asks for."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from typing import TypeVar

import structlog
from mautrix.types import RoomID

from bridges.core.abilities import ListsChats
from bridges.core.chat import KnownChat
from bridges.core.clock import Clock
from bridges.core.config import SyncConfig
from bridges.core.errors import BridgeError, NotConnected, TemporaryError, Unsupported
from bridges.core.events import ChatChanged
from bridges.core.handover.routes import HandoverRoutes
from bridges.core.history.keeper import HistoryKeeper
from bridges.core.ids import ChatKey, LoginID
from bridges.core.matrix.errors import HomeserverRefused
from bridges.core.network import NetworkInfo
from bridges.core.portal.chat_news import ChatNews
from bridges.core.portal.gate import EchoGate
from bridges.core.portal.invitations import Invitations
from bridges.core.portal.rooms import Rooms
from bridges.core.portal.spaces import Spaces
from bridges.core.sessions import ActiveLogin, Sessions
from bridges.core.storage.logins import KeyValueStore
from bridges.core.storage.portals import PortalStore
from bridges.core.tasks import ended
from bridges.core.text import user_text

_PATIENCE = 15.0
"""Seconds somebody who opens a chat waits for what was said in it."""

_LONGEST_WAIT = 300.0

_LISTED = 100
"""Chats looked at to find the recent ones that are not set aside."""

T = TypeVar("T")


class Arrivals:
    """Opens chats, in the background where nobody waits."""

    def __init__(
        self,
        sessions: Sessions,
        values: KeyValueStore,
        rooms: Rooms,
        news: ChatNews,
        gate: EchoGate,
        portals: PortalStore,
        spaces: Spaces,
        invitations: Invitations,
        keeper: HistoryKeeper,
        handovers: HandoverRoutes,
        clock: Clock,
        network: NetworkInfo,
        config: SyncConfig,
    ) -> None:
        self._log = structlog.get_logger("karvon.arrivals")
        self._sessions = sessions
        self._values = values
        self._rooms = rooms
        self._news = news
        self._gate = gate
        self._portals = portals
        self._spaces = spaces
        self._invitations = invitations
        self._keeper = keeper
        self._handovers = handovers
        self._clock = clock
        self._network = network
        self.config = config
        self._tasks: set[asyncio.Task[None]] = set()

    async def start(self) -> None:
        """Go on with logins whose chats were being listed when the process ended."""
        for login in self._sessions.all():
            if await self._values.get(arrival_marker(login.record.id)) is not None:
                self._start(self._arrive(login))

    async def close(self) -> None:
        """Stop what goes on in the background."""
        await ended(self._tasks)

    async def logged_in(self, login: ActiveLogin) -> None:
        """Have the recent chats of somebody brought in who has just logged in."""
        await self._values.set(arrival_marker(login.record.id), "")
        self._start(self._arrive(login))

    async def open(self, login: LoginID, chat: ChatKey) -> RoomID:
        """Give a chat's room, made if needed, with what was said in it if that comes soon.

        Raises the errors of ``bridges.core.errors``.
        """
        active = self._active(login)
        await self._keeper.bring_in(chat, login)
        # People are brought into the room when its history is in it.
        await self._keeper.settled(chat, _PATIENCE)
        kept = await self._handovers.room_elsewhere(chat, active)
        if kept is not None:
            return kept
        _, room = await self._rooms.of(chat, active)
        return room

    async def sync(self, login: LoginID) -> int:
        """Have the recent chats brought in or refreshed; returns how many there are.

        Raises the errors of ``bridges.core.errors``.
        """
        active = self._active(login)
        chats = await self._recent(active)
        for chat in chats:
            await self._keeper.bring_in(chat.key, login)
        self._start(self._refresh(active, [chat.key for chat in chats]))
        return len(chats)

    def _active(self, login: LoginID) -> ActiveLogin:
        active = self._sessions.get(login)
        if active is None:
            raise NotConnected("NO_LOGIN", user_text("This account is not logged in."))
        return active

    async def _recent(self, login: ActiveLogin) -> Sequence[KnownChat]:
        if not isinstance(login.session, ListsChats):
            raise Unsupported(
                "UNSUPPORTED", user_text("{network} cannot list chats.", network=self._network.name)
            )
        wanted = self.config.rooms_after_login
        listed = await login.session.recent_chats(_LISTED) if wanted else ()
        return [one for one in listed if not one.set_aside][:wanted]

    # -- In the background

    def _start(self, work: Awaitable[None]) -> None:
        task = asyncio.ensure_future(self._quietly(work))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _quietly(self, work: Awaitable[None]) -> None:
        try:
            await work
        except (BridgeError, HomeserverRefused, OSError) as error:
            # Chats also get their rooms with their next message, and by the command sync.
            self._log.warning("chats could not be brought in", error=str(error))

    async def _arrive(self, login: ActiveLogin) -> None:
        record = login.record
        await self._patiently(login, partial(self._invitations.hush, record.owner))
        await self._patiently(login, partial(self._spaces.of, record))
        chats: Sequence[KnownChat] = ()
        if isinstance(login.session, ListsChats):
            chats = await self._patiently(login, partial(self._recent, login))
        for chat in chats:
            await self._keeper.bring_in(chat.key, record.id)
        await self._values.remove(arrival_marker(record.id))
        await self._refresh(login, [chat.key for chat in chats])

    async def _refresh(self, login: ActiveLogin, chats: Sequence[ChatKey]) -> None:
        """Show how chats look now that had a room before, and what was said in them since."""
        for chat in chats:
            portal = await self._portals.get(chat)
            if portal is None or portal.room is None or self._keeper.is_bringing_in(chat):
                continue
            await self._keeper.make_up_for(chat, login.record.id)
            asked = self._clock.now()
            info = await self._patiently(login, partial(login.session.chat_info, chat))
            async with self._gate.hold(chat):
                await self._news.changed(ChatChanged(chat, info, asked), asked, login)

    async def _patiently(self, login: ActiveLogin, ask: Callable[[], Awaitable[T]]) -> T:
        """Ask until there is an answer or the login is gone; the network's waits are waited."""
        while True:
            try:
                return await ask()
            except TemporaryError as error:
                if self._sessions.get(login.record.id) is not login:
                    raise
                await self._clock.sleep(min(error.retry_after, _LONGEST_WAIT))


def arrival_marker(login: LoginID) -> str:
    """The name of the stored value that says that a login's chats are not listed yet."""
    return f"arriving {login}"
