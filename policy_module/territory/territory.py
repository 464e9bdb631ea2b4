# SPDX-License-Identifier: AGPL-3.0-or-later
"""A territory: does it contain this address, and by which rule?"""

import hashlib
from collections.abc import Iterable, Iterator
from ipaddress import IPv4Address, IPv6Address, summarize_address_range

from attrs import field, frozen

from policy_module.territory.addresses import OF_NO_COUNTRY, Address, Network, judged
from policy_module.territory.ranges import Range, RangeTable


@frozen
class Match:
    """An address lies in a territory; ``rule`` is the entry that says so, in words."""

    rule: str


@frozen
class CountryRanges:
    """What one file says belongs to countries: ranges of IPv4 and of IPv6 addresses as numbers."""

    ipv4: tuple[Range, ...] = ()
    ipv6: tuple[Range, ...] = ()


@frozen
class Territory:
    """A named set of addresses that never changes; made by :meth:`build`.

    ``digest`` is the SHA-256, in hexadecimal, of all its addresses; ``sources`` are the files it was
    made from, with their own dates; ``remarks`` are what the operator should know about these.
    """

    name: str
    digest: str
    sources: tuple[str, ...]
    remarks: tuple[str, ...]
    _ipv4: RangeTable = field(repr=False)
    _ipv6: RangeTable = field(repr=False)

    @classmethod
    def build(
        cls,
        name: str,
        networks: Iterable[Network] = (),
        countries: Iterable[CountryRanges] = (),
        sources: tuple[str, ...] = (),
        remarks: tuple[str, ...] = (),
    ) -> "Territory":
        """Put a territory together.

        Networks go before countries, and files in their order; this decides only which rule is
        named. Loopback, private and link-local addresses belong to a territory only by a network
        that lists them, never by a country.
        """
        listed = list(networks)
        files = list(countries)
        nobody = [_range_of(network, None) for network in OF_NO_COUNTRY]
        nobody_versions = [network.version for network in OF_NO_COUNTRY]

        def table(version: int, of_countries: Iterable[Range]) -> RangeTable:
            own = [
                _range_of(network, f"network {network}")
                for network in listed
                if network.version == version
            ]
            fenced = [one for one, of in zip(nobody, nobody_versions, strict=True) if of == version]
            return RangeTable.build([*own, *fenced, *of_countries])

        ipv4 = table(4, (one for file in files for one in file.ipv4))
        ipv6 = table(6, (one for file in files for one in file.ipv6))
        spans = repr((list(ipv4.spans()), list(ipv6.spans())))
        digest = hashlib.sha256(spans.encode()).hexdigest()
        return cls(name, digest, sources, remarks, ipv4, ipv6)

    def contains(self, address: Address) -> Match | None:
        """Tell whether an address lies here, and by which rule.

        An IPv6 address that carries an IPv4 address is judged by that one
        (:func:`~policy_module.territory.addresses.judged`).
        """
        deciding = judged(address)
        table = self._ipv4 if isinstance(deciding, IPv4Address) else self._ipv6
        rule = table.find(int(deciding))
        return None if rule is None else Match(rule)

    def networks(self) -> Iterator[Network]:
        """Give the smallest list of networks with exactly these addresses, IPv4 first."""
        for first, last in self._ipv4.spans():
            yield from summarize_address_range(IPv4Address(first), IPv4Address(last))
        for first, last in self._ipv6.spans():
            yield from summarize_address_range(IPv6Address(first), IPv6Address(last))


def _range_of(network: Network, rule: str | None) -> Range:
    return Range(int(network.network_address), int(network.broadcast_address), rule)
