# SPDX-License-Identifier: AGPL-3.0-or-later
"""The log of method calls, so that a test can count them."""

from collections import Counter, deque
from collections.abc import Callable

from attrs import frozen

from sandbox.telegram.limits import DC_ID

_KEPT = 200_000


@frozen
class LoggedCall:
    """One call: who, what, when (seconds since 1970), the error it ended with, if any, and where."""

    account: int | None
    method: str
    time: float
    error: str | None = None
    dc: int = DC_ID


class RequestLog:
    """The latest calls, oldest first."""

    def __init__(self, now: Callable[[], float]) -> None:
        self._now = now
        self._calls: deque[LoggedCall] = deque(maxlen=_KEPT)

    def add(self, account: int | None, method: str, error: str | None, dc: int = DC_ID) -> None:
        """Note a call."""
        self._calls.append(LoggedCall(account, method, self._now(), error, dc))

    def calls(self, method: str | None = None, account: int | None = None) -> list[LoggedCall]:
        """Return the calls of a method, of an account, of both, or all."""
        return [
            call
            for call in self._calls
            if method in {None, call.method} and account in {None, call.account}
        ]

    def counts(self) -> dict[str, int]:
        """Return how often each method was called."""
        return dict(Counter(call.method for call in self._calls))

    def clear(self) -> None:
        """Forget everything."""
        self._calls.clear()
