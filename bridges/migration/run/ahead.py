# SPDX-License-Identifier: AGPL-3.0-or-later
"""Makes the next thing ready while the one before is worked on."""

import asyncio
from collections.abc import AsyncGenerator, Callable
from typing import TypeVar

T = TypeVar("T")


async def ahead(source: AsyncGenerator[T, None]) -> AsyncGenerator[T, None]:
    """Give what a generator gives, which is always one step further; it is closed at the end."""

    def begin() -> "asyncio.Task[tuple[T, ...]]":
        return asyncio.create_task(_step(source))

    coming = begin()
    try:
        while ready := await coming:
            coming = begin()
            yield ready[0]
    finally:
        coming.cancel()
        await asyncio.wait({coming})
        await source.aclose()


async def _step(source: AsyncGenerator[T, None]) -> tuple[T, ...]:
    """Give the next thing; nothing at the end."""
    async for one in source:
        return (one,)
    return ()


async def in_thread(work: Callable[[], T]) -> T:
    """Do something in a thread, which is over when this is, also if it is cancelled."""
    task = asyncio.create_task(asyncio.to_thread(work))
    try:
        return await asyncio.shield(task)
    except asyncio.CancelledError:
        await asyncio.wait({task})
        raise
