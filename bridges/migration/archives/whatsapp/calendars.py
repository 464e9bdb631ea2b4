# SPDX-License-Identifier: AGPL-3.0-or-later
"""Dates of the calendars that phones are set to, as days of the Gregorian calendar.

Which calendar a year is of is told by the word beside it or by its size: WhatsApp exists since 2009, so
the years of all calendars lie far apart.
"""

from datetime import date, timedelta

FIRST_YEAR = 2009
"""Nothing on WhatsApp is older."""

_ERAS = {"r": 2018, "令和": 2018, "h": 1988, "平成": 1988, "s": 1925, "民國": 1911, "民国": 1911}
_BUDDHIST = -543
_BUDDHIST_WORDS = frozenset({"be", "พ.ศ."})
_MINGUO = 1911
_PERSIAN_YEARS = range(1378, 1430)
_ISLAMIC_YEARS = range(1430, 1500)

_NOWRUZ_1375 = date(1996, 3, 20)
_PERSIAN_MONTHS = (31, 31, 31, 31, 31, 31, 30, 30, 30, 30, 30, 29)


class IslamicDate(Exception):
    """A date of the Islamic calendar, whose months begin with an observation that no rule foretells."""


def gregorian(year: str, month: int, day: int, *, era: str = "", latest: int = 9999) -> date | None:
    """The day a date means, None if there is no such day.

    Args:
        year: its digits; two of them stand for a year from 1971 to 2070, or for one of the Buddhist
            calendar where that would be later than ``latest``.
        era: the word or letter beside the year, empty if there is none.
        latest: the last Gregorian year there can be.

    Raises:
        IslamicDate: it is a date of the Islamic calendar.
    """
    number = int(year)
    era = era.strip().lower()
    if era in _ERAS:
        return _day(number + _ERAS[era], month, day)
    if era in _BUDDHIST_WORDS or number >= 2400:
        full = number if len(year) > 2 else number + 2500
        return _day(full + _BUDDHIST, month, day)
    if len(year) <= 2:
        return _day(_full_year(number, latest), month, day)
    if number in _PERSIAN_YEARS:
        return _persian(number, month, day)
    if number in _ISLAMIC_YEARS:
        raise IslamicDate
    if len(year) == 3:
        return _day(number + _MINGUO, month, day)
    return _day(number, month, day)


def _full_year(number: int, latest: int) -> int:
    if 2000 + number <= latest:
        return 2000 + number
    buddhist = 2500 + number + _BUDDHIST
    if FIRST_YEAR <= buddhist <= latest:
        return buddhist
    return 1900 + number if number > 70 else 2000 + number


def _day(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None


def _is_persian_leap(year: int) -> bool:
    """Eight leap years in 33, which agrees with the equinox for the years in question."""
    return (25 * year + 11) % 33 < 8


def _persian(year: int, month: int, day: int) -> date | None:
    is_last_of_leap = month == 12 and _is_persian_leap(year)
    if not 1 <= month <= 12 or not 1 <= day <= _PERSIAN_MONTHS[month - 1] + is_last_of_leap:
        return None
    years = sum(365 + _is_persian_leap(past) for past in range(1375, year))
    return _NOWRUZ_1375 + timedelta(years + sum(_PERSIAN_MONTHS[: month - 1]) + day - 1)
