# SPDX-License-Identifier: AGPL-3.0-or-later
"""The worker's end of the socket: one bridge at a time, its calls, and the events for it."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import structlog
from attrs import evolve

from bridges.whatsapp.wire.frames import FrameError, pack, read_frame
from bridges.whatsapp.wire.messages import (
    VERSION,
    Acknowledgement,
    Answer,
    Call,
    Greeting,
    Refusal,
    Said,
    WorkerEvent,
    from_json,
    to_json,
)
from bridges.whatsapp.worker.calls.base import refusal
from bridges.whatsapp.worker.journal import Journal

_CALLS = 64
"""Calls that are worked on at once; more wait."""
_WINDOW = 500
"""Events of one account on their way to the bridge that it has not acknowledged."""

Answering = Callable[[Call], Awaitable[Any]]


class Server:
    """Listens on a Unix socket; a new connection takes the place of the one before."""

    def __init__(self, path: Path, journal: Journal, answer: Answering) -> None:
        self._path = path
        self._journal = journal
        self._answer = answer
        self._loop = asyncio.get_running_loop()
        self._server: asyncio.Server | None = None
        self._connection: Connection | None = None

    async def start(self) -> None:
        """Listen; only this user may connect."""
        self._path.unlink(missing_ok=True)
        self._server = await asyncio.start_unix_server(self._serve, self._path)
        self._path.chmod(0o600)

    async def stop(self) -> None:
        """Stop listening and end the connection."""
        if self._server is not None:
            self._server.close()
        if self._connection is not None:
            self._connection.end()

    def kept(self) -> None:
        """The journal has more; to be called from any thread."""
        self._loop.call_soon_threadsafe(self._wake)

    def passing(self, account: str, kind: str, data: dict[str, Any]) -> None:
        """Tell the bridge, if there is one, something that is not kept; from any thread."""
        event = WorkerEvent(account, 0, kind, data)
        self._loop.call_soon_threadsafe(self._tell, event)

    def _wake(self) -> None:
        if self._connection is not None:
            self._connection.wake()

    def _tell(self, event: WorkerEvent) -> None:
        if self._connection is not None:
            self._connection.pass_on(event)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self._connection is not None:
            self._connection.end()
        connection = Connection(reader, writer, self._journal, self._answer)
        self._connection = connection
        try:
            await connection.run()
        finally:
            if self._connection is connection:
                self._connection = None


class Connection:
    """One bridge that is connected."""

    def __init__(
        self,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        journal: Journal,
        answer: Answering,
    ) -> None:
        self._reader = reader
        self._writer = writer
        self._journal = journal
        self._answer = answer
        self._more = asyncio.Event()
        self._passing: asyncio.Queue[WorkerEvent] = asyncio.Queue(_WINDOW)
        self._under_way: dict[str, set[int]] = {}
        self._last: dict[str, int] = {}
        self._room = asyncio.Semaphore(_CALLS)
        self._calls: set[asyncio.Task[None]] = set()
        self._log = structlog.get_logger("karvon.whatsapp.worker")
        self._task: asyncio.Task[None] | None = None

    def end(self) -> None:
        """End it."""
        if self._task is not None:
            self._task.cancel()

    def wake(self) -> None:
        """Look into the journal."""
        self._more.set()

    def pass_on(self, event: WorkerEvent) -> None:
        """Send an event that is not kept, unless the bridge is too slow for it."""
        with contextlib.suppress(asyncio.QueueFull):
            self._passing.put_nowait(event)
        self._more.set()

    async def run(self) -> None:
        """Serve until one side ends it."""
        self._task = asyncio.create_task(self._talk())
        with contextlib.suppress(asyncio.CancelledError):
            await self._task

    async def _talk(self) -> None:
        pumping = asyncio.create_task(self._pump())
        pumping.add_done_callback(self._pump_ended)
        try:
            self._say(Greeting(VERSION, self._journal.name))
            while (frame := await read_frame(self._reader)) is not None:
                await self._hear(from_json(frame))
        except FrameError as error:
            self._log.error("the bridge is not understood", reason=str(error))
        except ConnectionError:
            pass
        finally:
            # Calls go on: what the library has begun cannot be taken back, and what becomes of it
            # has to be kept for the bridge that calls again.
            pumping.cancel()
            self._writer.close()

    def _pump_ended(self, pumping: asyncio.Task[None]) -> None:
        if not pumping.cancelled() and (error := pumping.exception()) is not None:
            self._log.error("events cannot be sent; the bridge has to connect anew", exc_info=error)
            self.end()

    async def _hear(self, said: Said) -> None:
        if isinstance(said, Acknowledgement):
            self._journal.acknowledge(said.account, said.seq)
            self._under_way.get(said.account, set()).discard(said.seq)
            self._more.set()
        elif isinstance(said, Call):
            await self._room.acquire()
            task = asyncio.create_task(self._work(said))
            self._calls.add(task)
            task.add_done_callback(self._calls.discard)
        else:
            raise FrameError("the bridge says what only a worker says")

    async def _work(self, call: Call) -> None:
        try:
            self._say(Answer(call.number, await self._answer(call)))
        except FrameError as error:
            self._say(Refusal(call.number, "TOO_LARGE", str(error)))
        except Exception as error:  # noqa: BLE001 - the library raises more than a hundred kinds
            refused = refusal(error)
            self._say(Refusal(call.number, refused.code, refused.text))
        finally:
            self._room.release()

    async def _pump(self) -> None:
        while True:
            self._more.clear()
            while not self._passing.empty():
                self._say(self._passing.get_nowait())
            for account in self._journal.waiting():
                self._send_some(account)
            await self._writer.drain()
            await self._more.wait()

    def _send_some(self, account: str) -> None:
        """Send what the window of an account has room for; one account does not stop another."""
        under_way = self._under_way.setdefault(account, set())
        room = _WINDOW - len(under_way)
        if room <= 0:
            return
        for event in self._journal.after(self._last.get(account, 0), room, account):
            under_way.add(event.seq)
            self._last[account] = event.seq
            try:
                self._say(event)
            except FrameError as error:
                said = {"kind": event.kind, "error": str(error)}
                self._say(evolve(event, kind="unreadable", data=said))

    def _say(self, said: Said) -> None:
        if not self._writer.is_closing():
            self._writer.write(pack(to_json(said)))
