# SPDX-License-Identifier: AGPL-3.0-or-later
"""Addresses that carry an IPv4 address are that address; networks are read strictly."""

from ipaddress import IPv4Address, IPv6Address, ip_address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from policy_module.territory.addresses import (
    CARRIERS,
    AddressError,
    judged,
    parse_address,
    parse_network,
)


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ("::192.0.2.7", "192.0.2.7"),
        ("64:ff9b::192.0.2.7", "192.0.2.7"),
        ("2002:c000:207::1", "192.0.2.7"),
        ("192.0.2.7", "192.0.2.7"),
        ("::1", "::1"),
        ("::", "::"),
        ("2001:db8::1", "2001:db8::1"),
        ("64:ff9b:1::192.0.2.7", "64:ff9b:1::c000:207"),
        ("2003:c000:207::1", "2003:c000:207::1"),
        ("::1:192.0.2.7", "::1:c000:207"),
    ],
)
def test_what_carries_an_ipv4_address_is_judged_by_it(written: str, meant: str) -> None:
    assert judged(ip_address(written)) == ip_address(meant)


@given(st.ip_addresses(v=6))
def test_only_the_carriers_are_looked_through(address: IPv4Address | IPv6Address) -> None:
    carries = any(address in network for network in CARRIERS) and int(address) > 1
    assert isinstance(judged(address), IPv4Address) == carries


@given(st.ip_addresses(v=4))
def test_standard_library_agrees_on_mapped_and_6to4(address: IPv4Address | IPv6Address) -> None:
    mapped = IPv6Address((0xFFFF << 32) | int(address))
    six_to_four = IPv6Address((0x2002 << 112) | (int(address) << 80) | 5)
    assert judged(mapped) == mapped.ipv4_mapped == address
    assert judged(six_to_four) == six_to_four.sixtofour == address


def test_brackets_of_urls_are_taken_off() -> None:
    assert parse_address("[2001:db8::1]") == ip_address("2001:db8::1")


@pytest.mark.parametrize("text", ["", "example.org", "192.0.2", "192.0.2.1/24", "[192.0.2.1"])
def test_what_is_no_address(text: str) -> None:
    with pytest.raises(AddressError, match="is no IP address"):
        parse_address(text)


@pytest.mark.parametrize(
    ("text", "advice"),
    [
        ("192.0.2.1/24", "has bits set behind its prefix; write 192.0.2.0/24"),
        ("example.org", "is no network; write one such as 192.0.2.0/24 or 2001:db8::/32"),
        ("192.0.2.0/33", "is no network; write one such as 192.0.2.0/24 or 2001:db8::/32"),
        ("::ffff:192.0.2.0/120", "write the IPv4 network"),
        ("2002:c000:200::/40", "write the IPv4 network"),
    ],
)
def test_networks_that_are_refused(text: str, advice: str) -> None:
    with pytest.raises(AddressError) as raised:
        parse_network(text)
    assert str(raised.value).endswith(advice)


@pytest.mark.parametrize("text", ["192.0.2.0/24", "192.0.2.7", "::1", "fe80::/10", "::/0"])
def test_networks_that_are_taken(text: str) -> None:
    assert str(parse_network(text)).startswith(text)
