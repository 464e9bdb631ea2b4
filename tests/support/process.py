# SPDX-License-Identifier: AGPL-3.0-or-later
"""Child processes with readable output that are always ended and reaped."""

import asyncio
import contextlib
import os
import pwd
import re
import shutil
import signal
import sys
from collections.abc import Awaitable, Callable, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

from tests.support.waiting import DEFAULT_TIMEOUT, eventually

TAIL_LINES = 40

_REPOSITORY = Path(__file__).parents[2]


class ChildExitedError(Exception):
    """The child ended while something was still expected of it; the text ends with its output."""


class ChildProcess:
    """A program in a process group of its own, its stdout and stderr in one file.

    Args:
        argv: program and arguments.
        log: file that receives the output; later starts append to it.
        env: variables added to ours.
        cwd: working directory, ours when missing.
        user: account to run it as (needs root), ours when missing.
        name: how messages call it, the program's file name when missing.
    """

    def __init__(
        self,
        argv: Sequence[str | Path],
        *,
        log: Path,
        env: Mapping[str, str] | None = None,
        cwd: Path | None = None,
        user: str | None = None,
        name: str | None = None,
    ) -> None:
        self.argv = tuple(str(part) for part in argv)
        self.log = log
        self.name = name or Path(self.argv[0]).name
        self._env = dict(env or {})
        self._cwd = cwd
        self._user = user
        self._process: asyncio.subprocess.Process | None = None
        self._group: int | None = None

    @property
    def pid(self) -> int:
        """Process id of the last start."""
        return self._started().pid

    @property
    def running(self) -> bool:
        """Whether it was started and has not ended."""
        return self._process is not None and self._process.returncode is None

    @property
    def returncode(self) -> int | None:
        """Exit code of the last start, negative for a signal, None while running."""
        return None if self._process is None else self._process.returncode

    async def start(self) -> None:
        """Start it, or start it again after it ended."""
        if self.running:
            raise RuntimeError(f"{self.name} already runs as pid {self.pid}")
        with self.log.open("ab") as output:
            self._process = await asyncio.create_subprocess_exec(
                *_dies_with_us(),
                *self.argv,
                stdin=asyncio.subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                cwd=self._cwd,
                env={**os.environ, **self._env},
                user=self._user,
                group=None if self._user is None else _primary_group(self._user),
                extra_groups=None if self._user is None else (),
                start_new_session=True,
            )
        self._group = self._process.pid

    def output(self) -> str:
        """Everything written so far, of all starts."""
        return self.log.read_text("utf-8", "replace") if self.log.exists() else ""

    def tail(self, lines: int = TAIL_LINES) -> str:
        """The last `lines` lines of the output."""
        return "\n".join(self.output().splitlines()[-lines:])

    async def wait_until(
        self,
        condition: Callable[[], bool | Awaitable[bool]],
        describe: str,
        timeout: float = DEFAULT_TIMEOUT,  # noqa: ASYNC109
    ) -> None:
        """Poll `condition` while the child lives.

        Raises:
            ChildExitedError: it ended first.
            TimeoutError: it lives, but the condition never held.
        """

        async def holds_or_gone() -> bool:
            result = condition()
            held = result if isinstance(result, bool) else await result
            if not held and not self.running:
                raise ChildExitedError(
                    f"{self.name} ended with {self.returncode} before {describe}:\n{self.tail()}"
                )
            return held

        await eventually(
            holds_or_gone, timeout, lambda: f"{self.name}: {describe}; its output:\n{self.tail()}"
        )

    async def wait_for_line(
        self,
        pattern: str,
        timeout: float = DEFAULT_TIMEOUT,  # noqa: ASYNC109
    ) -> str:
        """Return the first complete output line in which `pattern` (a regex) is found.

        Raises:
            ChildExitedError: it ended without such a line.
            TimeoutError: no such line in time.
        """
        regex = re.compile(pattern)
        found: list[str] = []

        def seen() -> bool:
            complete = self.output().rpartition("\n")[0]
            found.extend(line for line in complete.splitlines() if regex.search(line))
            return bool(found)

        await self.wait_until(seen, f"a line matching {pattern!r}", timeout)
        return found[0]

    async def wait(self, timeout: float = DEFAULT_TIMEOUT) -> int:  # noqa: ASYNC109
        """Wait for it to end by itself and return the exit code.

        Raises:
            TimeoutError: it still runs.
        """
        process = self._started()
        try:
            async with asyncio.timeout(timeout):
                return await process.wait()
        except TimeoutError:
            raise TimeoutError(
                f"{self.name} still runs after {timeout:g} s; its output:\n{self.tail()}"
            ) from None

    def send_signal(self, number: signal.Signals) -> None:
        """Send a signal to the process itself, not to its children; nothing if it has ended."""
        if self.running:
            self._started().send_signal(number)

    async def stop(
        self,
        number: signal.Signals = signal.SIGTERM,
        timeout: float = DEFAULT_TIMEOUT,  # noqa: ASYNC109
    ) -> int:
        """Ask it to end, wait, and return the exit code.

        Raises:
            TimeoutError: it did not obey; it is left running.
        """
        self.send_signal(number)
        return await self.wait(timeout)

    async def kill(self) -> int:
        """SIGKILL the whole process group, reap the child and return the exit code."""
        process = self._started()
        # Only once: later the number may belong to a stranger.
        group, self._group = self._group, None
        if group is not None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(group, signal.SIGKILL)
        return await process.wait()

    async def close(self) -> None:
        """Make sure nothing of it is left, whatever state it is in."""
        if self._process is not None:
            await self.kill()

    def _started(self) -> asyncio.subprocess.Process:
        if self._process is None:
            raise RuntimeError(f"{self.name} was never started")
        return self._process

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.close()


def python_module(
    module: str,
    *arguments: str | Path,
    log: Path,
    env: Mapping[str, str] | None = None,
    cwd: Path | None = None,
) -> ChildProcess:
    """A not yet started `python -m module arguments…` of the interpreter running the tests.

    Our own packages can be imported, whatever `cwd` is and whether or not they are installed.
    """
    path = os.pathsep.join(filter(None, (str(_REPOSITORY), os.environ.get("PYTHONPATH"))))
    return ChildProcess(
        [sys.executable, "-m", module, *arguments],
        log=log,
        env={"PYTHONUNBUFFERED": "1", "PYTHONPATH": path, **(env or {})},
        cwd=cwd,
        name=module,
    )


def _dies_with_us() -> list[str]:
    """Prefix that makes the kernel end the child if the test run itself is killed."""
    setpriv = shutil.which("setpriv")
    return [] if setpriv is None else [setpriv, "--pdeathsig", "KILL", "--"]


def _primary_group(user: str) -> int:
    return pwd.getpwnam(user).pw_gid
