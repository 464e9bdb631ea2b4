# SPDX-License-Identifier: AGPL-3.0-or-later
"""The record of refusals: one structured line per cause, bounded however many are provoked.

Names of servers that call us are not authenticated when they are refused, so anybody can produce
thousands of causes. Within one window each cause is written once and counted afterwards, at most
``capacity`` causes are written, and the first refusal after the window writes the count of the
rest. A record is written to the logger ``policy_module.audit`` as one line of JSON.
"""

import json
import logging
from collections.abc import Callable

from attrs import define, field, frozen

LOGGER = "policy_module.audit"
MAX_TEXT = 255
"""Longest text kept of a value that came from outside, in characters."""

Write = Callable[[dict[str, str | int]], None]


@frozen
class Cause:
    """Why something was refused: what was tried, with which server, by which rule, by whom.

    ``user`` is the local user id; ``None`` when a server, not a person, was refused.
    """

    action: str
    server: str | None
    rule: str
    user: str | None = None


@define
class RefusalLog:
    """Writes refusals, each cause once per window.

    ``clock`` gives seconds on a monotonic clock; ``window`` is in seconds; ``capacity`` is the
    largest number of different causes written per window.
    """

    _write: Write
    _clock: Callable[[], float]
    _capacity: int = 500
    _window: float = 600.0
    _seen: set[Cause] = field(factory=set, init=False)
    _suppressed: int = field(default=0, init=False)
    _window_ends: float = field(default=float("-inf"), init=False)

    def refused(self, cause: Cause) -> None:
        """Record one refusal."""
        self._turn_window()
        if cause in self._seen or len(self._seen) >= self._capacity:
            self._suppressed += 1
            return
        self._seen.add(cause)
        self._write(_record(cause))

    def _turn_window(self) -> None:
        now = self._clock()
        if now < self._window_ends:
            return
        if self._suppressed:
            self._write({"event": "refused_again", "times": self._suppressed})
        self._seen.clear()
        self._suppressed = 0
        self._window_ends = now + self._window


def write_to_logger(record: dict[str, str | int]) -> None:
    """Write a record as one line of JSON; what JSON escapes cannot forge a second line."""
    logging.getLogger(LOGGER).warning("%s", json.dumps(record, sort_keys=True))


def _record(cause: Cause) -> dict[str, str | int]:
    record: dict[str, str | int] = {
        "event": "refused",
        "action": cause.action,
        "rule": cause.rule,
        "server": (cause.server or "")[:MAX_TEXT],
    }
    if cause.user is not None:
        record["user"] = cause.user[:MAX_TEXT]
    return record
