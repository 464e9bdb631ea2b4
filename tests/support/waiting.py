# SPDX-License-Identifier: AGPL-3.0-or-later
"""Waiting for a condition that sends no notification."""

import asyncio
import inspect
import time
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar, overload

T = TypeVar("T")

DEFAULT_TIMEOUT = 20.0


@overload
async def eventually(
    condition: Callable[[], Awaitable[T]],
    timeout: float = ...,  # noqa: ASYNC109
    describe: str | Callable[[], str] = ...,
    interval: float = ...,
) -> T: ...


@overload
async def eventually(
    condition: Callable[[], T],
    timeout: float = ...,  # noqa: ASYNC109
    describe: str | Callable[[], str] = ...,
    interval: float = ...,
) -> T: ...


async def eventually(
    condition: Callable[[], Any],
    timeout: float = DEFAULT_TIMEOUT,  # noqa: ASYNC109 - the deadline names itself in the error
    describe: str | Callable[[], str] = "the condition",
    interval: float = 0.02,
) -> Any:
    """Poll `condition` (plain or async) until it returns something truthy, and return that.

    Args:
        condition: asked at least once, and once more after the deadline has passed.
        timeout: seconds until giving up.
        describe: what is waited for; a callable is asked when giving up, so it can tell what
            was seen.
        interval: seconds between two polls.

    Raises:
        TimeoutError: the condition never held; the text says what was waited for.
        Exception: whatever `condition` raises goes through at once.
    """
    deadline = time.monotonic() + timeout
    while True:
        late = time.monotonic() >= deadline
        result = condition()
        value = await result if inspect.isawaitable(result) else result
        if value:
            return value
        if late:
            what = describe if isinstance(describe, str) else describe()
            raise TimeoutError(f"waited {timeout:g} s for {what}")
        await asyncio.sleep(interval)
