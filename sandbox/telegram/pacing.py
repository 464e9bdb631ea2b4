# SPDX-License-Identifier: AGPL-3.0-or-later
"""A limit on how often an account may ask for the same, if a test wants one.

The real service has such limits for everything, and softer ones in a takeout; their numbers are not
published.
"""

from collections import deque
from collections.abc import Callable

from sandbox.telegram.clock import Clock
from sandbox.telegram.limits import Limits
from sandbox.telegram.rpc import RpcFailureError

_LIMITED = frozenset({"messages.getHistory", "messages.search"})
_WINDOW = 1.0


class Pacing:
    """Counts calls of each account and method."""

    def __init__(self, clock: Clock, limits: Callable[[], Limits]) -> None:
        self._clock = clock
        self._limits = limits
        self._calls: dict[tuple[int, str], deque[float]] = {}
        self._waits: dict[tuple[int, str], float] = {}

    def check(self, account: int | None, method: str, *, in_takeout: bool) -> None:
        """Raise 420 FLOOD_WAIT_X for calls that come too fast, and until the wait is over."""
        limits = self._limits()
        allowed = limits.history_per_second * (limits.takeout_factor if in_takeout else 1)
        if account is None or not allowed or method not in _LIMITED:
            return
        key, now = (account, method), self._clock()
        wait = self._waits.get(key, 0.0) - now
        if wait > 0:
            raise RpcFailureError(420, f"FLOOD_WAIT_{int(wait) + 1}")
        calls = self._calls.setdefault(key, deque())
        while calls and calls[0] <= now - _WINDOW:
            calls.popleft()
        if len(calls) >= allowed:
            self._waits[key] = now + limits.flood_seconds
            raise RpcFailureError(420, f"FLOOD_WAIT_{limits.flood_seconds}")
        calls.append(now)
