# SPDX-License-Identifier: AGPL-3.0-or-later
"""Removes messages from rooms when their time has come.

Networks leave it to their clients to remove what was sent to disappear, so the bridge keeps the time
itself: durably, together with the message, and the removal goes through the chat's own lane.
"""

import contextlib
from collections.abc import Callable, Iterable, Sequence

from mautrix.util.async_db import Connection

from bridges.core.clock import Clock
from bridges.core.events import RemoteEvent, RemoteMessage, RemoteRedaction
from bridges.core.ids import LoginID
from bridges.core.storage.database import Database
from bridges.core.storage.expiry import Expiring, ExpiryStore
from bridges.core.storage.queue import NewRow, Queue

_INTERVAL = 10.0
_AT_ONCE = 200


class Expiry:
    """Keeps the time of messages that disappear.

    Args:
        as_row: the queue's row for an event of a login.
        wake: told which lanes have got something.
        passing: errors of the database that go away by themselves.
    """

    def __init__(
        self,
        database: Database,
        store: ExpiryStore,
        queue: Queue,
        clock: Clock,
        as_row: Callable[[LoginID, RemoteEvent], NewRow],
        wake: Callable[[Iterable[str]], None],
        passing: tuple[type[Exception], ...],
    ) -> None:
        self._db = database
        self._store = store
        self._queue = queue
        self._clock = clock
        self._as_row = as_row
        self._wake = wake
        self._passing: tuple[type[Exception], ...] = (OSError, *passing)

    async def note(
        self, connection: Connection, login: LoginID, events: Sequence[RemoteEvent]
    ) -> None:
        """Note the time of those among received events that disappear."""
        for event in events:
            if isinstance(event, RemoteMessage) and event.expires_at is not None:
                message = Expiring(event.chat, event.id, login)
                await self._store.put(connection, message, event.expires_at)

    async def run(self) -> None:
        """Remove what is due, for ever; cancelled at the end."""
        while True:
            with contextlib.suppress(*self._passing):
                while await self.remove_due():
                    pass
            await self._clock.sleep(_INTERVAL)

    async def remove_due(self) -> bool:
        """Have the messages removed whose time has come; whether there may be more."""
        due = await self._store.due(self._clock.now(), _AT_ONCE)
        if not due:
            return False
        rows = [self._as_row(one.login, RemoteRedaction(one.chat, one.message)) for one in due]
        async with self._db.transaction() as connection:
            lanes = await self._queue.put(connection, rows, self._clock.now())
            for one in due:
                await self._store.remove(connection, one)
        self._wake(lanes)
        return len(due) == _AT_ONCE
