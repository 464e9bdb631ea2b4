# SPDX-License-Identifier: AGPL-3.0-or-later
"""One child process: started so that it cannot outlive us, its output read line by line."""

import asyncio
import contextlib
import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Self

from attrs import frozen

from karvon.stack import child
from karvon.stack.parts import Part

MAX_LINE = 16 * 1024
"""A line longer than this, in bytes, comes in pieces."""

_LAUNCHER = (sys.executable, "-I", "-S", str(Path(child.__file__)))
_DRAIN_SECONDS = 1.0

OnLine = Callable[[str], None]


class Child:
    """A running program in a process group of its own."""

    def __init__(
        self, process: asyncio.subprocess.Process, output: "_Output", on_line: OnLine
    ) -> None:
        self._process = process
        self._output = output
        self._reader = asyncio.create_task(_read_lines(output.stream, on_line))
        self._ended = asyncio.create_task(self._end())

    @classmethod
    async def start(cls, part: Part, on_line: OnLine) -> Self:
        """Start a part. ``on_line`` gets each line of its output, without the line end."""
        # A pipe of our own: asyncio's would delay the news of the end until everything that the
        # part started has closed it too.
        output, write_end = await _open_pipe()
        try:
            process = await asyncio.create_subprocess_exec(
                *_LAUNCHER,
                str(os.getpid()),
                *part.command,
                stdin=asyncio.subprocess.DEVNULL,
                stdout=write_end,
                stderr=write_end,
                env={**os.environ, "PYTHONUNBUFFERED": "1", **part.environ},
                start_new_session=True,
            )
        finally:
            os.close(write_end)
        return cls(process, output, on_line)

    @property
    def pid(self) -> int:
        """Process id, which is the process group's too."""
        return self._process.pid

    async def wait(self) -> int:
        """Wait for the end, all output read, and give the exit code; negative for a signal."""
        return await asyncio.shield(self._ended)

    async def stop(self, timeout: float, hurry: asyncio.Event) -> bool:  # noqa: ASYNC109
        """Ask the part to end, and kill it after ``timeout`` seconds or when ``hurry`` is set.

        Gives whether it ended by itself.
        """
        self._signal(signal.SIGTERM)
        impatient = asyncio.create_task(hurry.wait())
        done, _ = await asyncio.wait(
            {self._ended, impatient}, timeout=timeout, return_when=asyncio.FIRST_COMPLETED
        )
        impatient.cancel()
        obeyed = self._ended in done
        if not obeyed:
            self.kill()
        await self._ended
        return obeyed

    def kill(self) -> None:
        """Kill the part and whatever it started."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.pid, signal.SIGKILL)

    def _signal(self, number: signal.Signals) -> None:
        with contextlib.suppress(ProcessLookupError):
            self._process.send_signal(number)

    async def _end(self) -> int:
        code = await self._process.wait()
        self.kill()  # what the part started and left behind
        await asyncio.wait({self._reader}, timeout=_DRAIN_SECONDS)
        self._reader.cancel()
        self._output.transport.close()
        return code


@frozen
class _Output:
    """The end of a pipe that we read from."""

    stream: asyncio.StreamReader
    transport: asyncio.ReadTransport


async def _open_pipe() -> tuple[_Output, int]:
    """Open a pipe; its other end is given as a file descriptor."""
    read_end, write_end = os.pipe()
    stream = asyncio.StreamReader(limit=MAX_LINE)
    transport, _ = await asyncio.get_running_loop().connect_read_pipe(
        lambda: asyncio.StreamReaderProtocol(stream), os.fdopen(read_end, "rb", buffering=0)
    )
    return _Output(stream, transport), write_end


async def _read_lines(stream: asyncio.StreamReader, on_line: OnLine) -> None:
    rest = b""
    while chunk := await stream.read(MAX_LINE):
        *lines, rest = (rest + chunk).split(b"\n")
        for line in lines:
            on_line(_text(line))
        if len(rest) >= MAX_LINE:
            on_line(_text(rest))
            rest = b""
    if rest:
        on_line(_text(rest))


def _text(line: bytes) -> str:
    return line.decode("utf-8", "replace").rstrip("\r")
