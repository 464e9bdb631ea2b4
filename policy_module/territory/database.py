# SPDX-License-Identifier: AGPL-3.0-or-later
"""A country database in MaxMind's format, which the operator supplies.

Read once, whole, and kept as ranges like everything else: a look-up then costs no more, and the
file may be replaced at any time. Understood are the records of GeoIP2, GeoLite2 and DB-IP
(``country.iso_code``) and the flat ones of others (``country_code``, or ``country`` as a code).
"""

import struct
from collections.abc import Collection, Iterator, Mapping
from io import BytesIO
from pathlib import Path

import maxminddb
from attrs import frozen
from maxminddb.decoder import Decoder
from maxminddb.reader import Metadata

from policy_module.territory.addresses import IPV4_BITS, IPV6_BITS
from policy_module.territory.ranges import Range
from policy_module.territory.searchtree import SearchTree
from policy_module.territory.territory import CountryRanges

_LATEST = 2**33
"""The year 2242, in POSIX seconds."""

_DAMAGED = (
    maxminddb.InvalidDatabaseError,
    ArithmeticError,
    AttributeError,
    LookupError,
    RecursionError,
    TypeError,
    ValueError,
    struct.error,
)
"""What reading a damaged file may raise: its metadata, too, may be of any type and size."""


class DatabaseError(ValueError):
    """The file is no such database; the message says what it should be."""


@frozen
class CountryDatabase:
    """What a database says about the countries that were asked for."""

    kind: str
    """The database's own name for what it is."""
    built: int
    """When it was made, in POSIX seconds."""
    ranges: CountryRanges
    countries: frozenset[str]
    """Those of the countries asked for that have at least one network."""


def read_database(path: Path, countries: Collection[str], label: str) -> CountryDatabase:
    """Read a database and keep what lies in some countries.

    Args:
        path: the file.
        countries: two-letter codes in capitals (ISO 3166-1).
        label: how rules name the file.

    Raises:
        DatabaseError: if it is none, or is damaged, or holds no countries.
        OSError: if it cannot be read.
    """
    data = path.read_bytes()
    rules = {country: f"country {country} ({label})" for country in countries}
    ranges: dict[bool, list[Range]] = {True: [], False: []}
    found: set[str] = set()
    knows_countries = False
    try:
        with maxminddb.open_database(BytesIO(data), maxminddb.MODE_FD) as database:
            about = database.metadata()
        for one in _located(data, about):
            knows_countries = True
            if one.country in rules:
                found.add(one.country)
                ranges[one.is_ipv4].append(Range(one.first, one.last, rules[one.country]))
    except _DAMAGED as error:
        raise DatabaseError(f"is no intact database in MaxMind's format: {error}") from error
    if not 0 <= about.build_epoch <= _LATEST:
        raise DatabaseError(
            "is no intact database in MaxMind's format: it was made at no real time"
        )
    if not knows_countries:
        raise DatabaseError(
            f"holds no country codes (it is a {about.database_type!r}); a country database is needed"
        )
    return CountryDatabase(
        str(about.database_type),
        about.build_epoch,
        CountryRanges(tuple(ranges[True]), tuple(ranges[False])),
        frozenset(found),
    )


@frozen
class _Located:
    """A network and the country it is in."""

    first: int
    last: int
    is_ipv4: bool
    country: str


def _located(data: bytes, about: Metadata) -> Iterator[_Located]:
    """Yield the networks whose records name a country."""
    bits = IPV6_BITS if about.ip_version == 6 else IPV4_BITS
    tree = SearchTree(data, about.node_count, about.record_size, bits)
    decoder = Decoder(data, tree.records)
    known: dict[int, str | None] = {}
    for leaf in tree.leaves():
        if leaf.record not in known:
            known[leaf.record] = country_of(decoder.decode(leaf.record)[0])
        country = known[leaf.record]
        if country is not None:
            last = leaf.first | ((1 << (bits - leaf.prefix)) - 1)
            yield _Located(leaf.first, last, last >> IPV4_BITS == 0, country)


def country_of(record: object) -> str | None:
    """Give the code of the country that a record says its network is in."""
    if not isinstance(record, Mapping):
        return None
    country = record.get("country")
    if isinstance(country, Mapping):
        country = country.get("iso_code")
    if not _is_code(country):
        country = record.get("country_code")
    return country.upper() if _is_code(country) and isinstance(country, str) else None


def _is_code(value: object) -> bool:
    return isinstance(value, str) and len(value) == 2 and value.isascii() and value.isalpha()
