# SPDX-License-Identifier: AGPL-3.0-or-later
"""Properties of vCards: unfolds lines (RFC 6350 §3.2) and takes them apart (§3.3)."""

import re
from collections.abc import Iterable, Iterator

from attrs import field, frozen

from bridges.contacts.sources.reading import MAX_LINE_BYTES, RawLine

_NAME = re.compile(rb"\s*(?:[A-Za-z0-9-]+\.)?(?P<name>[A-Za-z0-9-]+)(?=[;:])")
_PARAMETER = re.compile(
    rb";\s*(?P<name>[^=:;\",]*)(?P<values>(?:=(?:\"[^\"]*\"|[^:;\",]*)(?:,(?:\"[^\"]*\"|[^:;\",]*))*)?)"
)
_QUOTED_PRINTABLE = re.compile(
    rb"[^:]*;\s*(?:ENCODING\s*=\s*)?\"?QUOTED-PRINTABLE\b", re.IGNORECASE
)
_BASE64 = re.compile(rb"[^:]*;\s*(?:ENCODING\s*=\s*)?\"?(?:BASE64|B)\"?\s*[;:]", re.IGNORECASE)
_VERSION = re.compile(rb"\s*VERSION\s*:\s*(?P<number>[\d.]+)", re.IGNORECASE)
_SURELY_NEXT = re.compile(
    rb"(?:BEGIN:VCARD|END:VCARD)\s*$|VERSION:[\d.]+\s*$|(?:[\w-]+\.)?(?:N|FN|ORG|TEL|EMAIL)[;:]",
)
"""The beginning of a property that quoted-printable text is hardly ever broken before."""


@frozen
class Property:
    """One property.

    Attributes:
        line: where it begins, counted from 1.
        name: in capitals, without its group.
        parameters: names in capitals → values; of a bare value (version 2.1) the name is empty.
        value: as it stands in the file.
        cut: whether it goes on beyond what is kept.
    """

    line: int
    name: str
    parameters: dict[str, tuple[str, ...]] = field(factory=dict)
    value: bytes = b""
    cut: bool = False

    def first(self, parameter: str) -> str | None:
        """The first value of a parameter."""
        values = self.parameters.get(parameter, ())
        return values[0] if values else None

    def says(self, word: str) -> bool:
        """Whether a word stands among the parameters that need no name in version 2.1."""
        named = (self.parameters.get(name, ()) for name in ("", "TYPE", "ENCODING"))
        return any(word == one.upper() for values in named for one in values)


@frozen
class Garbled:
    """A line that is no property."""

    line: int


def properties(lines: Iterable[RawLine]) -> Iterator[Property | Garbled]:
    """Read the properties of all cards, ``BEGIN`` and ``END`` among them. Empty lines are left out."""
    for line in _unfolded(lines):
        yield _taken_apart(line)


def _unfolded(lines: Iterable[RawLine]) -> Iterator[RawLine]:
    current: _Unfolding | None = None
    old = False
    for line in lines:
        if current is not None and current.goes_on_with(line):
            current.add(line, keep_space=old)
            continue
        if current is not None:
            yield current.line()
        current = _Unfolding(line) if line.data.strip() else None
        if version := _VERSION.match(line.data):
            old = version["number"] == b"2.1"
    if current is not None:
        yield current.line()


class _Unfolding:
    """A line to which others may still belong."""

    def __init__(self, line: RawLine) -> None:
        self._number = line.number
        self._data = bytearray(line.data)
        self._cut = line.cut
        self._is_base64 = _BASE64.match(line.data) is not None
        self._is_quoted = _QUOTED_PRINTABLE.match(line.data) is not None
        self._drop_soft_end()

    def goes_on_with(self, line: RawLine) -> bool:
        """Whether the next line of the file belongs to this one.

        Pictures of version 2.1 need not be indented, only ended by an empty line; and a last ``=`` may
        be a mistake.
        """
        if self._soft:
            return _SURELY_NEXT.match(line.data) is None
        if line.data[:1] in (b" ", b"\t"):
            return True
        return self._is_base64 and bool(line.data.strip()) and b":" not in line.data

    def add(self, line: RawLine, *, keep_space: bool) -> None:
        """Append a line. Version 2.1 folds where a space is, later ones add it."""
        rest = line.data
        if (
            not self._soft
            and rest[:1] in (b" ", b"\t")
            and not (keep_space and not self._is_base64)
        ):
            rest = rest[1:]
        room = MAX_LINE_BYTES - len(self._data)
        self._data += rest[:room]
        self._cut = self._cut or line.cut or len(rest) > room
        self._drop_soft_end()

    def line(self) -> RawLine:
        """The whole line."""
        return RawLine(self._number, bytes(self._data), self._cut)

    def _drop_soft_end(self) -> None:
        self._soft = self._is_quoted and self._data.endswith(b"=")
        if self._soft:
            del self._data[-1]


def _taken_apart(line: RawLine) -> Property | Garbled:
    name = _NAME.match(line.data)
    if name is None:
        return Garbled(line.number)
    parameters: dict[str, tuple[str, ...]] = {}
    position = name.end()
    while found := _PARAMETER.match(line.data, position):
        key, values = _parameter(found["name"], found["values"])
        parameters[key] = (*parameters.get(key, ()), *values)
        position = found.end()
    if line.data[position : position + 1] != b":":
        return Garbled(line.number)
    value = line.data[position + 1 :]
    return Property(line.number, name["name"].decode().upper(), parameters, value, line.cut)


def _parameter(name: bytes, values: bytes) -> tuple[str, tuple[str, ...]]:
    """Take a parameter apart; ``"…"`` may hold commas, of which ours are never part of a value."""
    if not values:
        return "", (_word(name),)
    return _word(name).upper(), tuple(_word(one) for one in values[1:].split(b","))


def _word(raw: bytes) -> str:
    return raw.decode("utf-8", "replace").strip().strip('"').strip()
