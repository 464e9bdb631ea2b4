# SPDX-License-Identifier: AGPL-3.0-or-later
"""IP addresses as a territory sees them: what carries an IPv4 address counts as that address.

Forms looked through: IPv4-mapped and IPv4-compatible (RFC 4291, 2.5.5), 6to4 (RFC 3056), and the
well-known NAT64 prefix 64:ff9b::/96 (RFC 6052). A connection to any of them ends at the IPv4 host.
"""

from ipaddress import (
    IPv4Address,
    IPv4Network,
    IPv6Address,
    IPv6Network,
    ip_address,
    ip_network,
)

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

IPV4_BITS = 32
IPV6_BITS = 128

_WORD = 0xFFFF_FFFF
_MAPPED = 0xFFFF
_NAT64 = 0x0064_FF9B << 64
_SIX_TO_FOUR = 0x2002
_LOOPBACK = 1

CARRIERS = (
    IPv6Network("::/96"),
    IPv6Network("::ffff:0:0/96"),
    IPv6Network("64:ff9b::/96"),
    IPv6Network("2002::/16"),
)
"""IPv6 networks whose addresses carry an IPv4 address."""

OF_NO_COUNTRY = tuple(
    ip_network(text)
    for text in (
        "0.0.0.0/8",
        "10.0.0.0/8",
        "100.64.0.0/10",
        "127.0.0.0/8",
        "169.254.0.0/16",
        "172.16.0.0/12",
        "192.168.0.0/16",
        "224.0.0.0/3",
        "::/96",
        "fc00::/7",
        "fe80::/10",
        "ff00::/8",
    )
)
"""Networks that exist everywhere (RFC 6890): a country never owns them, an operator may list them."""


class AddressError(ValueError):
    """The text is no address or network; the message says what to write."""


def parse_address(text: str) -> Address:
    """Read an address, with or without the brackets of a URL.

    Raises:
        AddressError: if it is none.
    """
    bare = text[1:-1] if text.startswith("[") and text.endswith("]") else text
    try:
        return ip_address(bare)
    except ValueError:
        raise AddressError("is no IP address") from None


def parse_network(text: str) -> Network:
    """Read one network of a territory.

    Raises:
        AddressError: if it is none, has bits set behind its prefix, or can never match because
            the addresses in it are judged by the IPv4 address they carry.
    """
    try:
        network = ip_network(text)
    except ValueError:
        raise AddressError(_advice(text)) from None
    if isinstance(network, IPv6Network) and any(network.subnet_of(one) for one in CARRIERS):
        if network.network_address == network.broadcast_address == IPv6Address(_LOOPBACK):
            return network
        raise AddressError(
            "holds addresses that carry an IPv4 address and are judged by it; write the IPv4 network"
        )
    return network


def judged(address: Address) -> Address:
    """Give the address that decides: the IPv4 address that is carried, or the address itself."""
    if isinstance(address, IPv4Address):
        return address
    value = int(address)
    high = value >> IPV4_BITS
    carried = (high in {0, _MAPPED} and value > _LOOPBACK) or high == _NAT64
    if carried:
        return IPv4Address(value & _WORD)
    if value >> 112 == _SIX_TO_FOUR:
        return IPv4Address((value >> 80) & _WORD)
    return address


def _advice(text: str) -> str:
    try:
        network = ip_network(text, strict=False)
    except ValueError:
        return "is no network; write one such as 192.0.2.0/24 or 2001:db8::/32"
    return f"has bits set behind its prefix; write {network}"
