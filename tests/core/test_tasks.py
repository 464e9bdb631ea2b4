# SPDX-License-Identifier: AGPL-3.0-or-later
"""Tasks end, whatever they do with a cancellation."""

import asyncio
import threading

import pytest

from bridges.core.tasks import ended, first_of, in_thread
from tests.support.waiting import eventually

PATIENCE = 0.01


async def test_a_cancelled_task_may_finish_what_it_does() -> None:
    steps: list[str] = []

    async def tidy() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            await asyncio.sleep(0)
            steps.append("tidied up")

    task = asyncio.create_task(tidy())
    await asyncio.sleep(0)
    await ended([task])
    assert task.cancelled()
    assert steps == ["tidied up"]


async def test_a_swallowed_cancellation_is_repeated() -> None:
    swallowed = 0

    async def deaf() -> None:
        nonlocal swallowed
        for _ in range(2):
            try:
                await asyncio.Event().wait()
            except asyncio.CancelledError:
                swallowed += 1
        await asyncio.Event().wait()

    task = asyncio.create_task(deaf())
    await asyncio.sleep(0)
    await ended([task], PATIENCE)
    assert task.cancelled()
    assert swallowed == 2


async def test_what_never_ends_is_left_behind() -> None:
    heard = asyncio.Event()

    async def defiant() -> None:
        while not heard.is_set():
            try:
                await heard.wait()
            except asyncio.CancelledError:
                continue

    task = asyncio.create_task(defiant())
    await asyncio.sleep(0)
    await ended([task], PATIENCE)
    assert not task.done()
    heard.set()
    await task


async def test_nobody_waits_for_no_tasks() -> None:
    await ended([])


async def test_failures_are_of_no_interest() -> None:
    async def broken() -> None:
        raise ValueError

    task = asyncio.create_task(broken())
    await asyncio.sleep(0)
    await ended([task])
    assert task.done()


async def test_whoever_waits_for_the_end_may_be_cancelled() -> None:
    async def deaf() -> None:
        while True:
            try:
                await never.wait()
                return
            except asyncio.CancelledError:
                continue

    never = asyncio.Event()
    task = asyncio.create_task(deaf())
    waiting = asyncio.create_task(ended([task]))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    never.set()
    await task


async def test_the_first_of_several_things_ends_the_wait() -> None:
    here, never = asyncio.Event(), asyncio.Event()
    here.set()
    alive = len(asyncio.all_tasks())
    await first_of(never.wait(), here.wait())
    await asyncio.sleep(0)
    assert len(asyncio.all_tasks()) == alive


async def test_what_is_done_in_a_thread_is_over_when_its_task_is() -> None:
    begun, going_on, done = threading.Event(), threading.Event(), []

    def step(number: int) -> int:
        begun.set()
        going_on.wait(30)
        done.append(number)
        return number

    task = asyncio.create_task(in_thread(step, 1))
    await eventually(begun.is_set)
    task.cancel()
    await asyncio.wait({task}, timeout=0.01)
    assert not task.done()
    going_on.set()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert done == [1]
    assert await in_thread(step, 2) == 2
    with pytest.raises(ZeroDivisionError):
        await in_thread(lambda: 1 // 0)
