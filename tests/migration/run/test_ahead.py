# SPDX-License-Identifier: AGPL-3.0-or-later
"""The next thing is made ready meanwhile; nothing goes on behind anybody's back."""

import asyncio
import threading
from collections.abc import AsyncGenerator
from contextlib import aclosing

import pytest

from bridges.migration.run.ahead import ahead, in_thread


async def test_one_is_made_ready_while_another_is_worked_on() -> None:
    made: list[int] = []

    async def source() -> AsyncGenerator[int, None]:
        for number in range(4):
            made.append(number)
            yield number

    seen = []
    async with aclosing(ahead(source())) as found:
        async for one in found:
            await asyncio.sleep(0)
            seen.append((one, made[-1]))
    assert seen == [(0, 1), (1, 2), (2, 3), (3, 3)]


async def test_who_stops_early_closes_the_source() -> None:
    closed = False

    async def source() -> AsyncGenerator[int, None]:
        nonlocal closed
        try:
            yield 1
            await asyncio.Event().wait()
        finally:
            closed = True

    async with aclosing(ahead(source())) as found:
        async for _ in found:
            await asyncio.sleep(0)
            break
    assert closed


async def test_what_goes_wrong_ahead_is_raised_where_it_belongs() -> None:
    async def source() -> AsyncGenerator[int, None]:
        yield 1
        raise ZeroDivisionError

    found = ahead(source())
    assert await anext(found) == 1
    with pytest.raises(ZeroDivisionError):
        await anext(found)


async def test_a_thread_has_ended_when_its_work_is_cancelled() -> None:
    begun, go_on, ended = threading.Event(), threading.Event(), threading.Event()

    def work() -> None:
        begun.set()
        go_on.wait()
        ended.set()

    task = asyncio.create_task(in_thread(work))
    await asyncio.to_thread(begun.wait)
    task.cancel()
    await asyncio.sleep(0)
    assert not task.done()
    go_on.set()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert ended.is_set()
