# SPDX-License-Identifier: AGPL-3.0-or-later
"""Keeping one login connected for as long as the process lives.

Telethon reconnects once by itself after a drop and sends open requests again. What it cannot
mend, this does: a new client after a growing delay, for ever, until the login is lost or closed.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import Any, Protocol

from telethon.tl.functions import PingRequest
from telethon.tl.functions.users import GetUsersRequest
from telethon.tl.types import InputUserSelf

from bridges.core.clock import Clock
from bridges.core.errors import BridgeError, RateLimited, Rejected, SessionLost
from bridges.core.network import SessionState
from bridges.core.tasks import ended
from bridges.core.text import UserText, user_text
from bridges.telegram.errors import ACCOUNT_FROZEN, answer_lost, not_connected, to_bridge_error
from bridges.telegram.updates import UpdatesClient

_log = logging.getLogger(__name__)

_PING_EVERY = 20.0
_PING_TIMEOUT = 10.0
_ANSWER_TIMEOUT = 60.0
_OPENING_TIMEOUT = 30.0
_CLOSING_TIMEOUT = 30.0
_LONGEST_DELAY = 25
_STABLE_AFTER = 30.0
_NOT_CONNECTED = "TELEGRAM.NOT_CONNECTED"
_UNKNOWN_KEY = "TELEGRAM.AUTH_KEY_NOT_FOUND"
_RECONNECTING = user_text("Telegram cannot be reached at the moment; the bridge keeps trying.")
_PROXY_AWAY = user_text(
    "Telegram cannot be reached through the bridge's proxy at the moment; the bridge keeps trying. "
    "If this goes on, tell the operator of this bridge."
)


class Caller(Protocol):
    """Sends a request to Telegram and gives its answer."""

    async def __call__(self, request: Any) -> Any:
        """Raises the errors of ``bridges.core.errors``."""
        ...


async def guarded(request: Awaitable[Any], seconds: float = _ANSWER_TIMEOUT) -> Any:
    """Await something of Telethon's; its errors become the core's.

    Telethon cancels the futures of open requests when it disconnects. That is no cancellation of
    ours, so it becomes ``NotConnected``. And it swallows one of ours that comes while it ends tasks of
    its own, so that one is raised again.
    """
    task = asyncio.current_task()
    assert task is not None
    cancellations = task.cancelling()
    try:
        async with asyncio.timeout(seconds):
            answer = await request
        if task.cancelling() > cancellations:
            raise asyncio.CancelledError
    except asyncio.CancelledError:
        if task.cancelling():
            raise
        raise answer_lost() from None
    except BridgeError:
        raise
    except Exception as error:
        raise to_bridge_error(error) from error
    return answer


class Connection:
    """One login's connection.

    Args:
        make_client: makes a client that is not connected yet.
        report: told about every change of state.
        on_connecting: called before each attempt.
        on_connected: called with the client and our own ``User`` after each successful one.
        on_lost: called once when the login is lost, before it is reported.
        slots: how many may be connecting at the same time.
        by_proxy: whether a proxy is on the way, so that it may be to blame.
    """

    def __init__(
        self,
        *,
        make_client: Callable[[], UpdatesClient],
        clock: Clock,
        report: Callable[[SessionState, UserText | None], None],
        on_connecting: Callable[[], Awaitable[None]],
        on_connected: Callable[[UpdatesClient, Any], Awaitable[None]],
        on_lost: Callable[[SessionLost], Awaitable[None]],
        slots: asyncio.Semaphore,
        by_proxy: bool = False,
    ) -> None:
        self._make_client = make_client
        self._clock = clock
        self._report = report
        self._on_connecting = on_connecting
        self._on_connected = on_connected
        self._on_lost = on_lost
        self._slots = slots
        self._unreachable = _PROXY_AWAY if by_proxy else _RECONNECTING
        self._client: UpdatesClient | None = None
        self._requests: set[asyncio.Future[Any]] = set()
        self._lost: SessionLost | None = None
        self._trouble = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin connecting."""
        if self._task is None:
            self._task = asyncio.create_task(self._run(), name="telegram connection")

    async def stop(self) -> None:
        """Disconnect and end everything."""
        task, self._task = self._task, None
        if task is not None:
            await ended([task])
        await self._close()

    async def __call__(self, request: Any) -> Any:
        """Send a request. Raises the errors of ``bridges.core.errors``."""
        return await self.use(lambda client: client(request))

    async def use(
        self, action: Callable[[UpdatesClient], Awaitable[Any]], seconds: float = _ANSWER_TIMEOUT
    ) -> Any:
        """Do something with the connected client, at most ``seconds`` long."""
        if self._lost is not None:
            raise self._lost
        client = self._client
        if client is None or not client.is_connected():
            raise not_connected()
        request = asyncio.ensure_future(action(client))
        self._requests.add(request)
        request.add_done_callback(self._requests.discard)
        try:
            return await guarded(request, seconds)
        except SessionLost as lost:
            self._give_up(lost)
            raise
        except Rejected as refusal:
            if refusal.code in ACCOUNT_FROZEN:
                self._report(SessionState.RESTRICTED, refusal.text)
            raise

    def _give_up(self, lost: SessionLost) -> None:
        self._lost = lost
        self._trouble.set()

    async def _run(self) -> None:
        self._report(SessionState.CONNECTING, None)
        failures = 0
        doubted = False
        while True:
            try:
                async with self._slots:
                    await guarded(self._open(), _OPENING_TIMEOUT)
                connected_at = self._clock.now()
                self._report(SessionState.CONNECTED, None)
                error = await self._watch()
                if (self._clock.now() - connected_at).total_seconds() > _STABLE_AFTER:
                    failures, doubted = 0, False
            except BridgeError as refused:
                error = refused
                failures = max(failures, 1)
            await self._close()
            if isinstance(error, SessionLost):
                if error.code != _UNKNOWN_KEY or doubted:
                    await self._lose(error)
                    return
                doubted = True
            if failures:
                _log.info("Not connected: %s", error.__cause__ or error)
                self._report(SessionState.TRANSIENT_DISCONNECT, self._reason(error))
                await self._clock.sleep(_delay(failures, error))
            failures += 1

    async def _open(self) -> None:
        """Connect and make sure that the login is still good."""
        await self._on_connecting()
        client = self._make_client()
        self._client = client
        self._trouble.clear()
        self._lost = None
        await client.connect()
        (me,) = await client(GetUsersRequest([InputUserSelf()]))
        await self._on_connected(client, me)

    async def _watch(self) -> BridgeError:
        """Wait until the connection is no good any more; returns why."""
        client = self._client
        assert client is not None
        ended = asyncio.ensure_future(client.disconnected)
        trouble = asyncio.create_task(self._trouble.wait())
        try:
            while True:
                done, _ = await asyncio.wait(
                    {ended, trouble}, timeout=_PING_EVERY, return_when=asyncio.FIRST_COMPLETED
                )
                if done:
                    return self._why(client, ended)
                try:
                    await guarded(client(PingRequest(0)), _PING_TIMEOUT)
                except BridgeError as error:
                    return error
                await client.retry_failed_differences()
        finally:
            trouble.cancel()
            ended.cancel()

    def _why(self, client: UpdatesClient, ended: "asyncio.Future[None]") -> BridgeError:
        if self._lost is not None:
            return self._lost
        error = client.updates_error
        if error is None and ended.done() and not ended.cancelled():
            error = ended.exception()
        return answer_lost() if error is None else to_bridge_error(error)

    def _reason(self, error: BridgeError) -> UserText:
        return self._unreachable if error.code == _NOT_CONNECTED else error.text

    async def _lose(self, lost: SessionLost) -> None:
        self._lost = lost
        try:
            await self._on_lost(lost)
        except Exception:  # noqa: BLE001 - the person has to be told all the same
            _log.exception("The credentials of a lost login could not be removed")
        self._report(SessionState.BAD_CREDENTIALS, lost.text)

    async def _close(self) -> None:
        client, self._client = self._client, None
        if client is not None:
            await _disconnected(client)
        # Telethon forgets requests that waited for it to reconnect: nobody would answer them.
        for request in list(self._requests):
            request.cancel()


async def _disconnected(client: UpdatesClient) -> None:
    """Disconnect a client; one that does not manage in time is left to itself."""
    try:
        async with asyncio.timeout(_CLOSING_TIMEOUT):
            await client.disconnect()
    except TimeoutError:
        _log.warning("A connection could not be closed in time")


def _delay(failures: int, error: BridgeError) -> float:
    """Seconds to wait after so many failures in a row, or as long as Telegram asks for."""
    grown = float(min(_LONGEST_DELAY, 2 ** min(failures - 1, 6)))
    return max(error.retry_after, grown) if isinstance(error, RateLimited) else grown
