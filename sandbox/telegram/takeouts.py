# SPDX-License-Identifier: AGPL-3.0-or-later
"""Takeout sessions, in which an account may be exported (https://core.telegram.org/api/takeout).

A first request has to wait, until a day has passed or somebody confirms it on another device.
"""

from collections.abc import Callable

from attrs import define

from sandbox.telegram.clock import Clock
from sandbox.telegram.limits import Limits
from sandbox.telegram.rpc import RpcFailureError, bad_request, forbidden


@define
class _Asked:
    """When an account has asked for its data, and whether somebody has agreed."""

    since: float
    is_confirmed: bool = False


class Takeouts:
    """Who may export and who is exporting; forgotten when the process ends."""

    def __init__(self, clock: Clock, limits: Callable[[], Limits]) -> None:
        self._clock = clock
        self._limits = limits
        self._asked: dict[int, _Asked] = {}
        self._open: dict[int, int] = {}
        self._last = 0

    def begin(self, account: int) -> int:
        """Return the id of a new takeout; raises 420 TAKEOUT_INIT_DELAY_X."""
        now = self._clock()
        asked = self._asked.setdefault(account, _Asked(now))
        left = asked.since + self._limits().takeout_delay_seconds - now
        if left > 0 and not asked.is_confirmed:
            raise RpcFailureError(420, f"TAKEOUT_INIT_DELAY_{int(left) + 1}")
        self._last += 1
        self._open[account] = self._last
        return self._last

    def confirm(self, account: int) -> None:
        """Agree to an export, as on another device."""
        self._asked.setdefault(account, _Asked(self._clock())).is_confirmed = True

    def check(self, account: int | None, takeout: int) -> None:
        """Raise TAKEOUT_INVALID for a takeout that is not open."""
        if account is None or self._open.get(account) != takeout:
            raise bad_request("TAKEOUT_INVALID")

    def finish(self, account: int, takeout: int | None) -> None:
        """End a takeout from inside of it; raises 403 TAKEOUT_REQUIRED."""
        if takeout is None:
            raise forbidden("TAKEOUT_REQUIRED")
        del self._open[account]
        self._asked.pop(account, None)
