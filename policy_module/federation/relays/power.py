# SPDX-License-Identifier: AGPL-3.0-or-later
"""Who may do what in a room: pure, on the content of its state.

Rules: Matrix specification, client-server API, ``m.room.power_levels``; creators of room version 12
and later stand above everybody (MSC4289).
"""

import math
from collections.abc import Iterable, Mapping
from typing import Any

from attrs import frozen

CREATOR = 100.0
"""Power of the creator of a room without power levels."""

DEFAULTS = {"users_default": 0.0, "state_default": 50.0, "kick": 50.0}


@frozen
class Powers:
    """The powers in one room.

    ``levels`` is the content of ``m.room.power_levels``, ``None`` if there is none; ``above`` are the
    creators nobody has power over.
    """

    levels: Mapping[str, Any] | None
    creator: str
    above: frozenset[str] = frozenset()

    def of(self, user: str) -> float:
        """Give somebody's power."""
        if user in self.above:
            return math.inf
        if self.levels is None:
            return CREATOR if user == self.creator else 0.0
        users = self.levels.get("users")
        own = users.get(user) if isinstance(users, Mapping) else None
        level = _number(own)
        return self._level("users_default") if level is None else level

    def may_remove(self, actor: str, target: str) -> bool:
        """Whether ``actor`` may kick ``target``."""
        return self.of(actor) >= self._level("kick") and self.of(actor) > self.of(target)

    def may_set(self, actor: str, event_type: str) -> bool:
        """Whether ``actor`` may send state of a type."""
        events = (self.levels or {}).get("events")
        level = _number(events.get(event_type) if isinstance(events, Mapping) else None)
        needed = self._level("state_default") if level is None else level
        return self.of(actor) >= needed

    def strongest(self, users: Iterable[str]) -> str | None:
        """Give the one with most power, the first by name of several; ``None`` of nobody."""
        return min(users, key=lambda user: (-self.of(user), user), default=None)

    def _level(self, name: str) -> float:
        if self.levels is None:
            return 0.0 if name == "state_default" else DEFAULTS[name]
        level = _number(self.levels.get(name))
        return DEFAULTS[name] if level is None else level


def _number(value: object) -> float | None:
    """Read a level; rooms before version 10 may hold numbers written as text."""
    if isinstance(value, bool) or not isinstance(value, int | str):
        return None
    try:
        return float(int(value))
    except ValueError:
        return None
