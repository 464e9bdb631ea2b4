# SPDX-License-Identifier: AGPL-3.0-or-later
"""A territory contains what its networks and countries say, as a slow reference does."""

import time
import timeit
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from policy_module.territory.addresses import OF_NO_COUNTRY, Address, Network, judged
from policy_module.territory.ranges import Range, RangeTable
from policy_module.territory.territory import CountryRanges, Match, Territory


def country(code: str, *networks: str) -> CountryRanges:
    ranges: dict[int, list[Range]] = {4: [], 6: []}
    for network in map(ip_network, networks):
        first, last = int(network.network_address), int(network.broadcast_address)
        ranges[network.version].append(Range(first, last, f"country {code}"))
    return CountryRanges(tuple(ranges[4]), tuple(ranges[6]))


def contains(territory: Territory, address: str) -> Match | None:
    return territory.contains(ip_address(address))


def test_the_rule_is_named() -> None:
    home = Territory.build(
        "home", [ip_network("192.0.2.0/24")], [country("UZ", "192.0.2.0/23", "2001:db8::/32")]
    )
    assert contains(home, "192.0.2.9") == Match("network 192.0.2.0/24")
    assert contains(home, "192.0.3.9") == Match("country UZ")
    assert contains(home, "2001:db8::9") == Match("country UZ")
    assert contains(home, "192.0.4.0") is None
    assert contains(home, "2001:db9::") is None


def test_addresses_that_carry_an_ipv4_address() -> None:
    home = Territory.build("home", [ip_network("192.0.2.0/24"), ip_network("::/0")])
    for inside in ("::ffff:192.0.2.1", "64:ff9b::c000:201", "2002:c000:201::", "::192.0.2.1"):
        assert contains(home, inside) == Match("network 192.0.2.0/24")
    for outside in ("::ffff:192.0.3.1", "64:ff9b::c000:301", "2002:c000:301::", "::192.0.3.1"):
        assert contains(home, outside) is None


@pytest.mark.parametrize(
    "address",
    ["127.0.0.1", "10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.1.1", "::1", "fe80::1"],
)
def test_addresses_of_everywhere_belong_to_no_country(address: str) -> None:
    everything = country("UZ", "0.0.0.0/0", "::/0")
    assert contains(Territory.build("home", [], [everything]), address) is None
    listed = Territory.build("home", [ip_network(address)], [everything])
    assert contains(listed, address) == Match(f"network {ip_network(address)}")


def test_the_networks_are_the_smallest_list() -> None:
    home = Territory.build(
        "home",
        [ip_network("192.0.2.0/25")],
        [country("UZ", "192.0.2.128/25", "192.0.3.0/24", "192.0.5.0/24", "2001:db8::/32")],
    )
    assert list(home.networks()) == [
        ip_network("192.0.2.0/23"),
        ip_network("192.0.5.0/24"),
        ip_network("2001:db8::/32"),
    ]


def test_nothing_is_in_an_empty_territory() -> None:
    nowhere = Territory.build("nowhere")
    assert contains(nowhere, "192.0.2.1") is None
    assert list(nowhere.networks()) == []


near = st.integers(min_value=0, max_value=40)


@given(st.lists(st.tuples(near, near, st.sampled_from(["a", "b", None]))), near)
def test_the_first_range_that_holds_a_number_gives_the_rule(
    drawn: list[tuple[int, int, str | None]], value: int
) -> None:
    ranges = [Range(min(a, b), max(a, b), rule) for a, b, rule in drawn]
    expected = next((one.rule for one in ranges if one.first <= value <= one.last), None)
    assert RangeTable.build(ranges).find(value) == expected


@given(st.lists(st.tuples(near, near, st.sampled_from(["a", "b", None]))))
def test_stretches_are_apart_and_complete(drawn: list[tuple[int, int, str | None]]) -> None:
    table = RangeTable.build([Range(min(a, b), max(a, b), rule) for a, b, rule in drawn])
    spans = list(table.spans())
    assert all(before[1] + 1 < after[0] for before, after in pairwise(spans))
    held = {value for first, last in spans for value in range(first, last + 1)}
    assert held == {value for value in range(-1, 42) if table.find(value) is not None}


def networks_near(text: str, prefixes: range) -> st.SearchStrategy[Network]:
    """Networks around one address, so that they overlap, touch and miss."""
    base = ip_address(text)
    step = 1 << (base.max_prefixlen - max(prefixes))
    return st.builds(
        lambda offset, prefix: (
            ip_network((int(base) + offset * step, prefix), strict=False)
            if base.version == 4
            else ip_network((IPv6Address(int(base) + offset * step), prefix), strict=False)
        ),
        st.integers(min_value=0, max_value=255),
        st.sampled_from(prefixes),
    )


NETWORKS = networks_near("192.0.2.0", range(24, 33)) | networks_near("2001:db8::", range(40, 49))
ADDRESSES: st.SearchStrategy[Address] = st.one_of(
    st.integers(0, 255).map(lambda offset: IPv4Address(int(IPv4Address("192.0.2.0")) + offset)),
    st.integers(0, 255).map(lambda offset: IPv6Address((0xFFFF << 32) | (0xC0000200 + offset))),
    st.integers(0, 255).map(lambda offset: IPv6Address((0x20010DB8 << 96) + (offset << 80))),
    st.ip_addresses(),
)


@given(st.lists(NETWORKS, max_size=6), st.lists(NETWORKS, max_size=6), ADDRESSES)
def test_it_agrees_with_the_standard_library(
    listed: list[Network], of_country: list[Network], address: Address
) -> None:
    territory = Territory.build("home", listed, [country("UZ", *map(str, of_country))])
    deciding = judged(address)
    by_list = any(deciding in network for network in listed)
    special = any(deciding in network for network in OF_NO_COUNTRY)
    by_country = any(deciding in network for network in of_country) and not special
    match = territory.contains(address)
    assert (match is not None) == (by_list or by_country)
    if match is not None:
        assert match.rule.startswith("network" if by_list else "country")
    assert any(deciding in network for network in territory.networks()) == (match is not None)


def test_a_look_up_in_a_large_territory_takes_less_than_five_microseconds() -> None:
    ranges = tuple(
        Range(first * 1000, first * 1000 + 500, "country UZ") for first in range(200_000)
    )
    large = Territory.build("home", [], [CountryRanges(ranges, ranges)])
    addresses = [ip_address("11.1.2.3"), ip_address("::ffff:11.1.2.3"), ip_address("2001:db8::1")]
    look_up = timeit.Timer(
        lambda: [large.contains(one) for one in addresses],
        timer=time.process_time,  # others may have the processor meanwhile
    )
    best = min(look_up.repeat(repeat=10, number=1000))
    assert best / 1000 / len(addresses) < 5e-6
