# SPDX-License-Identifier: AGPL-3.0-or-later
"""Asking a homeserver again while it is busy, but not for ever."""

from collections.abc import Awaitable, Callable
from typing import TypeVar

from bridges.core.clock import Clock
from bridges.core.matrix.errors import HomeserverUnavailable

T = TypeVar("T")

_ATTEMPTS = 6


async def patiently(ask: Callable[[], Awaitable[T]], clock: Clock) -> T:
    """Do a request that may be done twice. Raises the errors of ``Homeserver``."""
    for _ in range(_ATTEMPTS - 1):
        try:
            return await ask()
        except HomeserverUnavailable as error:
            await clock.sleep(error.retry_after or 1.0)
    return await ask()
