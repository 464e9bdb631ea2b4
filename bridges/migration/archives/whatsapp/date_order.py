# SPDX-License-Identifier: AGPL-3.0-or-later
"""Whether a file's dates say the day or the month first: decided over the whole file, or asked.

What speaks for an order, strongest first: file names of the iPhone, which hold the date and time of their
message; dates that do not exist or lie in the future in the other order; dates that go backwards in the
other order, or are the same day of every month; what all phones with such separators or such a language
do; and file names of Android phones, which hold the day on which the file was stored there, if there are
several of them.
"""

from collections.abc import Callable, Iterable, Sequence
from datetime import date, timedelta
from enum import StrEnum
from itertools import zip_longest

from attrs import define, field, frozen

from bridges.migration.archives.whatsapp.calendars import FIRST_YEAR, IslamicDate, gregorian
from bridges.migration.archives.whatsapp.headers import Header, Layout, Shape

_A_DAY = timedelta(1)
_OUT_OF_ORDER = timedelta(31)
"""How much older than the one before it a message may be whose date has no year."""
_ENOUGH_NAMES = 3
_TIMES_WORSE = 3
_DAY_FIRST_SEPARATORS = (".", "-")
_SHORT_YEAR_FIRST_SEPARATORS = ("-", ". ")
"""Of dates as in French Canada and Korea; with others the year is long where it comes first."""
_AROUND = "[]-–—:, "
_ENOUGH_DAYS = 3


class DateOrder(StrEnum):
    """In which order a date's parts are written."""

    DAY_MONTH_YEAR = "dmy"
    MONTH_DAY_YEAR = "mdy"
    YEAR_MONTH_DAY = "ymd"
    YEAR_DAY_MONTH = "ydm"


_PLACES = {
    DateOrder.DAY_MONTH_YEAR: (2, 1, 0),
    DateOrder.MONTH_DAY_YEAR: (2, 0, 1),
    DateOrder.YEAR_MONTH_DAY: (0, 1, 2),
    DateOrder.YEAR_DAY_MONTH: (0, 2, 1),
}


@frozen
class Reading:
    """A file's dates in one order: the first and the last day there is then."""

    order: DateOrder
    first: date
    last: date


@frozen
class DateQuestion:
    """Nothing in a file tells which of several orders its dates are written in: somebody has to.

    Attributes:
        readings: what the file would say in each; the likeliest first.
        example: the first date and time as they stand there.
    """

    readings: tuple[Reading, ...]
    example: str


@define
class DayReader:
    """Reads the dates of one file in an order, one after the other; most are that of the line before.

    Dates without a year, which old phones wrote in the current one, follow on the date before.

    Attributes:
        latest: no message is younger.
        first_year: the year in which the file begins, if its dates do not tell and somebody does.
    """

    order: DateOrder
    latest: date
    first_year: int | None = None
    _written: tuple[str, ...] = ()
    _day: date | None = None
    _before: date | None = None

    def day(self, header: Header) -> date | None:
        """The day of the next header, None if there is no such day.

        Raises:
            IslamicDate: of a calendar that cannot be read.
        """
        written = (*header.parts, header.era)
        if written != self._written:
            self._day = None
            self._written = written
            self._day = self._read(header)
            self._before = self._day or self._before
        return self._day

    def _read(self, header: Header) -> date | None:
        year, month, day = (header.parts[place] for place in _PLACES[self.order])
        if year:
            return gregorian(year, int(month), int(day), era=header.era, latest=self.latest.year)
        if self._before is None:
            first = self.first_year
            return None if first is None else gregorian(f"{first:04}", int(month), int(day))
        years = range(self._before.year - 1, self._before.year + 2)
        days = (gregorian(f"{year:04}", int(month), int(day)) for year in years)
        return next((one for one in days if one and one > self._before - _OUT_OF_ORDER), None)


def orders(shape: Shape) -> tuple[DateOrder, ...]:
    """The orders that dates of a shape can be in."""
    if shape.layout in (Layout.NAMED_DATE_FIRST, Layout.NAMED_TIME_FIRST):
        return (DateOrder.DAY_MONTH_YEAR,)
    if shape.long_first:
        return (DateOrder.YEAR_MONTH_DAY, DateOrder.YEAR_DAY_MONTH)
    day_or_month_first = (DateOrder.DAY_MONTH_YEAR, DateOrder.MONTH_DAY_YEAR)
    if shape.long_last:
        return day_or_month_first
    return (*day_or_month_first, DateOrder.YEAR_MONTH_DAY)


@define
class _Evidence:
    """What speaks for and against one order."""

    reader: DayReader
    impossible: int = 0
    backwards: int = 0
    named_at: int = 0
    stored_on: int = 0
    first: date = date.max
    last: date = date.min
    at: date | None = None
    digest: int = 0
    """Equal if all days are equal."""
    some_days: set[date] = field(factory=set)
    """The first few different ones."""
    days_of_month: set[int] = field(factory=set)

    @property
    def order(self) -> DateOrder:
        return self.reader.order

    def add(self, day: date | None, latest: date) -> None:
        """Take in the day of the next header, which is another than that before."""
        previous, self.at = self.at, day
        if day is None or day > latest or day.year < FIRST_YEAR:
            self.impossible += 1
            self.at = None
            return
        if previous is not None and day < previous - _A_DAY:
            self.backwards += 1
        self.first, self.last = min(self.first, day), max(self.last, day)
        if len(self.some_days) < _ENOUGH_DAYS:
            self.some_days.add(day)
        self.days_of_month.add(day.day)
        self.digest = hash((self.digest, day.toordinal()))


