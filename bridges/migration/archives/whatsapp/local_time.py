# SPDX-License-Identifier: AGPL-3.0-or-later
"""When a message was sent, from what the clock of the phone has shown.

Exports tell no time zone: it is that of the phone when the chat was exported, for all messages. In the
hour that comes twice when summer time ends, times are first taken for the first of the two; once they fall
back by half an hour or more, for the second. Times that were left out in spring mean what they would mean
if the clock had not been put forward.
"""

from datetime import date, datetime, time, timedelta, tzinfo

from attrs import define

_FALLS_BACK = timedelta(minutes=30)


@define
class LocalTime:
    """Reads the times of one chat, in the order of the file."""

    zone: tzinfo
    _latest: datetime = datetime.min
    _second: bool = False
    _even_day: date | None = None
    """The day of the last time, if the clock was not put back or forward on it."""

    def aware(self, shown: datetime) -> datetime:
        """The moment at which a clock in the zone has shown a time."""
        first = shown.replace(tzinfo=self.zone)
        if shown.date() == self._even_day:
            return first
        second = shown.replace(tzinfo=self.zone, fold=1)
        if not _comes_twice(first, second):
            self._second = False
            self._latest = datetime.min
            self._even_day = shown.date() if self._is_even(shown) else None
            return first
        self._second = self._second or self._latest - shown >= _FALLS_BACK
        self._latest = max(self._latest, shown)
        return second if self._second else first

    def _is_even(self, shown: datetime) -> bool:
        start = datetime.combine(shown, time.min, self.zone)
        end = datetime.combine(shown, time.max, self.zone)
        return start.utcoffset() == end.utcoffset()


def _comes_twice(first: datetime, second: datetime) -> bool:
    before, after = first.utcoffset(), second.utcoffset()
    return before is not None and after is not None and before > after
