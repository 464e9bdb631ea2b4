# SPDX-License-Identifier: AGPL-3.0-or-later
"""What homeserver and networks tell only once: typing and receipts.

Typing is worth nothing later. A receipt is: it waits for trouble to pass, and for those before it.
"""

import asyncio
from collections.abc import Coroutine, Sequence
from typing import Any

import structlog
from mautrix.types import RoomID, UserID

from bridges.core.clock import Clock
from bridges.core.errors import BridgeError, TemporaryError
from bridges.core.events import RemoteEvent, RemoteMessage, RemoteTyping
from bridges.core.ids import LoginID
from bridges.core.keyed_locks import KeyedLocks
from bridges.core.matrix import event_types
from bridges.core.matrix.errors import HomeserverRefused
from bridges.core.matrix.names import GhostNames
from bridges.core.matrix.receipts import Receipt, public_receipts
from bridges.core.portal.read_positions import ReadPositions
from bridges.core.read_marks import ReadMarks
from bridges.core.sessions import Sessions
from bridges.core.storage.cache import BoundedCache
from bridges.core.storage.portals import Portal, PortalStore
from bridges.core.tasks import ended
from bridges.core.typing import Typing

Json = dict[str, Any]

_MOST_UNDER_WAY = 256
_MOST_WAITING = 4096
_FIRST_PAUSE = 1.0
_LONGEST_PAUSE = 60.0
_REMEMBERED = 4096


class Ephemerals:
    """Carries typing while it matters, and takes receipts in. Under load typing is dropped."""

    def __init__(
        self,
        portals: PortalStore,
        sessions: Sessions,
        names: GhostNames,
        typing: Typing,
        positions: ReadPositions,
        marks: ReadMarks,
        clock: Clock,
        passing: tuple[type[Exception], ...],
    ) -> None:
        """``passing`` are errors of the database that go away by themselves."""
        self._log = structlog.get_logger("karvon.ephemerals")
        self._portals = portals
        self._sessions = sessions
        self._names = names
        self._typing = typing
        self._positions = positions
        self._marks = marks
        self._clock = clock
        self._passing: tuple[type[Exception], ...] = (TemporaryError, OSError, *passing)
        self._rooms: KeyedLocks[RoomID] = KeyedLocks()
        self._taken: BoundedCache[tuple[RoomID, UserID], Receipt] = BoundedCache(_REMEMBERED)
        self._tasks: set[asyncio.Task[None]] = set()

    def from_matrix(self, event: Json) -> None:
        """Pass on a room's typing notification or receipts (application service API)."""
        match event.get("type"):
            case event_types.TYPING if len(self._tasks) < _MOST_UNDER_WAY:
                self._start(self._typing.from_matrix(event))
            case event_types.RECEIPT if len(self._tasks) < _MOST_WAITING:
                self._start(self._receipts(event))

    def from_remote(self, login: LoginID, event: RemoteTyping) -> None:
        """Show that somebody is typing on the network."""
        if len(self._tasks) < _MOST_UNDER_WAY:
            self._start(self._typing.from_remote(login, event))

    def received(self, login: LoginID, events: Sequence[RemoteEvent]) -> None:
        """Whoever has written a message does not type any more."""
        for event in events:
            if isinstance(event, RemoteMessage) and self._typing.shows(event.chat, event.sender):
                self.from_remote(login, RemoteTyping(event.chat, event.sender, 0.0))

    async def close(self) -> None:
        """Drop what is under way."""
        await ended(self._tasks)

    def _start(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(self._quietly(work))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _quietly(self, work: Coroutine[Any, Any, None]) -> None:
        try:
            await work
        except (BridgeError, HomeserverRefused, OSError, KeyError, TypeError) as error:
            self._log.debug("dropped", error=repr(error))

    async def _receipts(self, event: Json) -> None:
        """Take the receipts of a room in, one after the other however long that takes.

        Where one waits, a later one must not come first: the last that is stored counts.
        """
        room = RoomID(event["room_id"])
        pause = _FIRST_PAUSE
        async with self._rooms.hold(room):
            while True:
                try:
                    await self._take(room, event["content"])
                except self._passing as error:
                    self._log.info("receipts wait", room=room, error=repr(error))
                    await self._clock.sleep(pause)
                    pause = min(_LONGEST_PAUSE, 2 * pause)
                else:
                    return

    async def _take(self, room: RoomID, content: Json) -> None:
        portal = await self._portals.by_room(room)
        if portal is None:
            return
        for one in public_receipts(content):
            if self._names.is_ours(one.reader) or not self._is_news(room, one):
                continue
            try:
                await self._read(portal, room, one)
            except HomeserverRefused as refused:
                self._log.info("a receipt is of no event here", room=room, error=str(refused))
            self._taken.put((room, one.reader), one)

    def _is_news(self, room: RoomID, receipt: Receipt) -> bool:
        """Whether a receipt is none that we have, or an older one that came by the slower way."""
        taken = self._taken.get((room, receipt.reader))
        return taken is None or (
            taken.event != receipt.event and taken.given_at <= receipt.given_at
        )

    async def _read(self, portal: Portal, room: RoomID, receipt: Receipt) -> None:
        inside = {part.login for part in await self._portals.logins_in(portal.key)}
        logins = [one for one in self._sessions.of(receipt.reader) if one.record.id in inside]
        if not logins:
            return
        message = await self._positions.message(portal, room, receipt.event)
        if message is not None:
            await self._marks.read(logins[0], portal.key, message)
