# SPDX-License-Identifier: AGPL-3.0-or-later
"""The beginning of a line that begins a message: date and time, before anything is decided about them.

Phones write them in the way of their language and region. All ways are read as one of four layouts, with
what separates the parts; a file has one way throughout.
"""

import re
from collections.abc import Iterable, Mapping
from enum import Enum, auto

from attrs import define, field, frozen

from bridges.migration.archives.whatsapp.day_periods import hour_of_day, is_empty, is_period
from bridges.migration.archives.whatsapp.marks import plain, raw_length
from bridges.migration.archives.whatsapp.months import MONTHS

_LONGEST = 96
"""A header's characters, with room for the marks among them."""


class Layout(Enum):
    """What stands where."""

    DATE_FIRST = auto()
    TIME_FIRST = auto()
    NAMED_DATE_FIRST = auto()
    NAMED_TIME_FIRST = auto()


@frozen
class Shape:
    """How the headers of a file are written.

    Attributes:
        bracket: they stand in brackets, as the iPhone writes them.
        separators: what stands between the parts of the date, and between those of the time.
        comma: one stands between date and time.
        ending: what ends them.
        long_first: the first part of the date is a year for sure; ``long_last`` the same of the last.
        seconds: the time has them.
    """

    layout: Layout
    bracket: bool
    separators: str
    comma: bool
    ending: str
    long_first: bool
    long_last: bool
    seconds: bool


@frozen
class Header:
    """A header.

    Attributes:
        parts: the date's digits, in the order they are written; day, month and year (which may be
            empty) where the month has a name.
        era: the word or letter beside the year.
        hour: 0 to 23.
        length: how many characters of the line belong to it.
        written: all of it, as it stands there but for marks.
    """

    shape: Shape
    parts: tuple[str, str, str]
    era: str
    hour: int
    minute: int
    second: int
    length: int
    written: str


_ERA = r"(?:[rhsRHS]|令和|平成|民國|民国)"
_DATE = (
    rf"(?P<era_first>{_ERA})?(?P<a>\d{{1,4}})(?P<s1>\. ?|[/-]| ?[年년] ?| )"
    r"(?P<b>\d{1,2})(?P<s2>\. ?|[/-]| ?[月월] ?| )"
    rf"(?P<era_last>{_ERA}|พ\.ศ\. ?)?(?P<c>\d{{1,4}})(?!\d)(?P<tail>\.(?=[ ,])| ?[日일]| ?(?i:be)\b)?"
)
_NAME = "|".join(re.escape(name) for name in sorted(MONTHS, key=len, reverse=True))
_NAMED = (
    r"(?:[^\W\d_]{2,12}\.?,? )?(?:"
    rf"(?P<d1>\d{{1,2}})\.? (?:de |of )?(?P<m1>(?i:{_NAME}))\b\.?,?(?: (?:de )?(?P<y1>\d{{4}}))?"
    rf"|(?P<m2>(?i:{_NAME}))\b\.? (?P<d2>\d{{1,2}})(?:, (?P<y2>\d{{4}}))?)"
)
_WORDS = r"[^\d\[\]:]"
_TIME = r"(?P<hour>\d{1,2})(?P<st>[:.]| h )(?P<minute>\d{2})(?:(?P=st)(?P<second>\d{2}))?(?!\d)"
_ENDING = r"(?P<ending>\]| [-–—] |: |, )"


def _compiled(date: str, *, time_first: bool) -> re.Pattern[str]:
    opened = r"(?P<bracket>\[ ?)?"
    if time_first:
        return re.compile(
            rf"{opened}{_TIME}(?P<between>{_WORDS}{{1,24}}){date}(?P<after>){_ENDING}"
        )
    between, after = rf"(?P<between>{_WORDS}{{1,24}})", rf"(?P<after>{_WORDS}{{0,24}}?)"
    return re.compile(rf"{opened}{date}{between}{_TIME}{after}{_ENDING}")


_PATTERNS = {
    Layout.DATE_FIRST: _compiled(_DATE, time_first=False),
    Layout.TIME_FIRST: _compiled(_DATE, time_first=True),
    Layout.NAMED_DATE_FIRST: _compiled(_NAMED, time_first=False),
    Layout.NAMED_TIME_FIRST: _compiled(_NAMED, time_first=True),
}
_LATER_SEPARATOR = {"年": "月", "년": "월"}
_YEAR_SIGNS = frozenset("年년")
_COMMAS = frozenset(",،、，")


_NAMED_LAYOUTS = frozenset({Layout.NAMED_DATE_FIRST, Layout.NAMED_TIME_FIRST})
_MOST_FRAMES = 1_000


@frozen
class _Frame:
    """A header without its numbers. ``period``: the words for the part of the day, or empty."""

    shape: Shape
    era: str
    period: str


