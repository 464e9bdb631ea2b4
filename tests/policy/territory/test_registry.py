# SPDX-License-Identifier: AGPL-3.0-or-later
"""Delegated statistics files: every record counts, broken ones are named, large files are quick."""

import time
from ipaddress import IPv4Address, IPv6Network, ip_address, ip_network

import pytest
from hypothesis import given
from hypothesis import strategies as st

from policy_module.territory.registry import KEPT_COMPLAINTS, RegistryError, parse_registry
from policy_module.territory.territory import Territory
from tests.policy.territory.countries import registry_text


def territory(text: str, *countries: str) -> Territory:
    return Territory.build("home", [], [parse_registry(text, countries, "test").ranges])


def test_records_of_the_countries_asked_for() -> None:
    text = registry_text(
        [
            "# a comment",
            "testnic|UZ|ipv4|192.0.2.0|256|20100101|allocated|ab-1",
            "testnic|KZ|ipv4|198.51.100.0|256|20100101|assigned",
            "testnic|DE|ipv4|203.0.113.0|256|20100101|allocated",
            "testnic|UZ|ipv6|2001:db8::|32|20100101|allocated|ab-1",
            "testnic|UZ|asn|64500|1|20100101|allocated|ab-1",
            "testnic||ipv4|203.0.112.0|256||available",
            "testnic|ZZ|ipv4|203.0.111.0|256||reserved",
            "",
        ]
    )
    home = territory(text, "UZ", "KZ")
    assert [str(network) for network in home.networks()] == [
        "192.0.2.0/24",
        "198.51.100.0/24",
        "2001:db8::/32",
    ]
    match = home.contains(ip_address("192.0.2.1"))
    assert match is not None
    assert match.rule == "country UZ (test)"


def test_counts_that_are_no_power_of_two() -> None:
    home = territory(registry_text(["testnic|UZ|ipv4|192.0.2.0|1792|20100101|allocated"]), "UZ")
    assert [str(network) for network in home.networks()] == [
        "192.0.2.0/23",
        "192.0.4.0/22",
        "192.0.8.0/24",
    ]


@given(
    st.integers(min_value=0x0B000000, max_value=0x60000000),
    st.integers(min_value=1, max_value=100_000),
)
def test_exactly_the_counted_addresses_belong_to_it(start: int, count: int) -> None:
    line = f"testnic|UZ|ipv4|{IPv4Address(start)}|{count}|20100101|allocated"
    home = territory(registry_text([line]), "UZ")
    assert sum(network.num_addresses for network in home.networks()) == count
    assert home.contains(IPv4Address(start)) is not None
    assert home.contains(IPv4Address(start + count - 1)) is not None
    assert home.contains(IPv4Address(start - 1)) is None
    assert home.contains(IPv4Address(start + count)) is None


@given(st.integers(min_value=0, max_value=2**64 - 1), st.integers(min_value=8, max_value=64))
def test_prefixes_of_ipv6(bits: int, prefix: int) -> None:
    network = IPv6Network(((0x24 << 120) | (bits << 48), prefix), strict=False)
    line = f"testnic|UZ|ipv6|{network.network_address}|{prefix}|20100101|allocated"
    assert list(territory(registry_text([line]), "UZ").networks()) == [network]


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ("testnic|UZ|ipv4|192.0.2.0|256", "has 5 fields instead of 7 or more"),
        ("testnic|UZ|ipv4|192.0.2|256|20100101|allocated", "has no address but '192.0.2'"),
        ("testnic|UZ|ipv4|192.0.2.0|0|20100101|allocated", "has no count but '0'"),
        ("testnic|UZ|ipv4|192.0.2.0|-1|20100101|allocated", "has no count but '-1'"),
        ("testnic|UZ|ipv4|255.255.255.0|257|x|allocated", "reaches beyond the last IPv4 address"),
        ("testnic|UZ|ipv6|2001:db8::|129|x|allocated", "has a prefix of more than 128 bits"),
        ("testnic|UZ|ipv6|2001:db8::1|32|x|allocated", "has bits set behind its prefix"),
        ("testnic|UZB|ipv4|192.0.2.0|256|x|allocated", "has no country code but 'UZB'"),
        ("testnic|UZ|ipv5|192.0.2.0|256|x|allocated", "is of the unknown type 'ipv5'"),
        ("testnic|UZ|ipv4|192.0.2.0|256|x|lent", "has the unknown status 'lent'"),
        ("testnic|*|ipv4|*|many|summary", "is no summary such as registry|*|ipv4|*|1234|summary"),
    ],
)
def test_broken_lines_are_named_and_the_others_stay(line: str, why: str) -> None:
    good = "testnic|UZ|ipv4|198.51.100.0|256|20100101|allocated"
    file = parse_registry(registry_text([line, good]), {"UZ"}, "test")
    assert file.broken_lines == 1
    assert [(broken.number, broken.why) for broken in file.broken] == [(2, why)]
    assert len(file.ranges.ipv4) == 1


def test_a_flood_of_broken_lines_is_counted_and_not_kept() -> None:
    file = parse_registry(registry_text(["x"] * 1000), {"UZ"}, "test")
    assert file.broken_lines == 1000
    assert len(file.broken) == KEPT_COMPLAINTS


def test_a_file_that_was_cut_short_is_noticed() -> None:
    lines = ["testnic|UZ|ipv4|192.0.2.0|256|20100101|allocated"]
    cut = parse_registry(registry_text(lines, summary={"ipv4": 3, "ipv6": 0}), {"UZ"}, "test")
    assert cut.missing == {"ipv4": 2}
    assert parse_registry(registry_text(lines, summary={"ipv4": 1}), {"UZ"}, "t").missing == {}


@pytest.mark.parametrize("text", ["", "\n\n", "<html></html>", "# only a comment", "3|a|b|c|d|e|f"])
def test_what_is_no_such_file(text: str) -> None:
    with pytest.raises(RegistryError, match="does not begin like a delegated statistics file"):
        parse_registry(text, {"UZ"}, "test")


@given(st.text(alphabet="|0123456789.:abUZipv46summaryloctedgn\r\n#", max_size=200))
def test_any_text_is_read_or_named(text: str) -> None:
    file = parse_registry(registry_text([text]), {"UZ"}, "test")
    assert file.broken_lines >= len(file.broken)


def test_a_file_of_real_size_is_read_in_less_than_two_seconds() -> None:
    lines = [
        f"testnic|{'UZ' if number % 7 == 0 else 'DE'}|ipv4|{IPv4Address((11 << 24) + number * 768)}"
        f"|768|20100101|allocated|a-{number}"
        for number in range(70_000)
    ] + [
        f"testnic|UZ|ipv6|2400:{number:x}::|32|20100101|allocated|a-{number}"
        for number in range(30_000)
    ]
    text = registry_text(lines)
    started = time.process_time()
    home = territory(text, "UZ")
    assert time.process_time() - started < 2
    assert home.contains(ip_address("2400:5::1")) is not None
    assert ip_network("11.0.0.0/23") in set(home.networks())
