# SPDX-License-Identifier: AGPL-3.0-or-later
"""Contacts from the rows of a table, one after another, and what could not be read."""

import csv
from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import IO

from attrs import evolve

from bridges.contacts.sources.addresses import content_key, network_id
from bridges.contacts.sources.errors import SourceRefused
from bridges.contacts.sources.model import Card, Unread
from bridges.contacts.sources.reading import decode, raw_lines
from bridges.contacts.sources.tables.columns import Column, Meaning, columns
from bridges.core.sanitize import clean_name
from bridges.core.text import UserText, user_text

_BETWEEN_VALUES = ":::"
"""Google's, where a field has several values."""

_SEPARATORS = (",", ";", "\t")
_NAME_ORDER = (Meaning.PREFIX, Meaning.GIVEN, Meaning.MIDDLE, Meaning.FAMILY, Meaning.SUFFIX)


def read_table(stream: IO[bytes], *, legacy: str | None = None) -> Iterator[Card | Unread]:
    """Read all rows of a table, however long it is.

    Args:
        stream: the file.
        legacy: the encoding of what is neither UTF-8 nor UTF-16, if its owner knows.

    Raises:
        SourceRefused: its first row does not name the columns of a table of contacts.
    """
    lines = _Lines(stream, legacy)
    text = iter(lines)
    first = next(text, "")
    separator = max(_SEPARATORS, key=first.count)
    rows = csv.reader(_again(first, text), delimiter=separator, strict=True)
    top = _next_row(rows)
    headers = top if isinstance(top, list) else []
    known = columns(headers)
    if not known:
        raise SourceRefused(
            user_text(
                "The first line of this table does not say which columns have names and numbers. "
                "Export the contacts as “Google CSV” or as vCard, and send me that file."
            )
        )
    yield from lines.troubles()
    while True:
        start = lines.number + 1
        row = _next_row(rows)
        yield from lines.troubles()
        if row is None:
            return
        if isinstance(row, UserText):
            yield Unread(str(start), row)
        elif any(row):
            yield from _read_row(row, known, len(headers), str(start))


class _Lines:
    """The lines of a file as text; remembers how far it is, and which could not be read."""

    def __init__(self, stream: IO[bytes], legacy: str | None) -> None:
        self._stream = stream
        self._legacy = legacy
        self._troubles: list[Unread] = []
        self.number = 0

    def __iter__(self) -> Iterator[str]:
        for line in raw_lines(self._stream):
            decoded = decode(line.data, None, self._legacy)
            if not decoded.whole:
                self._trouble(line.number, user_text("Some letters here could not be read."))
            if line.cut:
                self._trouble(line.number, user_text("This line is too long."))
            self.number = line.number
            yield decoded.text.replace("\0", "\ufffd") + "\n"

    def troubles(self) -> list[Unread]:
        """What could not be read since the last call."""
        troubles, self._troubles = self._troubles, []
        return troubles

    def _trouble(self, number: int, reason: UserText) -> None:
        self._troubles.append(Unread(str(number), reason))


def _again(first: str, others: Iterator[str]) -> Iterator[str]:
    yield first
    yield from others


def _next_row(rows: Iterator[list[str]]) -> list[str] | UserText | None:
    try:
        return next(rows, None)
    except csv.Error:
        return user_text("This row is not a row of a table; a quotation mark may be missing.")


def _read_row(
    row: Sequence[str], known: Sequence[Column], width: int, where: str
) -> Iterator[Card | Unread]:
    if any(row[width:]):
        yield Unread(where, user_text("This row has more fields than the table has columns."))
    values: defaultdict[Meaning, list[str]] = defaultdict(list)
    for column in known:
        if column.position < len(row):
            values[column.meaning] += _values(row[column.position])
    in_parts = " ".join(part for meaning in _NAME_ORDER for part in values[meaning])
    names = _distinct([*values[Meaning.FULL_NAME], clean_name(in_parts), *values[Meaning.NICKNAME]])
    organisation = next(iter(values[Meaning.ORGANISATION]), "")
    found = (network_id(link) for link in values[Meaning.LINK])
    card = Card(
        key="",
        name=names[0] if names else organisation,
        other_names=names[1:],
        phones=_distinct(values[Meaning.PHONE]),
        emails=_distinct(values[Meaning.EMAIL]),
        ids=tuple(one for one in found if one is not None),
    )
    if card == Card("", ""):
        reason = user_text("This card has neither a name nor a number nor an address.")
        yield Unread(where, reason)
    else:
        yield evolve(card, key=content_key(card))


def _values(cell: str) -> list[str]:
    return [one for part in cell.split(_BETWEEN_VALUES) if (one := clean_name(part))]


def _distinct(values: Sequence[str]) -> tuple[str, ...]:
    return tuple(one for one in dict.fromkeys(values) if one)
