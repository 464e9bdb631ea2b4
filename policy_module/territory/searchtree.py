# SPDX-License-Identifier: AGPL-3.0-or-later
"""The networks of a database in MaxMind's format (MaxMind DB File Format Specification 2.0).

The library's own way over all networks decodes the same few records again for each of them, and its
native half ends the process on a damaged file. So the search tree is walked here, with a bound on the
steps, and each record is decoded once, by the library's Python half.
"""

from collections.abc import Callable, Iterator
from ipaddress import IPv6Network

from attrs import frozen

from policy_module.territory.addresses import CARRIERS, IPV6_BITS

_ALIASES = frozenset(
    (network.prefixlen, int(network.network_address) >> (IPV6_BITS - network.prefixlen))
    for network in (*CARRIERS, IPv6Network("2001::/32"))
    if int(network.network_address)
)
"""Depth and number of the networks that repeat the IPv4 addresses: those that carry them, and Teredo."""

_MOST_VISITS = 4
"""How often a node may be reached on average: some databases share parts, a damaged one may go round."""

_SEPARATOR = 16
"""Zero bytes between the tree and the records."""


@frozen
class Leaf:
    """A network: its first address as a number, its length, and where its record begins."""

    first: int
    prefix: int
    record: int
    """Position in the file, in bytes."""


@frozen
class SearchTree:
    """The tree at the beginning of a file; ``bits`` is the length of its addresses: 32 or 128."""

    _data: bytes
    _nodes: int
    _record_bits: int
    bits: int

    @property
    def size(self) -> int:
        """Length in bytes."""
        return self._nodes * self._record_bits // 4

    @property
    def records(self) -> int:
        """Position in the file that pointers between records count from."""
        return self.size + _SEPARATOR

    def leaves(self) -> Iterator[Leaf]:
        """Yield every network that has a record, but for those that repeat the IPv4 addresses.

        Raises:
            ValueError: the tree is no tree, or its records have a size that the format does not know.
        """
        children = self._reader()
        aliases = _ALIASES if self.bits == IPV6_BITS else frozenset()
        waiting = [(0, 0, 0)] if self._nodes else []
        visits = 0
        while waiting:
            node, prefix, depth = waiting.pop()
            visits += 1
            if visits > _MOST_VISITS * self._nodes or depth >= self.bits:
                raise ValueError("the search tree goes round in circles")
            left, right = children(node)
            depth += 1
            for child, number in ((left, prefix << 1), (right, prefix << 1 | 1)):
                if child == self._nodes or (depth, number) in aliases:
                    continue
                if child < self._nodes:
                    waiting.append((child, number, depth))
                else:
                    record = child - self._nodes + self.size
                    yield Leaf(number << (self.bits - depth), depth, record)

    def _reader(self) -> Callable[[int], tuple[int, int]]:
        """Give what reads both children of a node."""
        data, number = self._data, int.from_bytes
        if self.size > len(data):
            raise ValueError("the search tree is longer than the file")
        match self._record_bits:
            case 24:
                return lambda node: (
                    number(data[node * 6 : node * 6 + 3]),
                    number(data[node * 6 + 3 : node * 6 + 6]),
                )
            case 28:
                # The byte in the middle has the highest four bits of both.
                return lambda node: (
                    number(data[node * 7 : node * 7 + 3]) | (data[node * 7 + 3] & 0xF0) << 20,
                    number(data[node * 7 + 3 : node * 7 + 7]) & 0x0FFF_FFFF,
                )
            case 32:
                return lambda node: (
                    number(data[node * 8 : node * 8 + 4]),
                    number(data[node * 8 + 4 : node * 8 + 8]),
                )
        raise ValueError(f"records of {self._record_bits} bits are unknown")