@define
class DateEvidence:
    """Collects what a file's headers say of the order of dates; needs the same memory for any file.

    Attributes:
        latest: the day on which the file is read; messages cannot be younger, but for time zones.
        first_year: the year in which it begins, if its dates do not tell and somebody does.
    """

    shape: Shape
    latest: date
    first_year: int | None = None
    _all: list[_Evidence] = field(init=False)
    _last: tuple[str, str, str] | None = None
    _example: str = ""
    _headers: int = 0
    _changes: int = 0
    _islamic: int = 0
    _yearless: int = 0

    def __attrs_post_init__(self) -> None:
        self._all = [
            _Evidence(DayReader(order, self.latest, self.first_year))
            for order in orders(self.shape)
        ]

    def add(self, header: Header, sent: Iterable[date] = (), stored: Iterable[date] = ()) -> None:
        """Take in a header, and the days that the names of its message's files tell."""
        self._headers += 1
        if header.parts != self._last:
            if self._headers == 2:
                self._forget_first()
            self._last = header.parts
            self._changes += 1
            self._example = self._example or header.written.strip(_AROUND)
            self._read(header)
        for day in sent:
            for one in self._all:
                one.named_at += one.at is not None and abs(one.at - day) <= _A_DAY
        for day in stored:
            for one in self._all:
                one.stored_on += one.at == day

    def _forget_first(self) -> None:
        """What WhatsApp says first of a chat may be younger than the messages that follow."""
        for one in self._all:
            one.at = None

    def _read(self, header: Header) -> None:
        days: list[date | None] = []
        try:
            days = [one.reader.day(header) for one in self._all]
        except IslamicDate:
            self._islamic += 1
        for one, day in zip_longest(self._all, days):
            one.add(day, self.latest + _A_DAY)
        self._yearless += not header.parts[2] and not any(days)

    @property
    def islamic(self) -> bool:
        """Whether most of the dates are of the Islamic calendar."""
        return self._islamic > self._changes / 2

    @property
    def yearless(self) -> bool:
        """Whether there are dates without a year of which nothing tells it."""
        return self._yearless > 0

    def decide(self, *, language_has_day_first: bool = False) -> DateOrder | DateQuestion:
        """The order, or what to ask.

        ``language_has_day_first``: the file is in a language in which every region says the day first.
        """
        left = _best(self._all, lambda one: -one.named_at)
        left = _best(left, lambda one: one.impossible)
        left = _without(left, _unusual(self.shape))
        left = _best(left, lambda one: one.backwards)
        left = _without(left, _monthly(left))
        if language_has_day_first:
            left = _without(left, {DateOrder.MONTH_DAY_YEAR})
        stored = [one for one in left if one.stored_on]
        if len(stored) == 1 and stored[0].stored_on >= _ENOUGH_NAMES:
            left = stored
        left = [one for one in left if one.first <= one.last] or left
        if len({one.digest for one in left}) == 1:
            return left[0].order
        return DateQuestion(
            tuple(Reading(one.order, one.first, one.last) for one in left), self._example
        )


def _best(candidates: Sequence[_Evidence], against: Callable[[_Evidence], int]) -> list[_Evidence]:
    """Those against which not clearly more speaks than against the best."""
    counts = [against(one) for one in candidates]
    lowest = min(counts)
    limit = lowest * _TIMES_WORSE if lowest >= 0 else lowest / _TIMES_WORSE
    return [one for one, count in zip(candidates, counts, strict=True) if count <= limit]


def _unusual(shape: Shape) -> set[DateOrder]:
    """Orders that no phone uses with the separators of a shape."""
    unusual = {DateOrder.YEAR_DAY_MONTH}
    if shape.separators.startswith(_DAY_FIRST_SEPARATORS):
        unusual.add(DateOrder.MONTH_DAY_YEAR)
    if not shape.long_first and not shape.separators.startswith(_SHORT_YEAR_FIRST_SEPARATORS):
        unusual.add(DateOrder.YEAR_MONTH_DAY)
    return unusual


def _monthly(candidates: Sequence[_Evidence]) -> set[DateOrder]:
    """Orders in which people would have written on the same day of several months, and on no other.

    If there is another in which these are days of one month.
    """
    monthly = {
        one.order
        for one in candidates
        if len(one.some_days) == _ENOUGH_DAYS and len(one.days_of_month) == 1
    }
    return monthly if len(monthly) < len(candidates) else set()


def _without(candidates: list[_Evidence], unusual: set[DateOrder]) -> list[_Evidence]:
    return [one for one in candidates if one.order not in unusual] or candidates
