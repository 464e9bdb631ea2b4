# SPDX-License-Identifier: AGPL-3.0-or-later
"""Lines of a log that should not be there, but for those that a fault explains."""

import re
from collections.abc import Iterable, Sequence
from pathlib import Path

from attrs import field, frozen

_NEVER = re.compile(r"never retrieved|was never awaited|handling failed|given up")
"""What no fault excuses."""
_ERROR = re.compile(
    r"\[(error|critical) *\]|\| (ERROR|CRITICAL) |Traceback|Unhandled"
    r'|^(?!.*"module": ).*"level": "(error|critical)"'
)
"""Lines of WhatsApp's worker are JSON; those with a module are whatsmeow's: any end of a connection
is an error to it."""


@frozen
class Span:
    """From when to when something was broken, in seconds."""

    begin: float
    end: float


@frozen
class Alarm:
    """A line that tells of an error, and when it was read."""

    at: float
    line: str
    never: bool
    """Whether nothing excuses it."""


@frozen
class LogWatch:
    """Reads a log as it grows."""

    path: Path
    alarms: list[Alarm] = field(factory=list)
    _read: list[int] = field(factory=lambda: [0])

    def look(self, now: float) -> None:
        """Read what came since the last look."""
        with self.path.open("rb") as file:
            file.seek(self._read[0])
            text = file.read()
        complete = text[: text.rfind(b"\n") + 1]
        self._read[0] += len(complete)
        self.alarms.extend(alarms(complete.decode("utf-8", "replace").splitlines(), now))


def alarms(lines: Iterable[str], now: float) -> Iterable[Alarm]:
    """What of these tells of an error."""
    for line in lines:
        never = bool(_NEVER.search(line))
        if never or _ERROR.search(line):
            yield Alarm(now, line, never)


def unexplained(found: Sequence[Alarm], broken: Sequence[Span], patience: float) -> list[str]:
    """Those that came when nothing was broken, nor in the `patience` seconds after."""
    return [
        one.line
        for one in found
        if one.never or not any(span.begin <= one.at <= span.end + patience for span in broken)
    ]
