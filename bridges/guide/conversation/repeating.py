# SPDX-License-Identifier: AGPL-3.0-or-later
"""Telling every few seconds how far something is, while it is done."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

from bridges.core.clock import Clock
from bridges.core.tasks import ended

_BETWEEN = 6.0
"""Seconds between two versions of a notice. Synapse takes one message in five seconds from a user, unless it
is told otherwise."""


@asynccontextmanager
async def told_meanwhile(tell: Callable[[], Awaitable[None]], clock: Clock) -> AsyncIterator[None]:
    """Call ``tell`` every few seconds for the time of the block. What it raises ends the telling."""

    async def repeat() -> None:
        while True:
            await clock.sleep(_BETWEEN)
            await tell()

    task = asyncio.create_task(repeat(), name="progress")
    try:
        yield
    finally:
        await ended([task])
