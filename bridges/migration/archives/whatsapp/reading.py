# SPDX-License-Identifier: AGPL-3.0-or-later
"""The second reading of a file: its messages, with the lines that belong to them.

A message may have lines that look like the beginning of another: an appointment, a piece of another chat.
WhatsApp marks nothing, so a line is taken for what it looks like unless its date is out of place by more
than a day, and nobody known in the chat has written it.
"""

from collections import deque
from collections.abc import Collection, Iterable, Iterator
from datetime import date, datetime, time, timedelta

from attrs import define, field, frozen

from bridges.core.text import UserText, user_text
from bridges.migration.archives.model import Skipped
from bridges.migration.archives.whatsapp.calendars import IslamicDate
from bridges.migration.archives.whatsapp.date_order import DayReader
from bridges.migration.archives.whatsapp.headers import Header, HeaderReader
from bridges.migration.archives.whatsapp.lines import TextLine
from bridges.migration.archives.whatsapp.marks import GENERATED
from bridges.migration.archives.whatsapp.senders import is_number, split_line
from bridges.migration.archives.whatsapp.survey import Survey
from bridges.migration.archives.whatsapp.wording import Wording

LONGEST_TEXT = 1_000_000
"""Characters of a message; WhatsApp allows 65,536."""
_AHEAD = 8
"""How many beginnings are looked at to see how time goes on."""
_A_DAY = timedelta(1)


@frozen
class Record:
    """A message as it stands in a file.

    Attributes:
        line: where it begins.
        sent: what the phone's clock has shown, or would have.
        sender: None for what WhatsApp says of the chat.
    """

    line: int
    sent: datetime
    sender: str | None
    text: str


@define
class _Beginning:
    """A line that looks like the beginning of a message, and the lines up to the next such line."""

    line: int
    whole: str
    sent: datetime
    sender: str | None
    texts: list[str]
    length: int = 0
    left_out: list[int] = field(factory=list)

    def add(self, number: int, text: str) -> None:
        if self.length + len(text) > LONGEST_TEXT:
            self.left_out.append(number)
            del self.left_out[1:-1]
            return
        self.texts.append(text)
        self.length += len(text) + 1

    def swallow(self, other: "_Beginning") -> None:
        """Take in what has turned out to be more lines of this message."""
        self.add(other.line, other.whole)
        for text in other.texts[1:]:
            self.add(other.line, text)
        self.left_out += other.left_out

    def may_have_lines(self) -> bool:
        """Whether somebody has written it: what WhatsApp writes has one line."""
        return self.sender is not None and not self.texts[0].startswith(GENERATED)

    def record(self) -> Record:
        return Record(self.line, self.sent, self.sender, "\n".join(self.texts))


def records(
    lines: Iterable[TextLine],
    survey: Survey,
    days: DayReader,
    wording: Wording,
) -> Iterator[Record | Skipped]:
    """Give the messages of a file in its order, and what belongs to none.

    ``days`` reads the dates in the order that the survey has found, or somebody has told.
    """
    headers = HeaderReader(survey.shape.layout, survey.shape)
    known = _Known(survey.known, wording)
    stray: list[int] = []
    waiting: deque[_Beginning] = deque()
    current: _Beginning | None = None
    for line in lines:
        found = _beginning(line, survey, headers, days)
        if found is None:
            last = waiting[-1] if waiting else None
            if last is not None:
                last.add(line.number, line.text)
            elif line.text.strip():
                stray.append(line.number)
                del stray[1:-1]
        else:
            if stray:
                yield _skipped(stray, _before_first())
                stray = []
            waiting.append(found)
        if line.cut and waiting:
            waiting[-1].left_out.append(line.number)
        if len(waiting) > _AHEAD:
            current, done = _settle(current, waiting, known)
            yield from done
    while waiting:
        current, done = _settle(current, waiting, known)
        yield from done
    if stray:
        yield _skipped(stray, _before_first())
    if current is not None:
        yield from _finished(current)


def _settle(
    current: _Beginning | None, waiting: deque[_Beginning], known: "_Known"
) -> tuple[_Beginning, list[Record | Skipped]]:
    """Decide about the first of those waiting: it begins a message, or belongs to the current one."""
    first = waiting.popleft()
    if current is not None and _is_out_of_place(first, current, waiting, known):
        current.swallow(first)
        return current, []
    return first, [] if current is None else list(_finished(current))


def _is_out_of_place(
    one: _Beginning, before: _Beginning, after: Collection[_Beginning], known: "_Known"
) -> bool:
    if known.is_message(one) or not before.may_have_lines():
        return False
    if one.sent < before.sent - _A_DAY:
        return _most(later.sent > one.sent + _A_DAY for later in after)
    return _most(later.sent < one.sent - _A_DAY for later in after)


def _most(answers: Iterable[bool]) -> bool:
    told = list(answers)
    return sum(told) * 2 > len(told)


@frozen
class _Known:
    """What tells that a line begins a message whatever its date is."""

    names: frozenset[str]
    wording: Wording

    def is_message(self, one: _Beginning) -> bool:
        text = one.texts[0]
        if one.sender is not None:
            is_known = one.sender in self.names or is_number(one.sender)
            return is_known or text.startswith(GENERATED)
        return self.wording.is_system(text) or self.wording.tells_of_event(text)


def _finished(one: _Beginning) -> Iterator[Record | Skipped]:
    yield one.record()
    if one.left_out:
        yield _skipped(
            one.left_out, user_text("It belongs to a message longer than any in WhatsApp.")
        )


def _beginning(
    line: TextLine, survey: Survey, headers: HeaderReader, days: DayReader
) -> _Beginning | None:
    header = headers.find(line.text)
    day = _day(header, days) if header else None
    if header is None or day is None:
        return None
    sent = datetime.combine(day, time(header.hour, header.minute, header.second))
    rest = line.text[header.length :].removeprefix(" ")
    who = split_line(rest, survey.longer)
    return _Beginning(line.number, line.text, sent, who.sender, [who.text], len(who.text))


def _day(header: Header, days: DayReader) -> date | None:
    try:
        return days.day(header)
    except IslamicDate:
        return None


def _skipped(numbers: list[int], reason: UserText) -> Skipped:
    first, last = min(numbers), max(numbers)
    where = f"line {first}" if first == last else f"lines {first}–{last}"
    return Skipped(where, reason)


def _before_first() -> UserText:
    return user_text("It stands before the first message.")
