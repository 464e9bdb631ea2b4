# SPDX-License-Identifier: AGPL-3.0-or-later
"""Runs ``karvon`` and tells how long it took and how much memory it had."""

import asyncio
import os
import signal
import sys
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

from attrs import frozen

from tests.bench.figures import MEGABYTE

_REPOSITORY = Path(__file__).parents[3]

STOPPED = 130
"""Exit code after Ctrl-C."""


class CommandFailed(Exception):
    """A command has not ended as it should; the text says what it printed."""


@frozen
class Weighed:
    """A command that has ended.

    Attributes:
        peak: bytes of resident memory (``VmHWM``), never more than which it has had.
        out: what it printed.
    """

    seconds: float
    peak: int
    out: str

    def as_dict(self) -> dict[str, Any]:
        """For the file."""
        return {"seconds": round(self.seconds, 1), "peak_mb": round(self.peak / MEGABYTE, 1)}


@frozen
class Scale:
    """Where commands are run: ``folder`` has the configuration, and gets what they write."""

    folder: Path

    async def weigh(
        self,
        *arguments: str | Path,
        stop: Callable[[], Awaitable[None]] | None = None,
    ) -> Weighed:
        """Run one to its end, or until ``stop`` returns. Raises ``CommandFailed``."""
        note = self.folder / "peak"
        note.unlink(missing_ok=True)
        started = time.perf_counter()
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            *("-m", "tests.bench.weight.weighed", note),
            *map(str, arguments),
            cwd=self.folder,
            env={**os.environ, "PYTHONPATH": str(_REPOSITORY)},
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
        )
        stopping = None if stop is None else asyncio.create_task(_stop(process, stop))
        try:
            printed, _ = await process.communicate()
        finally:
            if stopping is not None:
                stopping.cancel()
        seconds = time.perf_counter() - started
        wanted = {0} if stop is None else {0, STOPPED}
        if process.returncode not in wanted:
            said = printed.decode(errors="replace")[-4000:]
            raise CommandFailed(f"karvon {' '.join(map(str, arguments))}: {said}")
        return Weighed(seconds, int(note.read_text("ascii")), printed.decode(errors="replace"))


async def _stop(process: asyncio.subprocess.Process, wait: Callable[[], Awaitable[None]]) -> None:
    await wait()
    with suppress(ProcessLookupError):
        process.send_signal(signal.SIGINT)
