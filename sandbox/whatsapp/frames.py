# SPDX-License-Identifier: AGPL-3.0-or-later
"""Frames in a WebSocket: three bytes of length, then that many.

A WebSocket message holds several frames, or a part of one. The client's very first bytes are the
prologue of the handshake.
"""

from collections.abc import Awaitable, Callable

PROLOGUE_SIZE = 4
_LENGTH_SIZE = 3
MAX_FRAME = (1 << 24) - 1


class Frames:
    """Cuts a stream of WebSocket messages into frames.

    `receive` returns the next message's bytes and raises when the connection is over.
    """

    def __init__(self, receive: Callable[[], Awaitable[bytes]]) -> None:
        self._receive = receive
        self._waiting = bytearray()

    async def prologue(self) -> bytes:
        """Return the bytes in front of the first frame."""
        return await self._take(PROLOGUE_SIZE)

    async def next(self) -> bytes:
        """Return the next frame."""
        return await self._take(int.from_bytes(await self._take(_LENGTH_SIZE), "big"))

    async def _take(self, count: int) -> bytes:
        while len(self._waiting) < count:
            self._waiting += await self._receive()
        taken = bytes(self._waiting[:count])
        del self._waiting[:count]
        return taken


def framed(data: bytes) -> bytes:
    """Return a frame. Raises ValueError above 16 MiB."""
    if len(data) > MAX_FRAME:
        raise ValueError(f"{len(data)} bytes do not fit into a frame")
    return len(data).to_bytes(_LENGTH_SIZE, "big") + data
