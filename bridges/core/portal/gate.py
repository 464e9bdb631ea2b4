# SPDX-License-Identifier: AGPL-3.0-or-later
"""Keeps our own sends and the network's echo of them apart."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from attrs import define, field

from bridges.core.ids import ChatKey


@define
class _Gate:
    lock: asyncio.Lock = field(factory=asyncio.Lock)
    users: int = 0


class EchoGate:
    """One lock per chat, held while a message is sent and its remote id is stored.

    Whoever handles a message that may be the echo of such a send takes the lock first and then looks
    whether the id is known.
    """

    def __init__(self) -> None:
        self._gates: dict[ChatKey, _Gate] = {}

    @asynccontextmanager
    async def hold(self, chat: ChatKey) -> AsyncIterator[None]:
        """Hold a chat's lock for the time of the block."""
        gate = self._gates.setdefault(chat, _Gate())
        gate.users += 1
        try:
            async with gate.lock:
                yield
        finally:
            gate.users -= 1
            if gate.users == 0:
                del self._gates[chat]
