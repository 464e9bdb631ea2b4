# SPDX-License-Identifier: AGPL-3.0-or-later
"""Getting a list again and again, at the list's own pace.

Only time makes it ask: a server that is missing on the list never does, or any stranger could make
us hammer the list's host (and learn from the delay who is not on it).
"""

from collections.abc import Awaitable, Callable
from typing import Protocol

from attrs import frozen

from policy_module.lists.source import Read
from policy_module.lists.store import ListStore, StoreError
from policy_module.lists.verify import ListTrust, Refusal, SignedList

MIN_INTERVAL = 60.0
"""Shortest time between two looks, in seconds."""

FIRST_RETRY = 30.0
"""Time before the first try after a failure, in seconds; it doubles with each further one."""

_JITTER = 0.2
"""Part of the delay by which it varies, so that many homeservers do not ask together."""


@frozen
class Unreachable:
    """There was no document to look at."""

    detail: str


Outcome = SignedList | Refusal | Unreachable


class Randomness(Protocol):
    """Where the jitter comes from; ``random.Random`` is one."""

    def uniform(self, a: float, b: float) -> float:
        """Give a number between ``a`` and ``b``."""
        ...


def next_delay(interval: float, failures: int, randomness: Randomness) -> float:
    """Give the seconds until the next look.

    Args:
        interval: the usual time between two looks, in seconds.
        failures: how many looks in a row brought no good list.
        randomness: for the jitter.
    """
    usual = max(interval, MIN_INTERVAL)
    # The exponent is bounded, or a long failure overflows.
    delay = usual if not failures else min(usual, FIRST_RETRY * 2 ** min(failures - 1, 16))
    return delay * randomness.uniform(1 - _JITTER, 1 + _JITTER)


class Refresher:
    """Keeps one list in its store up to date.

    Args:
        trust: whose signatures count.
        read: gets the document once.
        store: where a good one is kept.
        interval: seconds between two looks.
        clock: POSIX seconds.
        sleep: waits that many seconds; the loop ends when it is cancelled there.
        randomness: for the jitter.
        report: told about every look, on the caller's thread; must not raise.
    """

    def __init__(
        self,
        trust: ListTrust,
        read: Read,
        store: ListStore,
        interval: float,
        *,
        clock: Callable[[], float],
        sleep: Callable[[float], Awaitable[None]],
        randomness: Randomness,
        report: Callable[[ListTrust, Outcome], None],
    ) -> None:
        self._trust = trust
        self._read = read
        self._store = store
        self._interval = interval
        self._clock = clock
        self._sleep = sleep
        self._randomness = randomness
        self._report = report

    async def run(self) -> None:
        """Look at once, and then at intervals, until cancelled."""
        failures = 0
        while True:
            outcome = await self.look()
            failures = 0 if isinstance(outcome, SignedList) else failures + 1
            await self._sleep(next_delay(self._interval, failures, self._randomness))

    async def look(self) -> Outcome:
        """Get the document once, keep it if it is good, and report."""
        outcome = await self._look()
        self._report(self._trust, outcome)
        return outcome

    async def _look(self) -> Outcome:
        try:
            data = await self._read()
        # Whatever a foreign server or file system does must not end the loop.
        except Exception as error:  # noqa: BLE001
            return Unreachable(f"{type(error).__name__}: {error}")
        try:
            return self._store.accept(data, self._trust, self._clock())
        except StoreError as error:
            return Unreachable(str(error))
