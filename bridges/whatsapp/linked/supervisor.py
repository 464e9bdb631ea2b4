# SPDX-License-Identifier: AGPL-3.0-or-later
"""Keeps a worker running: started again when it ends, its last words in the log."""

import asyncio
import contextlib
import json
import logging
import os
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import structlog
from attrs import frozen

from bridges.core.tasks import ended
from bridges.whatsapp.redaction import without_numbers

PROXY = "KARVON_WHATSAPP_PROXY"
DATABASE = "KARVON_WHATSAPP_DATABASE"
"""Environment variables by which a worker is told addresses that may hold passwords."""
ENDED = "KARVON_WHATSAPP_ENDED"
"""The one by which it is told the exit status of the run before."""

_FIRST_PAUSE = 0.5
_STEADY = 60.0
"""Seconds after which a worker counts as healthy."""
_FAREWELL = 15.0
_LONGEST_LINE = 64 * 1024


@frozen
class Said:
    """One line of the worker's log."""

    level: int
    text: str
    fields: dict[str, Any]


def read_line(line: bytes) -> Said:
    """Read a line: the worker's own are JSON, all others are Go's or a stack trace."""
    text = line.decode("utf-8", "replace").rstrip()
    try:
        fields = json.loads(text)
        level = logging.getLevelNamesMapping()[fields.pop("level").upper()]
        said = Said(level, str(fields.pop("event")), fields)
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return Said(logging.INFO, "said", {"line": without_numbers(text)})
    return said


def worker_command(socket: Path, store: Path, files: Path, device_name: str) -> list[str]:
    """Return the command line of a worker on this machine."""
    return [
        *(sys.executable, "-m", "bridges.whatsapp.worker"),
        *("--socket", str(socket), "--store", str(store), "--files", str(files)),
        *("--device-name", device_name),
    ]


class Supervisor:
    """Runs one worker process until it is stopped.

    `longest_pause`: seconds between an end and the next start, when it has ended again and again.
    """

    def __init__(
        self,
        command: Sequence[str],
        environment: Mapping[str, str],
        clock: Callable[[], float] = time.monotonic,
        longest_pause: float = 30.0,
    ) -> None:
        self._longest_pause = longest_pause
        self._command = command
        self._environment = environment
        self._clock = clock
        self._task: asyncio.Task[None] | None = None
        self._process: asyncio.subprocess.Process | None = None
        self._log = structlog.get_logger("karvon.whatsapp.worker")

    @property
    def pid(self) -> int | None:
        """The process that runs now."""
        return self._process.pid if self._process else None

    def start(self) -> None:
        """Begin."""
        self._task = asyncio.create_task(self._run(), name="whatsapp worker process")

    async def stop(self) -> None:
        """End the process, gently at first."""
        if self._task is not None:
            await ended([self._task], _FAREWELL + 5)

    async def _run(self) -> None:
        pause, status = _FIRST_PAUSE, 0
        while True:
            began = self._clock()
            status = await self._once(status)
            pause = _FIRST_PAUSE if self._clock() - began > _STEADY else pause
            # With 0 it has ended in order, to begin anew.
            log = self._log.error if status else self._log.info
            log("the worker ended; it is started again", status=status, pause=pause)
            await asyncio.sleep(pause)
            pause = min(pause * 2, self._longest_pause)

    async def _once(self, before: int) -> int:
        process = await asyncio.create_subprocess_exec(
            *self._command,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
            env={**os.environ, **self._environment, ENDED: str(before)},
            limit=_LONGEST_LINE,
        )
        self._process = process
        relaying = asyncio.create_task(self._relay(process))
        try:
            return await process.wait()
        finally:
            self._process = None
            await _end(process)
            await ended([relaying])

    async def _relay(self, process: asyncio.subprocess.Process) -> None:
        assert process.stdout is not None
        while True:
            try:
                line = await process.stdout.readline()
            except ValueError:  # longer than the limit: what was read of it is gone
                continue
            if not line:
                return
            said = read_line(line)
            self._log.log(said.level, said.text, **said.fields)


async def _end(process: asyncio.subprocess.Process) -> None:
    if process.returncode is not None:
        return
    with contextlib.suppress(ProcessLookupError):
        process.terminate()
    try:
        async with asyncio.timeout(_FAREWELL):
            await process.wait()
    except TimeoutError:
        process.kill()
        await process.wait()
