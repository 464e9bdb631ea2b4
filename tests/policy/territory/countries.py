# SPDX-License-Identifier: AGPL-3.0-or-later
"""Small country databases and registries' files, made for a test."""

from collections.abc import Iterable, Mapping
from pathlib import Path

from mmdb_writer import MMDBWriter
from netaddr import IPSet


def write_database(
    path: Path, networks: Mapping[str, dict[str, object]], *, kind: str = "Test-Country"
) -> Path:
    """Write a database that holds a record for each network; gives the path."""
    writer = MMDBWriter(ip_version=6, ipv4_compatible=True, database_type=kind)
    for network, record in networks.items():
        writer.insert_network(IPSet([network]), record)
    writer.to_db_file(str(path))
    return path


def in_country(code: str) -> dict[str, object]:
    """Give a record as GeoLite2's country database has them."""
    return {"country": {"iso_code": code, "names": {"en": code}}, "continent": {"code": "AS"}}


def registry_text(records: Iterable[str], *, summary: Mapping[str, int] | None = None) -> str:
    """Give a delegated statistics file with these records."""
    head = ["2|testnic|20261101|0|19830705|20261101|+0000"]
    head += [f"testnic|*|{kind}|*|{count}|summary" for kind, count in (summary or {}).items()]
    return "\n".join([*head, *records, ""])
