# SPDX-License-Identifier: AGPL-3.0-or-later
"""Disjoint sets: what has been united, in nearly linear time."""

from collections.abc import Hashable, Iterable
from typing import Generic, TypeVar

Item = TypeVar("Item", bound=Hashable)


class DisjointSets(Generic[Item]):
    """Items, each in a set of its own until it is united with others."""

    def __init__(self) -> None:
        self._parents: dict[Item, Item] = {}
        self._sizes: dict[Item, int] = {}

    def copy(self) -> "DisjointSets[Item]":
        """The same sets, which can be united further by themselves."""
        other: DisjointSets[Item] = DisjointSets()
        other._parents = dict(self._parents)
        other._sizes = dict(self._sizes)
        return other

    def find(self, item: Item) -> Item:
        """The item that stands for the set another is in."""
        parents = self._parents
        while (parent := parents.get(item, item)) != item:
            parents[item] = item = parents.get(parent, parent)
        return item

    def unite(self, items: Iterable[Item]) -> None:
        """Make one set of the sets these are in."""
        first: Item | None = None
        for item in items:
            root = self.find(item)
            if first is None:
                first = root
            elif root != first:
                small, large = sorted((first, root), key=lambda one: self._sizes.get(one, 1))
                self._parents[small] = large
                self._sizes[large] = self._sizes.get(small, 1) + self._sizes.get(large, 1)
                first = large
