# SPDX-License-Identifier: AGPL-3.0-or-later
"""The tree against the definitions of RFC 6962, and against trees of Certificate Transparency."""

import hashlib
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from policy_module.audit.merkle import (
    EMPTY_ROOT,
    Frontier,
    Tree,
    leaf_hash,
    node_hash,
    proves_consistency,
    proves_inclusion,
)

# The entries and roots that implementations of Certificate Transparency test themselves with.
ENTRIES = [
    bytes.fromhex(text)
    for text in (
        "",
        "00",
        "10",
        "2021",
        "3031",
        "40414243",
        "5051525354555657",
        "606162636465666768696a6b6c6d6e6f",
    )
]
ROOTS = [
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]


def slow_root(entries: Sequence[bytes]) -> bytes:
    """MTH of section 2.1."""
    if not entries:
        return hashlib.sha256().digest()
    if len(entries) == 1:
        return hashlib.sha256(b"\x00" + entries[0]).digest()
    k = slow_split(len(entries))
    return hashlib.sha256(b"\x01" + slow_root(entries[:k]) + slow_root(entries[k:])).digest()


def slow_split(n: int) -> int:
    return max(1 << power for power in range(64) if 1 << power < n)


def slow_path(m: int, entries: Sequence[bytes]) -> list[bytes]:
    """PATH of section 2.1.1."""
    if len(entries) == 1:
        return []
    k = slow_split(len(entries))
    if m < k:
        return [*slow_path(m, entries[:k]), slow_root(entries[k:])]
    return [*slow_path(m - k, entries[k:]), slow_root(entries[:k])]


def slow_subproof(m: int, entries: Sequence[bytes], whole: bool) -> list[bytes]:
    """SUBPROOF of section 2.1.2."""
    n = len(entries)
    if m == n:
        return [] if whole else [slow_root(entries)]
    k = slow_split(n)
    if m <= k:
        return [*slow_subproof(m, entries[:k], whole), slow_root(entries[k:])]
    return [*slow_subproof(m - k, entries[k:], False), slow_root(entries[:k])]


def tree_of(entries: Sequence[bytes], start: int = 0) -> Tree:
    frontier = Frontier()
    for entry in entries[:start]:
        frontier = frontier.appended(leaf_hash(entry))
    tree = Tree(frontier)
    for entry in entries[start:]:
        tree.append(leaf_hash(entry))
    return tree


def numbered(count: int) -> list[bytes]:
    return [str(number).encode() for number in range(count)]


@pytest.mark.parametrize("size", range(len(ROOTS)))
def test_known_roots(size: int) -> None:
    frontier = Frontier()
    for entry in ENTRIES[:size]:
        frontier = frontier.appended(leaf_hash(entry))
    assert frontier.root().hex() == ROOTS[size]
    assert tree_of(ENTRIES).root(size).hex() == ROOTS[size]


@given(st.lists(st.binary(max_size=4), max_size=70))
def test_roots_are_those_of_the_definition(entries: list[bytes]) -> None:
    frontier = Frontier()
    for size, entry in enumerate(entries):
        assert frontier.root() == slow_root(entries[:size])
        frontier = frontier.appended(leaf_hash(entry))
    assert frontier.root() == slow_root(entries)


SIZES = st.integers(1, 70).flatmap(
    lambda size: st.tuples(
        st.just(size), st.integers(0, size), st.integers(0, size), st.integers(0, size - 1)
    )
)


@given(SIZES)
def test_proofs_are_those_of_the_definition(sizes: tuple[int, int, int, int]) -> None:
    size, one, other, index = sizes
    start, old = sorted((one, other))
    entries = numbered(size)
    tree = tree_of(entries, start)
    assert tree.root(old) == slow_root(entries[:old])
    if old:
        path = tree.consistency(old, size)
        assert path == slow_subproof(old, entries, True)
        assert proves_consistency((old, tree.root(old)), (size, tree.root(size)), path)
    if index >= start:
        path = tree.inclusion(index, size)
        assert path == slow_path(index, entries)
        assert proves_inclusion(leaf_hash(entries[index]), index, size, path, tree.root(size))


@given(SIZES, st.data())
def test_a_proof_proves_nothing_else(sizes: tuple[int, int, int, int], data: st.DataObject) -> None:
    size, old, other, index = sizes
    entries = numbered(size)
    tree = tree_of(entries)
    root, leaf = tree.root(size), leaf_hash(entries[index])
    path = tree.inclusion(index, size)
    assert not proves_inclusion(leaf_hash(b"x"), index, size, path, root)
    assert not proves_inclusion(leaf, index, size, [*path, leaf], root)
    assert not proves_inclusion(leaf, index, size, path, leaf_hash(b"x"))
    assert other == index or not proves_inclusion(leaf, other, size, path, root)
    assert not path or not proves_inclusion(leaf, index, size, path[:-1], root)

    proof = tree.consistency(old, size)
    forged = leaf_hash(b"forged")
    assert not proves_consistency((old, forged), (size, root), proof)
    if old:
        assert not proves_consistency((old, tree.root(old)), (size, forged), proof)
        assert not proves_consistency((old, tree.root(old)), (size, root), [*proof, leaf])
    if proof:
        changed = data.draw(st.integers(0, len(proof) - 1))
        proof[changed] = node_hash(proof[changed], forged)
        assert not proves_consistency((old, tree.root(old)), (size, root), proof)


def test_what_is_not_known_is_not_proven() -> None:
    tree = tree_of(numbered(9), start=5)
    with pytest.raises(ValueError, match="5 to 9"):
        tree.root(4)
    with pytest.raises(ValueError, match="5 to 9"):
        tree.inclusion(4, 9)
    with pytest.raises(ValueError, match="5 to 9"):
        tree.inclusion(6, 10)
    with pytest.raises(ValueError, match="5 to 9"):
        tree.consistency(8, 7)


def test_a_frontier_has_the_right_hashes_for_its_size() -> None:
    assert Frontier().root() == EMPTY_ROOT
    with pytest.raises(ValueError, match="cannot stand for 3 entries"):
        Frontier(3, (EMPTY_ROOT,))
    with pytest.raises(ValueError, match="32 bytes"):
        Frontier(1, (b"short",))
