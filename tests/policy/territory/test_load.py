# SPDX-License-Identifier: AGPL-3.0-or-later
"""Territories of a policy file: keys, files, and what is said when something is wrong."""

import os
import re
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import maxminddb
import pytest
from pydantic import ValidationError

from policy_module.territory.database import country_of
from policy_module.territory.document import TerritorySection
from policy_module.territory.load import TerritoryError, TerritoryLoader, of_networks
from policy_module.territory.territory import Territory
from tests.policy.territory.countries import in_country, registry_text, write_database

UZ_LINE = "testnic|UZ|ipv4|192.0.2.0|256|20100101|allocated"


def section(**keys: Any) -> TerritorySection:
    return TerritorySection.model_validate(keys)


def load(folder: Path, **keys: Any) -> Territory:
    return TerritoryLoader().load("home", section(**keys), folder)


def rule(loaded: Territory, address: str) -> str | None:
    match = loaded.contains(ip_address(address))
    return None if match is None else match.rule


def test_all_kinds_of_sources_together(tmp_path: Path) -> None:
    (tmp_path / "delegated").write_text(registry_text([UZ_LINE]))
    write_database(
        tmp_path / "c.mmdb",
        {
            "198.51.100.0/24": in_country("UZ"),
            "203.0.113.0/24": in_country("DE"),
            "2001:db8::/32": in_country("UZ"),
        },
    )
    home = load(
        tmp_path,
        networks=["10.0.0.0/8"],
        countries=["UZ"],
        registry_files=["delegated"],
        database="c.mmdb",
    )
    assert rule(home, "10.1.1.1") == "network 10.0.0.0/8"
    assert rule(home, "192.0.2.1") == "country UZ (delegated)"
    assert rule(home, "198.51.100.1") == "country UZ (c.mmdb)"
    assert rule(home, "2001:db8::1") == "country UZ (c.mmdb)"
    assert rule(home, "203.0.113.1") is None
    assert home.remarks == ()
    registry, database = home.sources
    assert registry == "delegated (testnic, 20261101)"
    assert re.fullmatch(r"c\.mmdb \(Test-Country, 20\d\d-\d\d-\d\d\)", database)
    assert len(repr(home)) < 500


@pytest.mark.parametrize(
    ("record", "code"),
    [
        (in_country("UZ"), "UZ"),
        ({"country_code": "uz"}, "UZ"),
        ({"country": "UZ"}, "UZ"),
        ({"country": "Uzbekistan", "country_code": "UZ"}, "UZ"),
        ({"registered_country": {"iso_code": "UZ"}}, None),
        ({"country": {"iso_code": 5}}, None),
        ("UZ", None),
        (None, None),
    ],
)
def test_records_of_several_makers(record: object, code: str | None) -> None:
    assert country_of(record) == code


def test_every_network_of_a_database_agrees_with_its_own_reader(tmp_path: Path) -> None:
    path = write_database(
        tmp_path / "c.mmdb",
        {f"11.{i}.0.0/{18 + i % 7}": in_country("UZ" if i % 2 else "DE") for i in range(64)},
    )
    home = load(tmp_path, countries=["UZ"], database="c.mmdb")
    with maxminddb.open_database(path) as reader:
        for i in range(64):
            for address in (f"11.{i}.0.1", f"11.{i}.255.1", f"::ffff:11.{i}.0.1"):
                deciding = address.removeprefix("::ffff:")
                assert (rule(home, address) is not None) == (
                    country_of(reader.get(deciding)) == "UZ"
                )


@pytest.mark.parametrize(
    ("keys", "complaint"),
    [
        ({}, "holds no address; give it networks, or countries with files"),
        ({"countries": ["UZ"]}, "countries need registry_files or a database"),
        ({"database": "x.mmdb"}, "registry_files and database need countries"),
        ({"networks": ["192.0.2.1/24"]}, "write 192.0.2.0/24"),
        ({"countries": ["uz"], "database": "x"}, "must be a country code of two capital letters"),
        ({"networks": "192.0.2.0/24"}, "valid tuple"),
        ({"network": ["192.0.2.0/24"]}, "Extra inputs"),
    ],
)
def test_sections_that_are_refused(keys: dict[str, Any], complaint: str) -> None:
    with pytest.raises(ValidationError, match=complaint.replace(".", r"\.")):
        section(**keys)


def test_files_that_cannot_be_used(tmp_path: Path) -> None:
    (tmp_path / "page.html").write_text("<html>")
    (tmp_path / "delegated").write_text(registry_text([UZ_LINE]))
    write_database(tmp_path / "asn.mmdb", {"192.0.2.0/24": {"autonomous_system_number": 64500}})
    cut = write_database(tmp_path / "cut.mmdb", {"192.0.2.0/24": in_country("UZ")})
    cut.write_bytes(cut.read_bytes()[:-400])
    for keys, complaint in (
        ({"registry_files": ["gone"]}, "gone cannot be read: No such file or directory"),
        ({"registry_files": ["page.html"]}, "page.html does not begin like a delegated"),
        ({"database": "page.html"}, "page.html is no intact database in MaxMind's format"),
        ({"database": "cut.mmdb"}, "cut.mmdb is no intact database in MaxMind's format"),
        ({"database": "asn.mmdb"}, "asn.mmdb holds no country codes (it is a 'Test-Country')"),
    ):
        with pytest.raises(TerritoryError) as raised:
            load(tmp_path, countries=["UZ"], **keys)
        assert str(raised.value).startswith(complaint)
        assert "\n" not in str(raised.value)
    with pytest.raises(TerritoryError, match="no file has an address of ZW"):
        load(tmp_path, countries=["UZ", "ZW"], registry_files=["delegated"])


def test_what_is_wrong_in_a_registry_file_is_remarked(tmp_path: Path) -> None:
    lines = [UZ_LINE, "x", "testnic|UZ|ipv4|192.0.2|1|x|allocated"]
    (tmp_path / "delegated").write_text(registry_text(lines, summary={"ipv4": 9}))
    home = load(tmp_path, countries=["UZ"], registry_files=["delegated"])
    assert home.remarks == (
        (
            "delegated: 2 lines were left out: line 4 has 1 fields instead of 7 or more;"
            " line 5 has no address but '192.0.2'"
        ),
        (
            "delegated: 7 ipv4 records fewer than its summary announces; it was probably cut short,"
            " fetch it again"
        ),
    )


def test_a_file_is_read_again_only_when_it_changed(tmp_path: Path) -> None:
    path = tmp_path / "delegated"
    path.write_text(registry_text([UZ_LINE]))
    wanted = section(countries=["UZ"], registry_files=["delegated"])
    loader = TerritoryLoader()
    first = loader.load("home", wanted, tmp_path)
    before = path.stat()
    path.write_text(path.read_text().replace("192.0.2.0", "192.0.3.0"))
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
    unnoticed = loader.load("home", wanted, tmp_path)
    assert unnoticed is first
    assert rule(unnoticed, "192.0.2.1") == rule(first, "192.0.2.1") is not None
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns + 1))
    noticed = loader.load("home", wanted, tmp_path)
    assert rule(noticed, "192.0.2.1") is None
    assert rule(noticed, "192.0.3.1") is not None
    assert noticed.digest != unnoticed.digest == first.digest


def test_without_files_only_networks_make_a_territory() -> None:
    home = of_networks("home", section(networks=["192.0.2.0/24"]))
    assert rule(home, "192.0.2.1") == "network 192.0.2.0/24"
    with pytest.raises(TerritoryError, match="its files are not at hand"):
        of_networks("home", section(countries=["UZ"], database="c.mmdb"))