@define
class HeaderReader:
    """Finds headers of one layout; the few ways in which a file writes them are worked out once each.

    ``shape``: only headers of this shape are found.
    """

    layout: Layout
    shape: Shape | None = None
    _pattern: re.Pattern[str] = field(init=False)
    _groups: tuple[str, ...] = field(init=False)
    _frames: dict[tuple[object, ...], _Frame | None] = field(init=False, factory=dict)

    def __attrs_post_init__(self) -> None:
        self._pattern = _PATTERNS[self.layout]
        self._groups = _FRAME_GROUPS
        if self.layout not in _NAMED_LAYOUTS:
            self._groups += _DATE_GROUPS

    def find(self, line: str) -> Header | None:
        """The header a line begins with, None if it begins with none."""
        head = line[:_LONGEST]
        text = plain(head)
        found = self._pattern.match(text)
        return self._read(found, head) if found else None

    def _read(self, found: re.Match[str], head: str) -> Header | None:
        parts = _parts(found, self.layout)
        hour, minute, second = found.group("hour", "minute", "second")
        frame = self._frame(found, parts, has_seconds=second is not None)
        if frame is None or int(minute) > 59 or int(second or 0) > 59 or int(hour) > 24:
            return None
        told = hour_of_day(int(hour), frame.period) if frame.period else int(hour) % 24
        if told is None:
            return None
        end = found.end()
        length = end if found.string is head else raw_length(head, end)
        seconds = int(second or 0)
        return Header(frame.shape, parts, frame.era, told, int(minute), seconds, length, found[0])

    def _frame(
        self, found: re.Match[str], parts: tuple[str, str, str], *, has_seconds: bool
    ) -> _Frame | None:
        key = (
            *found.group(*self._groups),
            has_seconds,
            len(parts[0]) > 2,
            len(parts[2]) > 2,
        )
        if key not in self._frames:
            if len(self._frames) >= _MOST_FRAMES:
                self._frames.clear()
            frame = _frame(found.groupdict(), parts, self.layout)
            is_wanted = frame is not None and self.shape in (None, frame.shape)
            self._frames[key] = frame if is_wanted else None
        return self._frames[key]


_FRAME_GROUPS: tuple[str, ...] = ("bracket", "between", "st", "after", "ending")
_DATE_GROUPS = ("era_first", "s1", "s2", "era_last", "tail")
_Groups = Mapping[str, str | None]


def _frame(groups: _Groups, parts: tuple[str, str, str], layout: Layout) -> _Frame | None:
    ending, bracket = groups["ending"] or "", groups["bracket"] is not None
    words = [(groups[name] or "").strip(_AROUND_WORDS) for name in ("between", "after")]
    periods = [one for one in words if is_period(one)]
    meaningless = all(is_empty(one) or one in periods for one in words)
    if (ending == "]") != bracket or not meaningless or len(periods) > 1:
        return None
    if layout in _NAMED_LAYOUTS:
        date: _Date | None = ("", "", False, True)
    else:
        date = _numeric(groups, parts)
    if date is None or (ending == ", " and date[0].strip() not in _YEAR_SIGNS):
        return None
    separator, era, long_first, long_last = date
    shape = Shape(
        layout,
        bracket,
        separator + (groups["st"] or ""),
        (groups["between"] or "")[:1] in _COMMAS,
        ending.strip(),
        long_first,
        long_last,
        groups["second"] is not None,
    )
    return _Frame(shape, era, periods[0] if periods else "")


_AROUND_WORDS = " ,،、，-"
_Date = tuple[str, str, bool, bool]


def _numeric(groups: _Groups, parts: tuple[str, str, str]) -> _Date | None:
    """Separator, era, and whether the first or the last part is a year for sure."""
    first, second = (groups["s1"] or "").strip(), (groups["s2"] or "").strip()
    if second != _LATER_SEPARATOR.get(first, first):
        return None
    era_first, era_last, tail = groups["era_first"], groups["era_last"], groups["tail"]
    is_buddhist = tail is not None and tail.strip().lower() == "be"
    era = era_first or era_last or ("be" if is_buddhist else "")
    long_first = len(parts[0]) > 2 or era_first is not None or first in _YEAR_SIGNS
    long_last = len(parts[2]) > 2 or era_last is not None or is_buddhist
    if long_first and long_last:
        return None
    if not first and not (long_first or long_last):
        return None  # Any three numbers with a time behind them.
    return groups["s1"] or "", era, long_first, long_last


def _parts(found: re.Match[str], layout: Layout) -> tuple[str, str, str]:
    if layout is Layout.DATE_FIRST or layout is Layout.TIME_FIRST:
        first, second, third = found.group("a", "b", "c")
        return first, second, third
    month = MONTHS[(found["m1"] or found["m2"]).lower()]
    return found["d1"] or found["d2"], str(month), found["y1"] or found["y2"] or ""


def readers() -> tuple[HeaderReader, ...]:
    """Readers for all layouts."""
    return tuple(HeaderReader(layout) for layout in Layout)


def find_header(line: str, among: Iterable[HeaderReader]) -> Header | None:
    """The header a line begins with, in the first layout in which there is one."""
    return next((found for one in among if (found := one.find(line))), None)
