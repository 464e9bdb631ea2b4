# SPDX-License-Identifier: AGPL-3.0-or-later
"""Running what reads strangers' files in a process of its own, which can be killed."""

import asyncio
import logging
import sys
from asyncio.subprocess import DEVNULL, PIPE
from pathlib import Path

_log = logging.getLogger(__name__)

_WORKER = Path(__file__).with_name("worker.py")
_SECONDS = 20.0
_AT_ONCE = 2


class Isolation:
    """Runs ``worker.py``, at most two at a time, ``seconds`` long at most."""

    def __init__(self, *, worker: Path = _WORKER, seconds: float = _SECONDS) -> None:
        self._worker = worker
        self._seconds = seconds
        self._slots = asyncio.Semaphore(_AT_ONCE)

    async def run(self, *arguments: str) -> bytes | None:
        """What the worker prints; None if it failed or took too long."""
        async with self._slots:
            process = await asyncio.create_subprocess_exec(
                sys.executable,
                "-I",
                str(self._worker),
                *arguments,
                stdin=DEVNULL,
                stdout=PIPE,
                stderr=PIPE,
            )
            try:
                async with asyncio.timeout(self._seconds):
                    printed, complaint = await process.communicate()
            except TimeoutError:
                _log.warning("A file took too long to convert")
                return None
            finally:
                if process.returncode is None:
                    process.kill()
                    await process.wait()
        if process.returncode:
            _log.warning(
                "A file could not be converted (%s): %s",
                process.returncode,
                complaint.decode(errors="replace")[-200:].strip(),
            )
            return None
        return printed
