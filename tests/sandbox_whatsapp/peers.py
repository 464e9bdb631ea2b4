# SPDX-License-Identifier: AGPL-3.0-or-later
"""Genuine clients as child processes of a test."""

import asyncio
import contextlib
import json
import os
import sys
from collections.abc import Callable, Mapping
from typing import Any

from tests.sandbox_whatsapp.peer_protocol import MARK

Event = dict[str, Any]
_PATIENCE = 10.0


class Peer:
    """A process that runs a client library; its events are kept in the order they came."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process
        self._events: list[Event] = []
        self._news = asyncio.Condition()
        self._calls: dict[int, asyncio.Future[Any]] = {}
        self._last = 0
        self._said: list[str] = []
        self._reading = asyncio.create_task(self._read())

    @classmethod
    async def module(cls, *command: str, env: Mapping[str, str]) -> "Peer":
        """Start a Python module and wait until it is ready."""
        return await cls.start(sys.executable, "-m", *command, env=env)

    @classmethod
    async def start(cls, *command: str, env: Mapping[str, str]) -> "Peer":
        """Start a program and wait until it is ready."""
        process = await asyncio.create_subprocess_exec(
            *command,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
            env={**os.environ, **env},
            limit=1 << 24,
        )
        peer = cls(process)
        await peer.wait("ready")
        return peer

    async def do(self, operation: str, /, **fields: Any) -> Any:
        """Have the client do something; returns its answer."""
        assert self._process.stdin is not None
        self._last += 1
        future = self._calls[self._last] = asyncio.get_running_loop().create_future()
        request = json.dumps({"call": self._last, "do": operation, **fields})
        self._process.stdin.write(request.encode() + b"\n")
        async with asyncio.timeout(_PATIENCE):
            return await future

    async def wait(self, event: str, **fields: Any) -> Event:
        """Wait for an event with these fields, and take it."""

        def fits(one: Event) -> bool:
            return one["event"] == event and fields.items() <= one.items()

        return await self._take(fits, f"{event} {fields}")

    def forget(self, event: str, **fields: Any) -> None:
        """Drop the events so far that have these fields."""
        wanted = {"event": event, **fields}.items()
        self._events = [one for one in self._events if not wanted <= one.items()]

    async def wait_said(self, event: str, text: str, **fields: Any) -> Event:
        """Wait for an event that says this somewhere, and take it."""

        def fits(one: Event) -> bool:
            return one["event"] == event and fields.items() <= one.items() and text in one["said"]

        return await self._take(fits, f"{event} {fields} with {text}")

    async def close(self) -> None:
        """End the process."""
        with contextlib.suppress(ProcessLookupError):
            self._process.kill()
        await self._process.wait()
        await self._reading

    async def _take(self, fits: Callable[[Event], bool], what: str) -> Event:
        def found() -> Event | None:
            return next(filter(fits, self._events), None)

        try:
            async with asyncio.timeout(_PATIENCE), self._news:
                await self._news.wait_for(found)
        except TimeoutError:
            seen = "\n".join([*map(str, self._events[-15:]), *self._said[-25:]])
            raise AssertionError(f"never came: {what}; what came:\n{seen}") from None
        event = found()
        assert event is not None
        self._events.remove(event)
        return event

    async def _read(self) -> None:
        assert self._process.stdout is not None
        async for raw in self._process.stdout:
            line = raw.decode("utf-8", "replace").rstrip()
            if not line.startswith(MARK):
                self._said.append(line[:400])
                continue
            event = json.loads(line.removeprefix(MARK))
            if event["event"] != "answer":
                async with self._news:
                    self._events.append(event)
                    self._news.notify_all()
                continue
            future = self._calls.pop(event["call"])
            if "error" in event:
                future.set_exception(AssertionError(event["error"]))
            else:
                future.set_result(event.get("result"))
