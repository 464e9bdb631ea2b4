# SPDX-License-Identifier: AGPL-3.0-or-later
"""Ending tasks for certain, and waiting for whichever of several things comes first."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from typing import Any, TypeVar

import structlog

T = TypeVar("T")

_PATIENCE = 5.0
"""Seconds a task gets for what it does at its end, before it is cancelled again."""

_TRIES = 6


async def ended(tasks: Iterable["asyncio.Task[Any]"], patience: float = _PATIENCE) -> None:
    """Cancel tasks and return when they have ended, with whatever.

    A library may swallow a cancellation: Telethon does while it ends tasks of its own, and
    ``asyncio.wait_for`` of Python 3.11 if it comes together with what is waited for. So it is repeated
    every ``patience`` seconds. What does not end even then is named in the log and left behind.
    """
    alive = set(tasks)
    for _ in range(_TRIES):
        if not alive:
            return
        for task in alive:
            task.cancel()
        done, alive = await asyncio.wait(alive, timeout=patience)
        for task in done:
            if not task.cancelled():
                task.exception()  # asked for, so that asyncio does not report it
    log = structlog.get_logger("karvon.tasks")
    for task in alive:
        log.error("a task does not end", task=task.get_name(), waits=repr(task))


async def in_thread(step: Callable[..., T], *arguments: Any) -> T:
    """Do something in a thread; cancelled meanwhile, it ends when the thread has, which cannot be stopped.

    So whoever has cancelled it and waited for its end may delete what the thread writes.
    """
    task = asyncio.ensure_future(asyncio.to_thread(step, *arguments))
    cancelled: asyncio.CancelledError | None = None
    while not task.done():
        try:
            await asyncio.wait({task})
        except asyncio.CancelledError as error:
            cancelled = error
    if cancelled is not None:
        task.exception()  # asked for, so that asyncio does not report it
        raise cancelled
    return task.result()


async def first_of(*things: Awaitable[object]) -> None:
    """Wait until one of several things is there; the others are cancelled."""
    waiting = [asyncio.ensure_future(one) for one in things]
    try:
        await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for one in waiting:
            one.cancel()
