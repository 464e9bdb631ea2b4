# SPDX-License-Identifier: AGPL-3.0-or-later
"""Looking a name up among many patterns.

A look-up costs a few dictionary look-ups however long the list is: exact names and domains are keys.
Only patterns with wildcards inside a label that share what stands behind it are tried one by one.
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from types import MappingProxyType
from typing import Generic, Protocol, TypeVar

from attrs import frozen

from policy_module.rules.names import Pattern, Reach, ServerName, parents


class Listed(Protocol):
    """What a list consists of."""

    @property
    def pattern(self) -> Pattern:
        """The names it is about."""


K = TypeVar("K")
V = TypeVar("V")
L = TypeVar("L", bound=Listed)

_Domain = tuple[str, str | None]
"""Host and port."""


@frozen
class PatternIndex(Generic[L]):
    """A list, ready for look-up; made by :meth:`of`."""

    _exact: Mapping[str, tuple[L, ...]]
    _below: Mapping[_Domain, tuple[L, ...]]
    _globs: Mapping[_Domain, tuple[tuple[re.Pattern[str], L], ...]]

    @classmethod
    def of(cls, entries: Iterable[L]) -> "PatternIndex[L]":
        """Index a list; entries about the same names keep their order."""
        exact: defaultdict[str, list[L]] = defaultdict(list)
        below: defaultdict[_Domain, list[L]] = defaultdict(list)
        globs: defaultdict[_Domain, list[tuple[re.Pattern[str], L]]] = defaultdict(list)
        for entry in entries:
            pattern = entry.pattern
            domain = pattern.name.host, pattern.name.port
            if pattern.glob is not None:
                globs[domain].append((pattern.glob, entry))
            elif pattern.reach is Reach.EXACT:
                exact[pattern.text].append(entry)
            else:
                below[domain].append(entry)
                if pattern.reach is Reach.DOMAIN:
                    exact[pattern.text[1:]].append(entry)
        return cls(_frozen(exact), _frozen(below), _frozen(globs))

    def __len__(self) -> int:
        return sum(1 for _ in self)

    def __iter__(self) -> Iterator[L]:
        seen: set[int] = set()
        for found in (*self._exact.values(), *self._below.values()):
            for entry in found:
                if id(entry) not in seen:
                    seen.add(id(entry))
                    yield entry
        for candidates in self._globs.values():
            yield from (entry for _, entry in candidates)

    def matching(self, server: str, name: ServerName) -> Iterator[L]:
        """Yield the entries about a server, the nearest first; ``name`` is the same taken apart."""
        yield from self._exact.get(server, ())
        if not self._below and not self._globs:
            return
        for domain in parents(name):
            key = domain, name.port
            yield from self._below.get(key, ())
            for glob, entry in self._globs.get(key, ()):
                if glob.fullmatch(name.host):
                    yield entry


def _frozen(lists: Mapping[K, list[V]]) -> Mapping[K, tuple[V, ...]]:
    return MappingProxyType({key: tuple(entries) for key, entries in lists.items()})
