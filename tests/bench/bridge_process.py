# SPDX-License-Identifier: AGPL-3.0-or-later
"""The bridge as its operator runs it, `karvon run telegram`, watched from outside."""

import asyncio
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import aiohttp
import psutil
from attrs import frozen

from bridges.core.config import BridgeSettings
from tests.bench.figures import MEGABYTE
from tests.support.process import ChildProcess, python_module

_START_TIMEOUT = 180.0
_SETTLING = 0.5
_SETTLED_BYTES = 256 * 1024


@frozen
class BridgeProcess:
    """A running bridge. Its figures are those of its process alone, without its database server."""

    child: ChildProcess
    process: psutil.Process

    async def resident_megabytes(self) -> float:
        """Resident memory once it has stopped growing."""
        before = 0
        while True:
            now: int = self.process.memory_info().rss
            if abs(now - before) <= _SETTLED_BYTES:
                return now / MEGABYTE
            before = now
            await asyncio.sleep(_SETTLING)

    def begin_profile(self) -> None:
        """Start to sample (see `tests.bench.sampled`)."""
        self.child.send_signal(signal.SIGUSR1)


@asynccontextmanager
async def bridge_process(
    config: Path, settings: BridgeSettings, logins: int, profile: Path | None = None
) -> AsyncIterator[BridgeProcess]:
    """Run the bridge of a configuration; begins when that many logins are connected.

    Args:
        config: the one YAML.
        settings: what it says about this bridge.
        logins: how many are stored.
        profile: where to write a profile at the end, taken from `begin_profile` on.

    Raises:
        RuntimeError: it did not stop in order.
    """
    command = ("--config", str(config), "run", settings.network.network_id)
    log = config.with_suffix(".log")
    if profile is None:
        child = python_module("karvon", *command, log=log, cwd=config.parent)
    else:
        arguments = (str(profile), *command)
        child = python_module("tests.bench.sampled", *arguments, log=log, cwd=config.parent)
    network = settings.network.network_id
    async with child, aiohttp.ClientSession() as http:
        url = f"http://{settings.listen.host}:{settings.listen.port}/metrics"

        async def connected() -> bool:
            return await _connected_sessions(http, url, network) == logins

        await child.wait_until(connected, f"{logins} logins connected", _START_TIMEOUT)
        yield BridgeProcess(child, psutil.Process(child.pid))
        code = await child.stop()
        if code != 0:
            raise RuntimeError(f"the bridge ended with {code}:\n{child.tail()}")


async def _connected_sessions(http: aiohttp.ClientSession, url: str, network: str) -> int:
    try:
        async with http.get(url) as answer:
            lines = (await answer.text()).splitlines()
    except aiohttp.ClientError:
        return -1
    prefix = f'karvon_sessions{{network="{network}",state="CONNECTED"}}'
    return next((int(float(line.split()[-1])) for line in lines if line.startswith(prefix)), -1)
