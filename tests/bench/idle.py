# SPDX-License-Identifier: AGPL-3.0-or-later
"""Many logins at rest: what each takes of memory, and what all of them take of a processor."""

import asyncio
import time

import psutil

from tests.bench.bridge_process import BridgeProcess, bridge_process
from tests.bench.figures import Resting
from tests.bench.logins import store_logins
from tests.bench.stack import Configured, Stack


async def resting(
    stack: Stack, configured: Configured, logins: int, first: int, seconds: float
) -> Resting:
    """Measure a bridge with so many logins, each another person's, for so long after its start.

    `first` is the number of the first account; the others follow.
    """
    people = await stack.telegram.logged_in(logins, first)
    await store_logins(configured.settings, stack.telegram, people, stack.synapse.server_name)
    start = time.perf_counter()
    async with bridge_process(configured.path, configured.settings, logins) as bridge:
        connected = time.perf_counter() - start
        resident = await bridge.resident_megabytes()
        share = await _share_of_a_processor(bridge, seconds)
    return Resting(logins, resident, connected, share)


async def _share_of_a_processor(bridge: BridgeProcess, seconds: float) -> float:
    process = bridge.process
    before, start = _used(process), time.perf_counter()
    await asyncio.sleep(seconds)
    return (_used(process) - before) / (time.perf_counter() - start)


def _used(process: psutil.Process) -> float:
    times = process.cpu_times()
    return float(times.user + times.system)
