# SPDX-License-Identifier: AGPL-3.0-or-later
"""Delegated statistics of the regional internet registries: which addresses went to which country.

Format: "RIR statistics exchange format", version 2 and its extension (``delegated-…-extended``):
a line of the version, a summary line for each type, then records
``registry|cc|type|start|value|date|status[|opaque-id…]``. ``value`` is the number of addresses of an
IPv4 record (any number, not only powers of two) and the prefix length of an IPv6 record.
"""

import socket
from collections.abc import Collection, Iterator

from attrs import define, field, frozen

from policy_module.territory.addresses import IPV4_BITS, IPV6_BITS
from policy_module.territory.ranges import Range
from policy_module.territory.territory import CountryRanges

KEPT_COMPLAINTS = 20
"""How many broken lines are named; all are counted."""

MAX_SHOWN = 40
"""Longest text repeated of a file, in characters."""

_TYPES = frozenset({"asn", "ipv4", "ipv6"})
_GIVEN = frozenset({"allocated", "assigned", "legacy"})
_NOT_GIVEN = frozenset({"available", "reserved"})


class RegistryError(ValueError):
    """The text is no such file; the message says what it should be."""


@frozen
class BrokenLine:
    """A record that was left out: its number from 1, and what is wrong with it."""

    number: int
    why: str


@frozen
class RegistryFile:
    """What a file says about the countries that were asked for."""

    registry: str
    serial: str
    ranges: CountryRanges
    countries: frozenset[str]
    """Those of the countries asked for that have at least one record."""
    broken_lines: int
    broken: tuple[BrokenLine, ...]
    """The first of the broken lines."""
    missing: dict[str, int]
    """Type → records that the summary announces and the file does not have: it was cut short."""


class _Broken(Exception):
    """A line cannot be used; the text says why."""


@define
class _Reading:
    wanted: frozenset[str]
    label: str
    ipv4: list[Range] = field(factory=list)
    ipv6: list[Range] = field(factory=list)
    seen: dict[str, int] = field(factory=dict)
    announced: dict[str, int] = field(factory=dict)
    found: set[str] = field(factory=set)
    broken_lines: int = 0
    broken: list[BrokenLine] = field(factory=list)

    def line(self, number: int, fields: list[str]) -> None:
        try:
            if fields[-1] == "summary" and len(fields) == 6:
                self._summary(fields)
            else:
                self._record(fields)
        except _Broken as error:
            self.broken_lines += 1
            if len(self.broken) < KEPT_COMPLAINTS:
                self.broken.append(BrokenLine(number, str(error)))

    def _summary(self, fields: list[str]) -> None:
        kind, count = fields[2], fields[4]
        if kind not in _TYPES or not count.isascii() or not count.isdigit():
            raise _Broken("is no summary such as registry|*|ipv4|*|1234|summary")
        self.announced[kind] = int(count)

    def _record(self, fields: list[str]) -> None:
        if len(fields) < 7:
            raise _Broken(f"has {len(fields)} fields instead of 7 or more")
        kind = fields[2]
        if kind not in _TYPES:
            raise _Broken(f"is of the unknown type {kind[:20]!r}")
        self.seen[kind] = self.seen.get(kind, 0) + 1
        country, status = fields[1].upper(), fields[6]
        if status in _NOT_GIVEN or kind == "asn":
            return
        if status not in _GIVEN:
            raise _Broken(f"has the unknown status {status[:20]!r}")
        if not (len(country) == 2 and country.isascii() and country.isalpha()):
            raise _Broken(f"has no country code but {country[:20]!r}")
        first, last = _ipv4(fields) if kind == "ipv4" else _ipv6(fields)
        if country in self.wanted:
            self.found.add(country)
            ranges = self.ipv4 if kind == "ipv4" else self.ipv6
            ranges.append(Range(first, last, f"country {country} ({self.label})"))

    def missing(self) -> dict[str, int]:
        missing = {kind: count - self.seen.get(kind, 0) for kind, count in self.announced.items()}
        return {kind: count for kind, count in missing.items() if count > 0}


def parse_registry(text: str, countries: Collection[str], label: str) -> RegistryFile:
    """Read a file and keep what was given to some countries.

    Args:
        text: the whole file.
        countries: two-letter codes in capitals (ISO 3166-1, and the registries' own ``EU``, ``AP``).
        label: how rules name the file.

    Raises:
        RegistryError: if it does not begin with a line of the version.
    """
    lines = _lines(text)
    _, version = next(lines, (0, [""]))
    if len(version) < 7 or version[0].partition(".")[0] != "2":
        raise RegistryError(
            "does not begin like a delegated statistics file (2|registry|serial|records|…);"
            " fetch delegated-…-extended-latest from the registry"
        )
    reading = _Reading(frozenset(countries), label)
    for number, fields in lines:
        reading.line(number, fields)
    return RegistryFile(
        registry=version[1][:MAX_SHOWN],
        serial=version[2][:MAX_SHOWN],
        ranges=CountryRanges(tuple(reading.ipv4), tuple(reading.ipv6)),
        countries=frozenset(reading.found),
        broken_lines=reading.broken_lines,
        broken=tuple(reading.broken),
        missing=reading.missing(),
    )


def _lines(text: str) -> Iterator[tuple[int, list[str]]]:
    for number, line in enumerate(text.split("\n"), start=1):
        bare = line.strip()
        if bare and not bare.startswith("#"):
            yield number, bare.split("|")


def _ipv4(fields: list[str]) -> tuple[int, int]:
    first = _address(socket.AF_INET, fields[3])
    last = first + _number(fields[4]) - 1
    if last >> IPV4_BITS:
        raise _Broken("reaches beyond the last IPv4 address")
    return first, last


def _ipv6(fields: list[str]) -> tuple[int, int]:
    first = _address(socket.AF_INET6, fields[3])
    prefix = _number(fields[4])
    if prefix > IPV6_BITS:
        raise _Broken("has a prefix of more than 128 bits")
    rest = (1 << (IPV6_BITS - prefix)) - 1
    if first & rest:
        raise _Broken("has bits set behind its prefix")
    return first, first | rest


def _address(family: int, text: str) -> int:
    # Twice as fast as ipaddress, for files of several hundred thousand records.
    try:
        return int.from_bytes(socket.inet_pton(family, text))
    except (OSError, ValueError, UnicodeError):
        raise _Broken(f"has no address but {text[:MAX_SHOWN]!r}") from None


def _number(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) <= 10) or int(text) == 0:
        raise _Broken(f"has no count but {text[:20]!r}")
    return int(text)
