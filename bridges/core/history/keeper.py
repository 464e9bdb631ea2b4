# SPDX-License-Identifier: AGPL-3.0-or-later
"""Brings chats in: makes their rooms and puts their histories into them, in the background.

A few chats at a time, in the order in which they were asked for. A chat in which something is said now
does not wait for its turn: what is said has to come after what was said before. After a crash everything
goes on where it was.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from datetime import datetime

import structlog
from attrs import define, field

from bridges.core.clock import Clock
from bridges.core.config import BackfillConfig
from bridges.core.errors import BridgeError, RateLimited, SessionLost, TemporaryError
from bridges.core.handover.routes import HandoverRoutes
from bridges.core.history.choice import HistoryWriters
from bridges.core.history.filler import HistoryFiller, Place
from bridges.core.history.hush import Hush
from bridges.core.history.reader import HistoryReader
from bridges.core.history.store import HistoryStore, Wanted
from bridges.core.ids import ChatKey, LoginID, MessageID
from bridges.core.matrix.errors import HomeserverUnavailable
from bridges.core.portal.rooms import Rooms
from bridges.core.rows import chat_lane
from bridges.core.sessions import ActiveLogin, Sessions
from bridges.core.storage.cache import BoundedCache
from bridges.core.storage.messages import MessageStore
from bridges.core.storage.portals import PortalStore
from bridges.core.tasks import ended, first_of

AT_ONCE = 2
"""Chats that are brought in side by side while nothing is said in them."""

PATIENCE = 30.0
"""Seconds something said now waits for the network to give what was said before."""

_WRITING_AT_ONCE = 4
_FIRST_WAIT = 0.5
_LONGEST_WAIT = 30.0
_WAIT_FOR_LOGIN = 10.0
_TRIES_OF_A_BUG = 5
_BROKEN = 1024


@define(eq=False)
class _Arrival:
    """A chat that is being brought in.

    Attributes:
        place: its room, once that is made.
        is_writing: something of its history is in the room.
        is_cut: the network did not give everything in time.
        is_given_up: this was tried and cannot be done.
        hurried: since when something that is said now waits; ``hurry`` is set with it.
        done: it is over.
    """

    wanted: Wanted
    is_writing: bool = False
    place: Place | None = None
    is_cut: bool = False
    is_given_up: bool = False
    hurried: datetime | None = None
    hurry: asyncio.Event = field(factory=asyncio.Event)
    done: asyncio.Event = field(factory=asyncio.Event)


class HistoryKeeper:
    """Knows which chats are being brought in, and works on them."""

    def __init__(
        self,
        store: HistoryStore,
        reader: HistoryReader,
        filler: HistoryFiller,
        writers: HistoryWriters,
        hush: Hush,
        rooms: Rooms,
        portals: PortalStore,
        messages: MessageStore,
        sessions: Sessions,
        clock: Clock,
        handovers: HandoverRoutes,
        passing: tuple[type[Exception], ...],
        limits: BackfillConfig,
    ) -> None:
        """``passing`` are exceptions of the database and the network that go away by themselves."""
        self._log = structlog.get_logger("karvon.history")
        self._store = store
        self._reader = reader
        self._filler = filler
        self._writers = writers
        self._hush = hush
        self._rooms = rooms
        self._portals = portals
        self._messages = messages
        self._sessions = sessions
        self._clock = clock
        self._handovers = handovers
        self._passing: tuple[type[Exception], ...] = (
            TemporaryError,
            SessionLost,
            OSError,
            *passing,
        )
        self._limits = limits
        self._turns = asyncio.Semaphore(AT_ONCE)
        self._writing = asyncio.Semaphore(_WRITING_AT_ONCE)
        self._arrivals: dict[str, _Arrival] = {}
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._broken: BoundedCache[ChatKey, bool] = BoundedCache(_BROKEN)
        self._closed = False
        self._listeners: list[Callable[[Sequence[str]], None]] = []

    def listen(self, listener: Callable[[Sequence[str]], None]) -> None:
        """Have lanes told that may be looked into because their chats are brought in."""
        self._listeners.append(listener)

    async def start(self) -> None:
        """Take up what was left."""
        for wanted in await self._store.pending():
            self._begin(_Arrival(wanted, is_writing=not wanted.missing))

    async def close(self) -> None:
        """Stop; what is not finished goes on with the next start."""
        self._closed = True
        await ended(self._tasks.values())

    # -- What others ask for

    async def bring_in(
        self, chat: ChatKey, login: LoginID, before: MessageID | None = None
    ) -> None:
        """Make a chat's room with what was said in it (before a message), without waiting for it.

        Does nothing if there is a room, or if this was tried and cannot be done.
        """
        portal = await self._portals.get(chat)
        if (portal is None or portal.room is None) and not self._broken.get(chat):
            missing, behind = self._limits.initial_messages, self._writers.is_silent
            await self._want(Wanted(chat, login, chat, before, missing, behind=behind))

    async def make_up_for(self, chat: ChatKey, login: LoginID) -> None:
        """Read what was said in a chat since the last message its room has."""
        newest = await self._messages.newest(chat, 1)
        if newest:
            limit, since = self._limits.missed_messages, newest[0].sent_at
            await self._want(Wanted(chat, login, chat, None, limit, since))

    def is_bringing_in(self, chat: ChatKey) -> bool:
        """Whether a chat is being brought in."""
        return chat_lane(chat) in self._arrivals

    async def settled(self, chat: ChatKey, seconds: float) -> None:
        """Wait until a chat is brought in, but no longer than this; it is wanted soon."""
        await first_of(self.let_pass(chat_lane(chat)), self._clock.sleep(seconds))

    def holds(self, chat: ChatKey) -> bool:
        """Whether what is said in a chat now has to wait."""
        return self.is_bringing_in(chat)

    async def let_pass(self, lane: str) -> None:
        """Wait until what is in a lane may be handled."""
        arrival = self._arrivals.get(lane)
        if arrival is None:
            return
        if arrival.hurried is None:
            arrival.hurried = self._clock.now()
            arrival.hurry.set()
        await arrival.done.wait()

    async def forget(self, login: LoginID) -> None:
        """Stop bringing in chats that a login reads."""
        for lane, arrival in list(self._arrivals.items()):
            task = self._tasks.get(lane)
            if arrival.wanted.login == login and task is not None:
                await ended([task])
                await self._store.finish(arrival.wanted.chat)
                if self._arrivals.get(lane) is arrival:
                    self._end(lane, arrival)

    async def _want(self, wanted: Wanted) -> None:
        if await self._store.want(wanted):
            self._begin(_Arrival(wanted))

    # -- One chat

    def _begin(self, arrival: _Arrival) -> None:
        lane = chat_lane(arrival.wanted.chat)
        self._arrivals[lane] = arrival
        if self._closed:
            return  # Its messages wait for the next start.
        self._tasks[lane] = asyncio.create_task(self._run(lane, arrival), name=f"history of {lane}")

    def _end(self, lane: str, arrival: _Arrival) -> None:
        del self._arrivals[lane], self._tasks[lane]
        arrival.done.set()
        for listener in self._listeners:
            listener([lane])

    async def _run(self, lane: str, arrival: _Arrival) -> None:
        waits = bugs = 0
        while True:
            try:
                async with self._turn(arrival):
                    await self._bring_in(arrival)
            except self._passing as error:
                wait = _wait_for(error, waits)
                waits += 1
                self._log.info("a history waits", lane=lane, error=str(error))
                if self._is_too_late(arrival, error, wait):
                    arrival.is_cut = True
                else:
                    await self._pause(arrival, wait)
            except Exception:  # noqa: BLE001 - one bad chat must not keep its messages for ever
                bugs += 1
                self._log.exception("a chat could not be brought in", lane=lane, tries=bugs)
                arrival.is_given_up = bugs >= _TRIES_OF_A_BUG
                await self._pause(arrival, _wait_for(None, bugs))
            else:
                self._end(lane, arrival)
                return

    @asynccontextmanager
    async def _turn(self, arrival: _Arrival) -> AsyncIterator[None]:
        """Wait for a turn, unless something said now waits as well."""
        turn = asyncio.ensure_future(self._turns.acquire())
        hurry = asyncio.ensure_future(arrival.hurry.wait())
        try:
            await asyncio.wait({turn, hurry}, return_when=asyncio.FIRST_COMPLETED)
            yield
        finally:
            hurry.cancel()
            if not turn.cancel() and not turn.cancelled():
                self._turns.release()

    async def _pause(self, arrival: _Arrival, seconds: float) -> None:
        """Wait; what is said now in a chat that waited for its turn has it looked at again."""
        if arrival.hurried is not None:
            await self._clock.sleep(seconds)
            return
        await first_of(self._clock.sleep(seconds), arrival.hurry.wait())

    def _is_too_late(self, arrival: _Arrival, error: Exception, wait: float) -> bool:
        """Whether what is said now would wait too long for what the network does not give."""
        if arrival.hurried is None or arrival.is_writing or arrival.is_cut:
            return False
        if arrival.place is None and not arrival.wanted.behind:
            return False
        if isinstance(error, HomeserverUnavailable) or not isinstance(error, BridgeError):
            return False
        waited = (self._clock.now() - arrival.hurried).total_seconds()
        return waited + wait > PATIENCE

    async def _bring_in(self, arrival: _Arrival) -> None:
        chat = arrival.wanted.chat
        login = self._sessions.get(arrival.wanted.login)
        if arrival.is_given_up:
            self._broken.put(chat, True)
        elif login is not None and await self._handovers.room_elsewhere(chat, login) is None:
            # Otherwise the account was logged out, or the room that was kept has everything.
            arrival.place = await self._place(arrival, login)
            await self._read(arrival, login)
            await self._write(arrival, arrival.place)
        await self._store.finish(chat)

    async def _place(self, arrival: _Arrival, login: ActiveLogin) -> Place:
        """Make the room.

        What is put behind what is there, nobody is told of who has seen the room before. So
        everything is read first, and people are brought in when it is written.
        """
        chat = arrival.wanted.chat
        if arrival.wanted.behind:
            await self._read(arrival, login)
            room = await self._rooms.made(chat, login)
            if not await self._portals.continues_another(chat):
                return Place(chat, room, login, behind=True)
        _, room = await self._rooms.of(chat, login)
        return Place(chat, room, login)

    async def _read(self, arrival: _Arrival, login: ActiveLogin) -> None:
        while arrival.wanted.missing:
            if arrival.is_cut:
                arrival.wanted = await self._store.end_reading(arrival.wanted)
            else:
                arrival.wanted = await self._reader.read_some(arrival.wanted, login)

    async def _write(self, arrival: _Arrival, place: Place) -> None:
        if not arrival.is_writing and not await self._store.oldest(place.chat, 1):
            await self._bring_people(place)
            return
        arrival.is_writing = True
        if not place.behind:
            await self._hush.begin(place.chat, place.room)
        more = True
        while more:
            async with self._writing:
                more = await self._filler.write_some(place)
        await self._filler.finish(place)
        await self._bring_people(place)
        await self._hush.end(place)

    async def _bring_people(self, place: Place) -> None:
        """Bring those in who have not been as long as the history was missing."""
        if place.behind:
            await self._rooms.of(place.chat, place.login)


def _wait_for(error: Exception | None, waits: int) -> float:
    """Seconds until the next try; where the network names a time, no more than that."""
    if isinstance(error, RateLimited):
        return error.retry_after
    grown: float = min(_LONGEST_WAIT, _FIRST_WAIT * 2 ** min(waits, 10))
    if isinstance(error, SessionLost):
        return max(grown, _WAIT_FOR_LOGIN)
    return max(grown, error.retry_after) if isinstance(error, TemporaryError) else grown
