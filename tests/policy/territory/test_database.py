# SPDX-License-Identifier: AGPL-3.0-or-later
"""Country databases: every tree is read as it is meant, and a damaged file is an error, no more."""

from collections.abc import Sequence
from functools import cache
from ipaddress import IPv4Network, collapse_addresses, ip_address
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given
from hypothesis import strategies as st

from policy_module.territory.database import DatabaseError, read_database
from policy_module.territory.searchtree import Leaf, SearchTree
from policy_module.territory.territory import Territory
from tests.policy.territory.countries import in_country, write_database

Child = int | str | None
"""A node's number, "record", or nothing."""


def tree_of(networks: Sequence[IPv4Network]) -> list[list[Child]]:
    """Build the tree that holds these networks, none of which holds another."""
    nodes: list[list[Child]] = [[None, None]]
    for network in networks:
        node, value = 0, int(network.network_address)
        for depth in range(network.prefixlen):
            bit = value >> (31 - depth) & 1
            if depth == network.prefixlen - 1:
                nodes[node][bit] = "record"
            elif nodes[node][bit] is None:
                nodes.append([None, None])
                nodes[node][bit] = len(nodes) - 1
                node = len(nodes) - 1
            else:
                child = nodes[node][bit]
                assert isinstance(child, int)
                node = child
    return nodes


def written(nodes: Sequence[Sequence[Child]], record_bits: int) -> bytes:
    """Write a tree as the format says, all records at the beginning of their section."""
    count = len(nodes)

    def number(child: Child) -> int:
        if child is None:
            return count
        return child if isinstance(child, int) else count + 16

    data = b""
    for node in nodes:
        left, right = map(number, node)
        match record_bits:
            case 24:
                data += left.to_bytes(3) + right.to_bytes(3)
            case 28:
                middle = (left >> 24) << 4 | right >> 24
                data += (left & 0xFFFFFF).to_bytes(3) + bytes([middle])
                data += (right & 0xFFFFFF).to_bytes(3)
            case 32:
                data += left.to_bytes(4) + right.to_bytes(4)
    return data


NETWORKS = st.lists(
    st.builds(
        lambda address, prefix: IPv4Network((address, prefix), strict=False),
        st.integers(0, 2**32 - 1) | st.integers(0xC0000200, 0xC00002FF),
        st.integers(1, 32),
    ),
    max_size=12,
).map(lambda drawn: list(collapse_addresses(drawn)))


@given(NETWORKS, st.sampled_from([24, 28, 32]))
def test_every_network_of_a_tree_is_found(networks: list[IPv4Network], record_bits: int) -> None:
    whole = [network for network in networks if network.prefixlen]
    nodes = tree_of(whole)
    data = written(nodes, record_bits)
    tree = SearchTree(data, len(nodes), record_bits, 32)
    assert tree.size == len(data)
    expected = {
        Leaf(int(network.network_address), network.prefixlen, len(data) + 16) for network in whole
    }
    assert set(tree.leaves()) == expected


def test_large_numbers_of_28_bits() -> None:
    tree = SearchTree(bytes.fromhex("ABCDEF92345678"), 1, 28, 32)
    records = {leaf.record for leaf in tree.leaves()}
    assert records == {0x9ABCDEF - 1 + 7, 0x2345678 - 1 + 7}


@pytest.mark.parametrize(
    ("tree", "complaint"),
    [
        (SearchTree(b"", 1, 24, 32), "longer than the file"),
        (SearchTree(bytes(6), 1, 25, 32), "25 bits are unknown"),
        (SearchTree(bytes(6), 1, 24, 32), "goes round in circles"),
        (SearchTree(bytes(600), 100, 24, 128), "goes round in circles"),
    ],
)
def test_what_is_no_tree(tree: SearchTree, complaint: str) -> None:
    with pytest.raises(ValueError, match=complaint):
        list(tree.leaves())


def test_networks_that_repeat_the_ipv4_addresses_are_left_out(tmp_path: Path) -> None:
    networks = {"192.0.2.0/24": in_country("UZ"), "2002::/16": in_country("UZ")}
    path = write_database(tmp_path / "c.mmdb", {**networks, "2001:db8::/32": in_country("UZ")})
    found = read_database(path, {"UZ"}, "c.mmdb")
    territory = Territory.build("home", [], [found.ranges])
    assert [str(network) for network in territory.networks()] == ["192.0.2.0/24", "2001:db8::/32"]
    assert territory.contains(ip_address("2002:c000:201::")) is not None


@cache
def intact() -> bytes:
    with TemporaryDirectory() as folder:
        networks = {
            f"11.{number}.0.0/{18 + number % 7}": in_country("UZ" if number % 2 else "DE")
            for number in range(8)
        }
        return write_database(Path(folder) / "c.mmdb", networks).read_bytes()


@given(
    st.lists(st.tuples(st.integers(min_value=0), st.integers(0, 255)), min_size=1, max_size=4),
    st.none() | st.integers(min_value=0),
)
def test_a_damaged_file_is_read_or_refused(changes: list[tuple[int, int]], cut: int | None) -> None:
    data = bytearray(intact())
    for position, value in changes:
        data[position % len(data)] = value
    if cut is not None:
        del data[cut % len(data) :]
    with TemporaryDirectory() as folder:
        path = Path(folder) / "c.mmdb"
        path.write_bytes(data)
        line = ""
        try:
            read_database(path, {"UZ"}, "c.mmdb")
        except DatabaseError as error:
            line = str(error)
    assert "\n" not in line
