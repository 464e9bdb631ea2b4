# SPDX-License-Identifier: AGPL-3.0-or-later
"""Merkle trees over a growing list: roots, inclusion proofs, consistency proofs.

RFC 6962, section 2.1, with SHA-256: a leaf is hashed behind a byte 0, a node behind a byte 1, and a
list is split at the largest power of two below its length. All hashes are 32 bytes. A subtree is
named here by what it covers: entries from ``low`` up to, not including, ``high``.
"""

import hashlib
from collections.abc import Sequence

from attrs import Factory, define, field, frozen

HASH_BYTES = 32
EMPTY_ROOT = hashlib.sha256(b"").digest()
"""The root of a tree without entries."""


def leaf_hash(entry: bytes) -> bytes:
    """Hash an entry."""
    return hashlib.sha256(b"\x00" + entry).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """Hash two neighbouring subtrees."""
    return hashlib.sha256(b"\x01" + left + right).digest()


def _check_nodes(frontier: "Frontier", _: object, nodes: tuple[bytes, ...]) -> None:
    if frontier.size < 0 or len(nodes) != frontier.size.bit_count():
        raise ValueError(f"{len(nodes)} hashes cannot stand for {frontier.size} entries")
    if any(len(node) != HASH_BYTES for node in nodes):
        raise ValueError(f"a hash has {HASH_BYTES} bytes")


@frozen
class Frontier:
    """All that is needed to go on with a tree: a hash for each binary one of its size.

    ``nodes`` are the roots of the full subtrees from the left, largest first.

    Raises:
        ValueError: when made with hashes that do not fit the size.
    """

    size: int = 0
    nodes: tuple[bytes, ...] = field(default=(), validator=_check_nodes)

    def appended(self, leaf: bytes) -> "Frontier":
        """Give the frontier with one more leaf hash."""
        nodes, last = list(self.nodes), leaf
        full = self.size
        while full & 1:
            last = node_hash(nodes.pop(), last)
            full >>= 1
        return Frontier(self.size + 1, (*nodes, last))

    def root(self) -> bytes:
        """Give the root of the tree."""
        if not self.nodes:
            return EMPTY_ROOT
        *rest, root = self.nodes
        for node in reversed(rest):
            root = node_hash(node, root)
        return root


@define
class Tree:
    """A tree that proves things about the entries behind its start.

    It keeps two hashes per entry. Of the entries before ``start`` only the frontier is known, so
    nothing can be proven about those alone.
    """

    _start: Frontier = Factory(Frontier)
    _size: int = field(init=False)
    _full: dict[tuple[int, int], bytes] = field(init=False, factory=dict)

    def __attrs_post_init__(self) -> None:
        self._size = low = self._start.size
        for node in reversed(self._start.nodes):
            width = low & -low
            low -= width
            self._full[low, width] = node

    @property
    def size(self) -> int:
        """How many entries the tree has."""
        return self._size

    def append(self, leaf: bytes) -> None:
        """Add a leaf hash."""
        low, width, last = self._size, 1, leaf
        self._full[low, width] = last
        while low & width:
            low -= width
            last = node_hash(self._full[low, width], last)
            width *= 2
            self._full[low, width] = last
        self._size += 1

    def root(self, size: int) -> bytes:
        """Give the root the tree had with ``size`` entries. Raises ``ValueError`` if unknown."""
        self._check(self._start.size, size)
        return self._hash(0, size) if size else EMPTY_ROOT

    def inclusion(self, index: int, size: int) -> list[bytes]:
        """Prove that entry ``index`` is in the tree of ``size`` entries (RFC 6962, 2.1.1).

        Raises:
            ValueError: if the entry or the size is not known here.
        """
        self._check(self._start.size, index, size - 1, size)
        path: list[bytes] = []
        low, high = 0, size
        while high - low > 1:
            middle = low + _split(high - low)
            if index < middle:
                path.append(self._hash(middle, high))
                high = middle
            else:
                path.append(self._hash(low, middle))
                low = middle
        return path[::-1]

    def consistency(self, old: int, new: int) -> list[bytes]:
        """Prove that the tree of ``old`` entries is the start of that of ``new`` (RFC 6962, 2.1.2).

        Raises:
            ValueError: if one of the sizes is not known here, or they are the wrong way round.
        """
        self._check(self._start.size, old, new)
        if old in (0, new):
            return []
        path: list[bytes] = []
        low, high = 0, new
        while old != high:
            middle = low + _split(high - low)
            if old <= middle:
                path.append(self._hash(middle, high))
                high = middle
            else:
                path.append(self._hash(low, middle))
                low = middle
        if low:  # otherwise what is left is the old tree itself, whose root is known
            path.append(self._hash(low, high))
        return path[::-1]

    def _check(self, *rising: int) -> None:
        if list(rising) != sorted(rising) or rising[-1] > self._size:
            raise ValueError(f"entries {self._start.size} to {self._size} are known here")

    def _hash(self, low: int, high: int) -> bytes:
        width = high - low
        if width & (width - 1) == 0:
            return self._full[low, width]
        middle = low + _split(width)
        return node_hash(self._hash(low, middle), self._hash(middle, high))


def _split(width: int) -> int:
    """Give the largest power of two below ``width``."""
    return 1 << (width - 1).bit_length() - 1


def proves_inclusion(
    leaf: bytes, index: int, size: int, path: Sequence[bytes], root: bytes
) -> bool:
    """Tell whether ``path`` proves that ``leaf`` is entry ``index`` of the tree (RFC 9162, 2.1.3.2)."""
    if not 0 <= index < size:
        return False
    position, last, found = index, size - 1, leaf
    for node in path:
        if last == 0:
            return False
        if position & 1 or position == last:
            found = node_hash(node, found)
            while not position & 1 and position:
                position, last = position >> 1, last >> 1
        else:
            found = node_hash(found, node)
        position, last = position >> 1, last >> 1
    return last == 0 and found == root


def proves_consistency(
    old: tuple[int, bytes], new: tuple[int, bytes], path: Sequence[bytes]
) -> bool:
    """Tell whether ``path`` proves that one tree grew out of another (RFC 9162, 2.1.4.2).

    ``old`` and ``new`` are sizes with roots.
    """
    (old_size, old_root), (new_size, new_root) = old, new
    if old_size == 0:
        return not path and old_root == EMPTY_ROOT
    if old_size >= new_size:
        return not path and old == new
    steps = list(path)
    if old_size & (old_size - 1) == 0:
        steps.insert(0, old_root)
    if not steps:
        return False
    position, last = old_size - 1, new_size - 1
    while position & 1:
        position, last = position >> 1, last >> 1
    before = after = steps[0]
    for node in steps[1:]:
        if last == 0:
            return False
        if position & 1 or position == last:
            before, after = node_hash(node, before), node_hash(node, after)
            while not position & 1 and position:
                position, last = position >> 1, last >> 1
        else:
            after = node_hash(after, node)
        position, last = position >> 1, last >> 1
    return last == 0 and before == old_root and after == new_root
