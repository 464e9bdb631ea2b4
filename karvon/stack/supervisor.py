# SPDX-License-Identifier: AGPL-3.0-or-later
"""Starts parts in order, starts them again with back-off when they end, and stops them in reverse."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from enum import StrEnum
from typing import Protocol

from attrs import field, frozen, mutable

from karvon.errors import CONFIG_EXIT
from karvon.stack.backoff import Backoff
from karvon.stack.parts import Part
from karvon.stack.process import OnLine

FIRST_PROBES = 0.1
"""Seconds between two looks at a part that is not ready."""
LATER_PROBES = 2.0
"""Seconds between two looks at one that is."""


class State(StrEnum):
    """How a part stands."""

    WAITING = "waiting"
    """For the parts it needs."""
    STARTING = "starting"
    READY = "ready"
    RESTARTING = "restarting"
    """It ended and will be started again."""
    FAILED = "failed"
    """Its configuration is wrong; it is not started again."""
    STOPPED = "stopped"


@frozen
class Status:
    """How a part stands, with a reason for people."""

    state: State
    detail: str = ""


class RunningPart(Protocol):
    """What the supervisor needs of a started part; see ``karvon.stack.process.Child``."""

    async def wait(self) -> int:
        """Wait for the end and give the exit code."""
        ...

    async def stop(self, timeout: float, hurry: asyncio.Event) -> bool:  # noqa: ASYNC109
        """Make it end and give whether it did so by itself."""
        ...


@frozen
class World:
    """What the supervisor touches, so that tests can put something else there."""

    start: Callable[[Part, OnLine], Awaitable[RunningPart]]
    is_ready: Callable[[str], Awaitable[bool]]
    """Asks a ``ready_url``; never raises."""
    sleep: Callable[[float], Awaitable[None]]
    clock: Callable[[], float]
    """Seconds, monotonic."""
    random: Callable[[], float]
    """A number in [0, 1)."""
    line: Callable[[str, str], None]
    """Takes a part's name and a line of its output."""
    event: Callable[[str, str], None]
    """Takes a part's name and what happened to it, for the operator."""


@mutable
class _Run:
    """One part with what is known about it."""

    part: Part
    status: Status = Status(State.WAITING)
    child: RunningPart | None = None
    ready: asyncio.Event = field(factory=asyncio.Event)
    failures: int = 0
    ready_since: float | None = None
    config_error: bool = False


class Supervisor:
    """Keeps a set of parts running until told to stop."""

    def __init__(
        self, parts: Sequence[Part], *, backoff: Backoff, stop_timeout: float, world: World
    ) -> None:
        self._runs = {part.name: _Run(part) for part in parts}
        self._backoff = backoff
        self._stop_timeout = stop_timeout
        self._world = world
        self._all_ready = asyncio.Event()
        self._hopeless = asyncio.Event()
        self._hurry = asyncio.Event()

    @property
    def status(self) -> Mapping[str, Status]:
        """How each part stands."""
        return {name: run.status for name, run in self._runs.items()}

    @property
    def is_ready(self) -> bool:
        """Whether all parts are ready now."""
        return all(run.status.state is State.READY for run in self._runs.values())

    async def wait_ready(self, *names: str) -> None:
        """Wait until the named parts are ready; without names, until all were for the first time."""
        if not names:
            await self._all_ready.wait()
        for name in names:
            await self._runs[name].ready.wait()

    def hurry(self) -> None:
        """Kill what has not stopped yet."""
        self._hurry.set()

    async def run(self, stop: asyncio.Event) -> int:
        """Run the parts until ``stop`` is set, then stop them; give the exit code of the command.

        If a part's configuration turns out to be wrong before all were ready once, everything is
        stopped and the code says so. Later the other parts go on.
        """
        keepers = {name: asyncio.create_task(self._keep(run)) for name, run in self._runs.items()}
        for keeper in keepers.values():
            keeper.add_done_callback(self._kept)
        ends = [asyncio.create_task(event.wait()) for event in (stop, self._hopeless)]
        try:
            await asyncio.wait(ends, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in ends:
                task.cancel()
            for name in reversed(keepers):
                await self._stop(self._runs[name], keepers[name])
        for keeper in keepers.values():
            if not keeper.cancelled():
                keeper.result()
        return CONFIG_EXIT if self._hopeless.is_set() else 0

    def _kept(self, keeper: asyncio.Task[None]) -> None:
        """End everything when an error of our own ended the care for a part."""
        if not keeper.cancelled() and keeper.exception() is not None:
            self._hopeless.set()

    async def _keep(self, run: _Run) -> None:
        while True:
            await self._await_needed(run)
            self._set(run, State.STARTING)
            code = await self._run_once(run)
            if run.config_error or code == run.part.config_exit:
                self._give_up(run)
                return
            await self._world.sleep(self._count_end(run, code))

    async def _await_needed(self, run: _Run) -> None:
        missing = [name for name in run.part.after if not self._runs[name].ready.is_set()]
        if missing:
            self._set(run, State.WAITING, f"for {', '.join(missing)}")
        for name in run.part.after:
            await self._runs[name].ready.wait()

    async def _run_once(self, run: _Run) -> int:
        def on_line(line: str) -> None:
            run.config_error |= any(text in line for text in run.part.config_errors)
            self._world.line(run.part.name, line)

        run.ready_since = None
        try:
            run.child = await self._world.start(run.part, on_line)
        except OSError as error:
            self._world.line(run.part.name, f"cannot be started: {error}")
            return 1
        ended = asyncio.create_task(run.child.wait())
        try:
            while not ended.done():
                await self._look(run)
                pause = LATER_PROBES if run.ready.is_set() else FIRST_PROBES
                await asyncio.wait({ended}, timeout=pause)
            return ended.result()
        finally:
            ended.cancel()
            run.ready.clear()

    async def _look(self, run: _Run) -> None:
        """See whether a running part is ready."""
        ready = await self._world.is_ready(run.part.ready_url)
        if ready and not run.ready.is_set():
            if run.ready_since is None:
                run.ready_since = self._world.clock()
            run.ready.set()
            self._set(run, State.READY)
            if self.is_ready:
                self._all_ready.set()
        elif not ready and run.ready.is_set():
            run.ready.clear()
            self._set(run, State.STARTING, "it runs but says that it is not ready")

    def _count_end(self, run: _Run, code: int) -> float:
        """Take note that a part ended and give the seconds until its next start."""
        now = self._world.clock()
        ready_for = 0.0 if run.ready_since is None else now - run.ready_since
        run.failures = self._backoff.failures(run.failures, ready_for)
        delay = self._backoff.delay(run.failures, self._world.random())
        how = f"was ended by signal {-code}" if code < 0 else f"ended with code {code}"
        run.child = None
        self._set(run, State.RESTARTING, f"it {how}; starting again in {delay:.1f} s")
        return delay

    def _give_up(self, run: _Run) -> None:
        run.child = None
        self._set(
            run, State.FAILED, "its configuration is wrong, see above; it is not started again"
        )
        if not self._all_ready.is_set():
            self._hopeless.set()

    async def _stop(self, run: _Run, keeper: asyncio.Task[None]) -> None:
        keeper.cancel()
        await asyncio.wait({keeper})
        if run.child is not None:
            obeyed = await run.child.stop(self._stop_timeout, self._hurry)
            self._set(run, State.STOPPED, "" if obeyed else "it did not stop in time: killed")

    def _set(self, run: _Run, state: State, detail: str = "") -> None:
        run.status = Status(state, detail)
        self._world.event(run.part.name, f"{state}: {detail}" if detail else str(state))
