# SPDX-License-Identifier: AGPL-3.0-or-later
"""Fetching lists again and again, each at its own pace.

Only time makes it ask: a server that is missing on a list never does, or any stranger could make us
hammer the list's host (and learn from the delay who is not on it).
"""

import math
from collections.abc import Awaitable, Callable, Iterable
from typing import Protocol

from attrs import frozen

from policy_module.lists.follower import Found, Report
from policy_module.lists.source import Fetch
from policy_module.lists.store import ListStore, StoreError
from policy_module.lists.verify import ListTrust, Refusal, SignedList

FIRST_RETRY = 30.0
"""Seconds between a failure and the next try; they double with each further failure."""

InThread = Callable[[Callable[[], SignedList | Refusal]], Awaitable[SignedList | Refusal]]

_JITTER = 0.2
"""Part of a delay by which it varies, so that many homeservers do not ask together."""


class Randomness(Protocol):
    """Where the jitter comes from; ``random.Random`` is one."""

    def uniform(self, a: float, b: float) -> float:
        """Give a number between ``a`` and ``b``."""
        ...


@frozen
class Fetched:
    """A list to fetch: whom to believe about it, its URL, and the seconds between two looks."""

    trust: ListTrust
    url: str
    interval: float


@frozen
class _Pace:
    due: float
    failures: int = 0


def next_delay(interval: float, failures: int, randomness: Randomness) -> float:
    """Give the seconds until the next look.

    Args:
        interval: the usual time between two looks, in seconds.
        failures: how many looks in a row brought no good list.
        randomness: for the jitter.
    """
    # The exponent is bounded, or a long failure overflows.
    retry = FIRST_RETRY * 2 ** min(failures - 1, 16) if failures else math.inf
    return min(interval, retry) * randomness.uniform(1 - _JITTER, 1 + _JITTER)


class Refresher:
    """Keeps fetched lists up to date in their store.

    Args:
        fetch: gets a document once.
        store: where good ones are kept.
        now: POSIX seconds, for expiry.
        elapsed: seconds on a clock that nobody sets, for the pace.
        randomness: for the jitter.
        in_thread: runs a function in a thread; verifying a large list takes a second.
        report: told of every document that is refused, or could not be had.
    """

    def __init__(
        self,
        fetch: Fetch,
        store: ListStore,
        *,
        now: Callable[[], float],
        elapsed: Callable[[], float],
        randomness: Randomness,
        in_thread: InThread,
        report: Report,
    ) -> None:
        self._fetch = fetch
        self._store = store
        self._now = now
        self._elapsed = elapsed
        self._randomness = randomness
        self._in_thread = in_thread
        self._report = report
        self._paces: dict[str, tuple[Fetched, _Pace]] = {}

    async def look(self, lists: Iterable[Fetched]) -> None:
        """Fetch those whose time has come; to be called every few seconds.

        A list that is new, or about which something was changed, is fetched at once; one that is no
        longer given is forgotten.
        """
        before = self._paces
        self._paces = {}
        for each in lists:
            known, pace = before.get(each.trust.name, (None, _Pace(-math.inf)))
            self._paces[each.trust.name] = each, pace if known == each else _Pace(-math.inf)
        for name, (each, pace) in list(self._paces.items()):
            if pace.due <= self._elapsed():
                self._paces[name] = each, await self._looked(each, pace)

    async def _looked(self, each: Fetched, pace: _Pace) -> _Pace:
        found = await self._get(each)
        failures = pace.failures + 1
        if isinstance(found, SignedList):
            failures = 0
        else:
            self._report(each.trust.name, found)
        delay = next_delay(each.interval, failures, self._randomness)
        return _Pace(self._elapsed() + delay, failures)

    async def _get(self, each: Fetched) -> Found:
        try:
            data = await self._fetch(each.url)
        # Whatever a foreign server does must not end the looking.
        except Exception as error:  # noqa: BLE001
            return f"{each.url} cannot be fetched: {type(error).__name__}: {error}"
        try:
            return await self._in_thread(lambda: self._store.accept(data, each.trust, self._now()))
        except StoreError as error:
            return str(error)
