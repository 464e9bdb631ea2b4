# SPDX-License-Identifier: AGPL-3.0-or-later
"""A lock for each of many things, kept only while somebody wants it."""

import asyncio
from collections.abc import AsyncIterator, Hashable
from contextlib import asynccontextmanager
from typing import Generic, TypeVar

from attrs import define, field

K = TypeVar("K", bound=Hashable)


@define
class _Lock:
    lock: asyncio.Lock = field(factory=asyncio.Lock)
    users: int = 0


class KeyedLocks(Generic[K]):
    """One lock per key; whoever waits for it gets it in turn."""

    def __init__(self) -> None:
        self._locks: dict[K, _Lock] = {}

    @asynccontextmanager
    async def hold(self, key: K) -> AsyncIterator[None]:
        """Hold a key's lock for the time of the block."""
        kept = self._locks.setdefault(key, _Lock())
        kept.users += 1
        try:
            async with kept.lock:
                yield
        finally:
            kept.users -= 1
            if kept.users == 0:
                del self._locks[key]
