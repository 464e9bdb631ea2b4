# SPDX-License-Identifier: AGPL-3.0-or-later
"""Tells networks what people have read in Matrix, however long that takes.

The homeserver tells of a receipt once and never again. So it is stored, the latest of each chat, and told
as soon as the network can be reached; only a refusal ends it.
"""

import asyncio
from typing import TypeAlias

import structlog

from bridges.core.abilities import HandlesReceipts
from bridges.core.clock import Clock
from bridges.core.errors import BridgeError, SessionLost, TemporaryError
from bridges.core.ids import ChatKey, LoginID, MessageID
from bridges.core.network import SessionState
from bridges.core.outgoing import OutgoingReceipt
from bridges.core.sessions import ActiveLogin, Sessions
from bridges.core.storage.cache import BoundedCache
from bridges.core.storage.read_marks import ReadMark, ReadMarkStore
from bridges.core.tasks import ended, first_of

_REMEMBERED = 4096
_FIRST_PAUSE = 2.0
_LONGEST_PAUSE = 60.0

_Place: TypeAlias = tuple[LoginID, ChatKey]


class ReadMarks:
    """Receipts on their way to networks; one worker for each login that has some."""

    def __init__(
        self,
        store: ReadMarkStore,
        sessions: Sessions,
        clock: Clock,
        passing: tuple[type[Exception], ...],
    ) -> None:
        """``passing`` are errors of the database that go away by themselves."""
        self._log = structlog.get_logger("karvon.read_marks")
        self._store = store
        self._sessions = sessions
        self._clock = clock
        self._passing: tuple[type[Exception], ...] = (OSError, *passing)
        self._both_know: BoundedCache[_Place, MessageID] = BoundedCache(_REMEMBERED)
        self._workers: dict[LoginID, asyncio.Task[None]] = {}
        self._due: dict[LoginID, asyncio.Event] = {}
        self._closed = False

    async def start(self) -> None:
        """Take up what was left, and what waits for a session whenever it is connected."""
        self._sessions.listen(self._changed)
        for login in await self._store.logins():
            self._wake(login)

    async def close(self) -> None:
        """Stop; what is not told stays stored."""
        self._closed = True
        await ended(self._workers.values())

    async def read(self, login: ActiveLogin, chat: ChatKey, up_to: MessageID) -> None:
        """Somebody has read a chat in Matrix. Returns when that is safe."""
        place = (login.record.id, chat)
        if not isinstance(login.session, HandlesReceipts):
            return
        if self._both_know.get(place) == up_to:
            await self._store.discard(*place)  # Told now, an earlier one would move the mark back.
            return
        await self._store.put(ReadMark(*place, up_to))
        self._wake(login.record.id)

    def known(self, login: LoginID, chat: ChatKey, up_to: MessageID) -> None:
        """The network knows by itself what somebody has read; our echo of it is not told."""
        self._both_know.put((login, chat), up_to)

    def _changed(self, login: ActiveLogin, _before: SessionState) -> None:
        if login.state is SessionState.CONNECTED:
            self._wake(login.record.id)

    def _wake(self, login: LoginID) -> None:
        if self._closed:
            return
        self._due.setdefault(login, asyncio.Event()).set()
        if login not in self._workers:
            self._workers[login] = asyncio.create_task(self._run(login), name=f"reads of {login}")

    async def _run(self, login: LoginID) -> None:
        due = self._due[login]
        pause = _FIRST_PAUSE
        try:
            while due.is_set():
                due.clear()
                try:
                    wait = await self._tell(login)
                except self._passing as error:
                    self._log.info("read marks wait", login=login, error=repr(error))
                    wait = pause
                if wait is None:
                    pause = _FIRST_PAUSE
                    continue
                await self._pause(due, max(wait, pause))
                pause = min(_LONGEST_PAUSE, 2 * pause)
        finally:
            del self._workers[login], self._due[login]

    async def _pause(self, due: asyncio.Event, seconds: float) -> None:
        """Wait, or until there is something new or a connection."""
        await first_of(self._clock.sleep(seconds), due.wait())
        due.set()

    async def _tell(self, login: LoginID) -> float | None:
        """Tell all marks of a login; returns after how many seconds to go on, None if that is all."""
        active = self._sessions.get(login)
        if active is None or not isinstance(active.session, HandlesReceipts):
            return None
        for mark in await self._store.of(login):
            try:
                await active.session.mark_read(OutgoingReceipt(mark.chat, mark.up_to))
            except SessionLost:
                return None  # There is news when the person has logged in again.
            except TemporaryError as error:
                return error.retry_after
            except BridgeError as refused:
                self._log.info("a receipt was refused", chat=str(mark.chat), error=str(refused))
            self.known(login, mark.chat, mark.up_to)
            await self._store.remove(mark)
        return None
