# SPDX-License-Identifier: AGPL-3.0-or-later
"""The bridge as a process of its own, to be killed."""

import itertools
import json
import pickle
from pathlib import Path
from types import TracebackType
from typing import Self

import aiohttp
from attrs import asdict

from bridges.core.config import BridgeSettings
from tests.faults.crashing import Order, taken
from tests.support.process import python_module

_START_TIMEOUT = 30.0


class BridgeProcess:
    """`python -m tests.faults.child` on the same settings at every start."""

    def __init__(self, settings: BridgeSettings, folder: Path) -> None:
        pickled = folder / "settings.pickle"
        pickled.write_bytes(pickle.dumps(settings))
        self._armed = folder / "armed"
        self._orders = itertools.count(1)
        listen = settings.listen
        self._ready_url = f"http://{listen.host}:{listen.port}/_matrix/mau/ready"
        self._process = python_module(
            "tests.faults.child", pickled, self._armed, log=folder / "bridge.log"
        )

    @property
    def running(self) -> bool:
        """Whether the process lives."""
        return self._process.running

    async def start(self) -> None:
        """Start and wait until it is ready."""
        await self._process.start()
        await self._process.wait_until(self._ready, "readiness", _START_TIMEOUT)

    async def fails_to_start(self) -> int:
        """Start although something is missing; returns the exit code."""
        await self._process.start()
        return await self._process.wait(_START_TIMEOUT)

    async def kill(self) -> None:
        """SIGKILL."""
        await self._process.kill()

    async def stop(self) -> None:
        """Stop in order."""
        assert await self._process.stop() == 0, self._process.tail()

    async def close(self) -> None:
        """Make sure that nothing of it is left."""
        await self._process.close()

    def order(self, fatal: str = "", nth: int = 1) -> None:
        """Have the process kill itself when a step comes for the nth time, or only note all steps."""
        order = Order(fatal, nth, next(self._orders))
        self._armed.with_suffix(".steps").unlink(missing_ok=True)
        prepared = self._armed.with_suffix(".new")
        prepared.write_text(json.dumps(asdict(order)))
        prepared.rename(self._armed)

    async def spared(self) -> bool:
        """Take the order back; False if the process has died of it.

        Whoever looks only at the process may see one alive that dies in the next moment.
        """
        if taken(self._armed):
            assert self.running, f"it has ended, but by no order; {self.tail()}"
            return True
        await self._process.wait()
        return False

    def steps(self) -> list[str]:
        """The steps the process has passed since the order."""
        steps = self._armed.with_suffix(".steps")
        return steps.read_text().splitlines() if steps.exists() else []

    def unhandled(self) -> list[str]:
        """What the process has logged that should never happen."""
        signs = ("handling failed", "given up", "never retrieved", "Unhandled", "cannot start")
        return [
            line for line in self._process.output().splitlines() if any(s in line for s in signs)
        ]

    def tail(self) -> str:
        """The end of its log."""
        return self._process.tail()

    async def _ready(self) -> bool:
        try:
            async with aiohttp.ClientSession() as http, http.get(self._ready_url) as response:
                return response.status == 200
        except aiohttp.ClientError:
            return False

    async def __aenter__(self) -> Self:
        try:
            await self.start()
        except BaseException:
            await self.close()
            raise
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.close()
