# SPDX-License-Identifier: AGPL-3.0-or-later
"""Who of the network is online, as their ghosts' presence. It is shown if possible, and never stored.

A homeserver takes whoever does not sync for offline: Synapse after 30 seconds
(``presence.sync_online_timeout``). So it is said again and again, for some minutes at most: a network
that has forgotten to say that somebody has left must not cost requests for ever.
"""

import asyncio

import structlog

from bridges.core.clock import Clock
from bridges.core.errors import BridgeError
from bridges.core.events import RemotePresence
from bridges.core.ids import RemoteUserID
from bridges.core.matrix.client import Homeserver, MatrixSender
from bridges.core.matrix.errors import HomeserverRefused
from bridges.core.matrix.names import GhostNames
from bridges.core.tasks import ended

_AGAIN = 25.0
_TIMES = 12
_MOST = 256
"""People who are shown online at the same time."""


class Presences:
    """Shows ghosts online and offline."""

    def __init__(self, homeserver: Homeserver, names: GhostNames, clock: Clock) -> None:
        self._log = structlog.get_logger("karvon.presence")
        self._hs = homeserver
        self._names = names
        self._clock = clock
        self._shown: dict[RemoteUserID, asyncio.Task[None]] = {}

    def show(self, event: RemotePresence) -> None:
        """Show somebody online or offline; the newest word counts."""
        user = event.user.user
        before = self._shown.pop(user, None)
        if before is not None:
            before.cancel()
        is_wanted = len(self._shown) < _MOST if event.is_online else before is not None
        if is_wanted and not event.user.is_me:
            task = asyncio.create_task(self._say(user, event.is_online), name="presence")
            self._shown[user] = task
            task.add_done_callback(lambda done: self._forget(user, done))

    async def close(self) -> None:
        """Say nothing more; the homeserver takes the ghosts for offline by itself."""
        await ended(list(self._shown.values()))

    def _forget(self, user: RemoteUserID, task: asyncio.Task[None]) -> None:
        if self._shown.get(user) is task:
            del self._shown[user]

    async def _say(self, user: RemoteUserID, is_online: bool) -> None:
        ghost = MatrixSender(self._names.mxid(user))
        try:
            for _ in range(_TIMES if is_online else 0):
                await self._hs.presence(ghost, is_online=True)
                await self._clock.sleep(_AGAIN)
            await self._hs.presence(ghost, is_online=False)
        except (BridgeError, HomeserverRefused, OSError) as error:
            self._log.debug("not shown", error=repr(error))
