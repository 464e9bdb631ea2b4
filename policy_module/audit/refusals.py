# SPDX-License-Identifier: AGPL-3.0-or-later
"""The record of refusals: once per cause, bounded however many are provoked.

Names of servers that call us are not authenticated when they are refused, so anybody can produce
thousands of causes. Within one window each cause is recorded once and counted afterwards, at most
``capacity`` causes are recorded, and the first refusal after the window records the count of the
rest.
"""

from collections.abc import Callable

from attrs import define, field, frozen

from policy_module.audit.record import AuditRecord, AuditSink


@frozen
class Cause:
    """Why something was refused: what was tried, with which server, by which rule, by whom.

    ``user`` is the local user id; ``None`` when a server, not a person, was refused. ``direction``
    is ``in`` or ``out`` where a request between servers was refused. ``add`` is what the operator
    would add to the policy to allow it, as YAML. ``reason`` is the name of the decision's reason.
    """

    action: str
    server: str | None
    rule: str
    user: str | None = None
    direction: str | None = None
    add: str | None = None
    reason: str | None = None


@define
class RefusalLog:
    """Records refusals, each cause once per window.

    ``clock`` gives seconds on a monotonic clock; ``window`` is in seconds; ``capacity`` is the
    largest number of different causes recorded per window.
    """

    _sink: AuditSink
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
        self._sink.record(_record(cause))

    def _turn_window(self) -> None:
        now = self._clock()
        if now < self._window_ends:
            return
        if self._suppressed:
            self._sink.record(AuditRecord("refused_again", {"times": self._suppressed}))
        self._seen.clear()
        self._suppressed = 0
        self._window_ends = now + self._window


def _record(cause: Cause) -> AuditRecord:
    details: dict[str, str | None] = {
        "action": cause.action,
        "rule": cause.rule,
        "server": cause.server,
    }
    if cause.reason is not None:
        details["reason"] = cause.reason
    if cause.user is not None:
        details["user"] = cause.user
    if cause.direction is not None:
        details["direction"] = cause.direction
    if cause.add is not None:
        details["add"] = cause.add
    return AuditRecord("refused", details)
