# SPDX-License-Identifier: AGPL-3.0-or-later
"""Keeping one linked account connected for as long as its session is open.

The library connects again by itself after a drop, and the worker after a crash. What neither mends
(a ban, a replaced stream, a refused version) is tried again here when it makes sense.
"""

import asyncio
from collections.abc import Callable

import structlog

from bridges.core.clock import Clock
from bridges.core.egress.border import DestinationRefused
from bridges.core.errors import BridgeError, SessionLost
from bridges.core.network import SessionState
from bridges.core.tasks import ended
from bridges.core.text import UserText, user_text
from bridges.whatsapp.linked.border import LinkedBorder
from bridges.whatsapp.linked.device import LinkedDevice
from bridges.whatsapp.linked.refusals import NOT_LINKED, guarded, quietly
from bridges.whatsapp.linked.trouble import WORKER_GONE, Verdict

_CONNECTED = "connected"
_PAUSE = 5.0
_BORDER_PAUSE = 60.0

Report = Callable[[SessionState, UserText | None], None]


class Connection:
    """One account's connection.

    Args:
        report: told about every change of state.
        lost: called when only a new login helps, before that is reported.
    """

    def __init__(
        self,
        device: LinkedDevice,
        border: LinkedBorder,
        clock: Clock,
        report: Report,
        lost: Callable[[], None],
    ) -> None:
        self._log = structlog.get_logger("karvon.whatsapp")
        self._device = device
        self._border = border
        self._clock = clock
        self._report = report
        self._lost = lost
        self._task: asyncio.Task[None] | None = None
        self._is_open = False
        self.is_connected = False

    def start(self) -> None:
        """Begin connecting."""
        self._is_open = True
        self._report(SessionState.CONNECTING, None)
        self._connect_after(0.0)

    async def stop(self, *, disconnect: bool = True) -> None:
        """Try no more; the worker keeps the account, disconnected."""
        task, self._task = self._task, None
        if task is not None:
            await ended([task])
        self._is_open = self.is_connected = False
        if disconnect:
            await quietly(self._device.worker.disconnect(self._device.name))

    def heard(self, verdict: Verdict) -> None:
        """Take in what the worker has told."""
        self.is_connected = verdict.state is SessionState.CONNECTED
        if verdict.is_lost:
            self._is_open = False
            self._lost()
        self._report(verdict.state, verdict.reason)
        if verdict.retry_in is not None:
            self._connect_after(verdict.retry_in)

    def worker_gone(self) -> None:
        """The worker is away; it connects by itself when it is back, and this asks how it stands."""
        if self._is_open:
            self.is_connected = False
            self._report(SessionState.TRANSIENT_DISCONNECT, WORKER_GONE)
            self._connect_after(_PAUSE / 10)

    def policy_changed(self) -> None:
        """Ask the border again; a connection it no longer lets be is ended."""
        if self._is_open:
            self._connect_after(0.0)

    def _connect_after(self, seconds: float) -> None:
        before, self._task = self._task, None
        if before is not None:
            before.cancel()
        self._task = asyncio.create_task(self._connect(seconds), name="whatsapp connection")

    async def _connect(self, seconds: float) -> None:
        while True:
            await self._clock.sleep(seconds)
            try:
                self._border.check()
                await guarded(self._device.worker.connect(self._device.name))
                await self._look()
            except DestinationRefused as refused:
                await quietly(self._device.worker.disconnect(self._device.name))
                self.is_connected = False
                reason = user_text(
                    "The policy of this server does not let the bridge connect: {reason}.",
                    reason=str(refused),
                )
                self._report(SessionState.TRANSIENT_DISCONNECT, reason)
                seconds = _BORDER_PAUSE
            except SessionLost:
                self._is_open = False
                self._lost()
                self._report(SessionState.BAD_CREDENTIALS, NOT_LINKED)
                return
            except BridgeError as error:
                self._log.info("not connected", error=str(error))
                self._report(SessionState.TRANSIENT_DISCONNECT, error.text)
                seconds = _PAUSE
            else:
                return

    async def _look(self) -> None:
        """Report a connection that the worker has kept while we were away, of which it tells nothing."""
        for account in await guarded(self._device.worker.accounts()):
            if account.name == self._device.name and account.state == _CONNECTED:
                self.is_connected = True
                self._report(SessionState.CONNECTED, None)
