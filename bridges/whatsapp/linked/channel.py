# SPDX-License-Identifier: AGPL-3.0-or-later
"""The bridge's end of the socket: it connects for ever, calls, and takes events once each."""

import asyncio
import contextlib
import itertools
from collections import OrderedDict
from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from typing import Any

import structlog

from bridges.core.tasks import ended
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

_FIRST_PAUSE, _LONGEST_PAUSE = 0.1, 5.0
_PASSING = 1000
"""Events that are not kept wait here at most; more are dropped."""


_REMEMBERED = 20_000
"""Numbers of events that are known to have come; far more than can be under way."""


class WorkerGone(Exception):
    """The connection to the worker is lost, or the call took too long; it may have been done."""


class WorkerRefused(Exception):
    """The worker could not do a call.

    Attributes:
        code: stable: ``NOT_CONNECTED``, ``NOT_LINKED``, ``ALREADY_LINKED``, ``TOO_LARGE``,
            ``BAD_ARGUMENT``, ``BAD_ADDRESS``, ``BAD_MESSAGE``, ``NO_FILE``, ``STATUS_<number>`` (the
            service's), ``FAILED``.
        text: the library's words, for the log.
    """

    def __init__(self, code: str, text: str) -> None:
        super().__init__(f"{code}: {text}")
        self.code = code
        self.text = text


class Channel:
    """A connection to the worker that is made again whenever it breaks."""

    def __init__(self, socket: Path) -> None:
        self._socket = socket
        self._numbers = itertools.count(1)
        self._calls: dict[int, asyncio.Future[Any]] = {}
        self._events: asyncio.Queue[WorkerEvent] = asyncio.Queue()
        self._taken: OrderedDict[int, bool] = OrderedDict()
        self._journal = ""
        self._writer: asyncio.StreamWriter | None = None
        self._connected = asyncio.Event()
        self._gone = asyncio.Event()
        self._gone.set()
        self._task: asyncio.Task[None] | None = None
        self._log = structlog.get_logger("karvon.whatsapp.linked")

    def start(self) -> None:
        """Begin to connect."""
        self._task = asyncio.create_task(self._run(), name="whatsapp worker")

    async def stop(self) -> None:
        """Let go of the worker; it keeps what it has not been told to forget."""
        if self._task is not None:
            await ended([self._task])

    async def connected(self) -> None:
        """Wait until the worker has greeted."""
        await self._connected.wait()

    async def gone(self) -> None:
        """Wait until there is no connection to the worker."""
        await self._gone.wait()

    async def events(self) -> AsyncIterator[WorkerEvent]:
        """Yield events, each kept one once until it is acknowledged, over all reconnections."""
        while True:
            yield await self._events.get()

    async def acknowledge(self, event: WorkerEvent) -> None:
        """Have the worker forget an event. If it does not hear of it, the event comes again."""
        if event.seq == 0:
            return
        self._taken[event.seq] = True
        with contextlib.suppress(WorkerGone):
            await self._say(Acknowledgement(event.account, event.seq))

    async def call(
        self,
        name: str,
        account: str = "",
        arguments: Mapping[str, Any] | None = None,
        patience: float = 60.0,
    ) -> Any:
        """Call, and wait `patience` seconds. Raises `WorkerGone`, `WorkerRefused`, `FrameError`."""
        number = next(self._numbers)
        future: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        self._calls[number] = future
        try:
            async with asyncio.timeout(patience):
                await self._say(Call(number, name, account, dict(arguments or {})))
                return await future
        except TimeoutError as error:
            raise WorkerGone(f"no answer to {name} in {patience:g} s") from error
        finally:
            self._calls.pop(number, None)

    async def _say(self, said: Said) -> None:
        frame = pack(to_json(said))
        if self._writer is None:
            raise WorkerGone("there is no connection to the worker")
        try:
            self._writer.write(frame)
            await self._writer.drain()
        except ConnectionError as error:
            raise WorkerGone("the connection to the worker broke") from error

    async def _run(self) -> None:
        pause = _FIRST_PAUSE
        while True:
            try:
                reader, writer = await asyncio.open_unix_connection(self._socket)
            except OSError:
                await asyncio.sleep(pause)
                pause = min(pause * 2, _LONGEST_PAUSE)
                continue
            pause = _FIRST_PAUSE
            try:
                await self._talk(reader, writer)
            except FrameError as error:
                self._log.error("the worker is not understood", reason=str(error))
                await asyncio.sleep(_LONGEST_PAUSE)
            except ConnectionError:
                pass
            finally:
                self._lose(writer)
            # A worker that ends every connection at once must not keep us busy.
            await asyncio.sleep(pause)

    async def _talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        frame = await read_frame(reader)
        if frame is None:
            return
        greeting = from_json(frame)
        if not isinstance(greeting, Greeting) or greeting.version != VERSION:
            raise FrameError(f"it does not speak version {VERSION}; update both together")
        if greeting.journal != self._journal:
            self._journal = greeting.journal
            self._taken.clear()
        self._writer = writer
        self._gone.clear()
        self._connected.set()
        while (frame := await read_frame(reader)) is not None:
            self._hear(from_json(frame))

    def _hear(self, said: Said) -> None:
        if isinstance(said, WorkerEvent):
            self._take(said)
        elif isinstance(said, Answer | Refusal):
            future = self._calls.get(said.number)
            if future is None or future.done():
                return
            if isinstance(said, Answer):
                future.set_result(said.result)
            else:
                future.set_exception(WorkerRefused(said.code, said.text))
        else:
            raise FrameError("the worker says what only a bridge says")

    def _take(self, event: WorkerEvent) -> None:
        if event.seq == 0:
            if self._events.qsize() < _PASSING:
                self._events.put_nowait(event)
        elif event.seq not in self._taken:
            self._taken[event.seq] = False
            self._events.put_nowait(event)
            if len(self._taken) > _REMEMBERED:
                self._taken.popitem(last=False)
        elif self._taken[event.seq] and self._writer is not None:
            # It was killed before it heard us.
            self._writer.write(pack(to_json(Acknowledgement(event.account, event.seq))))

    def _lose(self, writer: asyncio.StreamWriter) -> None:
        self._writer = None
        self._connected.clear()
        self._gone.set()
        writer.close()
        for future in self._calls.values():
            if not future.done():
                future.set_exception(WorkerGone("the connection to the worker broke"))
