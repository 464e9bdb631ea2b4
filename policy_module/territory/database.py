# SPDX-License-Identifier: AGPL-3.0-or-later
"""A country database in MaxMind's format, which the operator supplies.

Read once, whole, and kept as ranges like everything else: a look-up then costs no more, and the
file may be replaced at any time. Understood are the records of GeoIP2, GeoLite2 and DB-IP
(``country.iso_code``) and the flat ones of others (``country_code``, or ``country`` as a code).
"""

from collections.abc import Collection, Mapping
from pathlib import Path

import maxminddb
from attrs import frozen

from policy_module.territory.ranges import Range
from policy_module.territory.territory import CountryRanges

_LATEST = 2**33
"""The year 2242, in POSIX seconds."""


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
    wanted = {country: f"country {country} ({label})" for country in countries}
    ranges: dict[int, list[Range]] = {4: [], 6: []}
    found: set[str] = set()
    knows_countries = False
    try:
        with maxminddb.open_database(path) as database:
            about = database.metadata()
            for network, record in database:
                country = country_of(record)
                knows_countries = knows_countries or country is not None
                if country in wanted:
                    found.add(country)
                    first, last = int(network.network_address), int(network.broadcast_address)
                    ranges[network.version].append(Range(first, last, wanted[country]))
    except (maxminddb.InvalidDatabaseError, ValueError) as error:
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
        about.database_type,
        about.build_epoch,
        CountryRanges(tuple(ranges[4]), tuple(ranges[6])),
        frozenset(found),
    )


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
