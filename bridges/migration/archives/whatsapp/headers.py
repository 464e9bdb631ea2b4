# SPDX-License-Identifier: AGPL-3.0-or-later
"""The beginning of a line that begins a message: date and time, before anything is decided about them.

Phones write them in the way of their language and region. All ways are read as one of four layouts, with
what separates the parts; a file has one way throughout.
"""

import re
from enum import Enum, auto

from attrs import frozen

from bridges.migration.archives.whatsapp.day_periods import hour_of_day, is_empty, is_period
from bridges.migration.archives.whatsapp.marks import plain, raw_length
from bridges.migration.archives.whatsapp.months import MONTHS

_LONGEST = 120
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
        separators: what stands between the parts of the date and between those of the time.
        comma: one stands between date and time.
        ending: what ends them.
        long_first: the first part of the date is a year for sure; ``long_last`` the same of the last.
        seconds: the time has them.
        period: the part of the day is told.
    """

    layout: Layout
    bracket: bool
    separators: str
    comma: bool
    ending: str
    long_first: bool
    long_last: bool
    seconds: bool
    period: bool


@frozen
class Header:
    """A header.

    Attributes:
        parts: the date's digits, in the order they are written; day, month and year (which may be
            empty) where the month has a name.
        era: the word or letter beside the year.
        hour: 0 to 23.
        length: how many characters of the line belong to it.
        written: date and time as they stand there.
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


def find_header(line: str, layout: Layout | None = None) -> Header | None:
    """The header a line begins with, None if it begins with none. ``layout``: only of that layout."""
    head = line[:_LONGEST]
    text = plain(head)
    for one in Layout if layout is None else (layout,):
        found = _PATTERNS[one].match(text)
        header = _read(found, one) if found else None
        if header is not None:
            end = header.length
            return header if text is head else _lengthened(header, head, end)
    return None


def _lengthened(header: Header, head: str, end: int) -> Header:
    return Header(
        header.shape,
        header.parts,
        header.era,
        header.hour,
        header.minute,
        header.second,
        raw_length(head, end),
        header.written,
    )


def _read(found: re.Match[str], layout: Layout) -> Header | None:
    ending, bracket = found["ending"], found["bracket"] is not None
    if (ending == "]") != bracket:
        return None
    between, after = found["between"], found["after"]
    date = _named(found) if layout in _NAMED_LAYOUTS else _numeric(found, between)
    hour = _hour(int(found["hour"]), between, after)
    minute, second = int(found["minute"]), int(found["second"] or 0)
    if date is None or hour is None or minute > 59 or second > 59:
        return None
    parts, separator, era, long_first, long_last = date
    if ending == ", " and separator not in _YEAR_SIGNS:
        return None
    shape = Shape(
        layout,
        bracket,
        separator + found["st"],
        between[0] in _COMMAS,
        ending.strip(),
        long_first,
        long_last,
        found["second"] is not None,
        bool(_period(between) or _period(after)),
    )
    written = found[0][len(found["bracket"] or "") :].removesuffix(ending)
    return Header(shape, parts, era, hour, minute, second, found.end(), written)


_NAMED_LAYOUTS = frozenset({Layout.NAMED_DATE_FIRST, Layout.NAMED_TIME_FIRST})
_Date = tuple[tuple[str, str, str], str, str, bool, bool]


def _numeric(found: re.Match[str], between: str) -> _Date | None:
    first, second = found["s1"].strip(), found["s2"].strip()
    if second != _LATER_SEPARATOR.get(first, first):
        return None
    era_first, era_last, tail = found["era_first"], found["era_last"], found["tail"]
    is_buddhist = tail is not None and tail.strip().lower() == "be"
    era = era_first or era_last or ("be" if is_buddhist else "")
    long_first = len(found["a"]) > 2 or era_first is not None or first in _YEAR_SIGNS
    long_last = len(found["c"]) > 2 or era_last is not None or is_buddhist
    if long_first and long_last:
        return None
    if not first and not (long_first or long_last):
        return None  # Any three numbers with a time behind them.
    return (found["a"], found["b"], found["c"]), first or " ", era, long_first, long_last


def _named(found: re.Match[str]) -> _Date | None:
    month = MONTHS[(found["m1"] or found["m2"]).lower()]
    year = found["y1"] or found["y2"] or ""
    return (found["d1"] or found["d2"], str(month), year), "", "", False, bool(year)


def _period(words: str) -> str:
    """What is said of the part of the day, empty if nothing is."""
    bare = words.strip(" ,،、，")
    return bare if bare and is_period(bare) else ""


def _hour(hour: int, between: str, after: str) -> int | None:
    said = [words.strip(" ,،、，-") for words in (between, after)]
    periods = [words for words in said if is_period(words)]
    if any(not is_empty(words) and words not in periods for words in said) or len(periods) > 1:
        return None
    if periods:
        return hour_of_day(hour, periods[0])
    return hour % 24 if hour <= 24 else None
