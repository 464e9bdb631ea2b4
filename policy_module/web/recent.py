# SPDX-License-Identifier: AGPL-3.0-or-later
"""The last refusals of each person, kept in memory for a day so that they can ask why."""

from collections import OrderedDict, deque
from collections.abc import Callable

from attrs import define, field, frozen

from policy_module.audit.record import AuditRecord, AuditSink

KEPT = 86_400.0
"""Seconds for which a refusal is kept."""
PER_PERSON = 10
"""Most refusals kept of one person."""
PEOPLE = 5_000
"""Most people of whom any are kept."""


@frozen
class Refusal:
    """Something that was refused to somebody; ``time`` in seconds since 1970."""

    time: float
    action: str
    reason: str | None
    rule: str
    subject: str | None


@define
class RecentRefusals:
    """Remembers the newest; ``clock`` gives seconds since 1970."""

    _clock: Callable[[], float]
    _of: OrderedDict[str, deque[Refusal]] = field(factory=OrderedDict, init=False)

    def remember(
        self, user: str, action: str, reason: str | None, rule: str, subject: str | None
    ) -> None:
        """Keep a refusal; who was refused nothing for the longest time is forgotten first."""
        kept = self._of.setdefault(user, deque(maxlen=PER_PERSON))
        kept.appendleft(Refusal(self._clock(), action, reason, rule, subject))
        self._of.move_to_end(user)
        if len(self._of) > PEOPLE:
            self._of.popitem(last=False)

    def of(self, user: str) -> tuple[Refusal, ...]:
        """Give a person's refusals, newest first."""
        oldest = self._clock() - KEPT
        return tuple(one for one in self._of.get(user, ()) if one.time >= oldest)


@define(eq=False)
class Remembering:
    """A sink that also keeps refusals of people in memory, and passes everything on."""

    _sink: AuditSink
    _recent: RecentRefusals

    @property
    def healthy(self) -> bool:
        """Whether the sink behind it is."""
        return self._sink.healthy

    def record(self, record: AuditRecord) -> None:
        """Take a record."""
        user = record.details.get("user")
        if record.kind == "refused" and isinstance(user, str):
            self._recent.remember(
                user,
                str(record.details["action"]),
                _text(record.details.get("reason")),
                str(record.details["rule"]),
                _text(record.details.get("server")),
            )
        self._sink.record(record)


def _text(value: object) -> str | None:
    return None if value is None else str(value)
