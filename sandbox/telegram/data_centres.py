# SPDX-License-Identifier: AGPL-3.0-or-later
"""The data centres of the network: one listening socket each."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping

Accept = Callable[[int, asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]
"""Serves a connection that came to a data centre."""

_BACKLOG = 2048
_READ_AHEAD = 1024 * 1024


class DataCentres:
    """Listens at the port of every data centre; port 0 takes a free one, and keeps it."""

    def __init__(self, accept: Accept) -> None:
        self._accept = accept
        self._host = ""
        self._ports: dict[int, int] = {}
        self._listeners: dict[int, asyncio.Server] = {}

    @property
    def addresses(self) -> Mapping[int, tuple[str, int]]:
        """Host and port by number of the data centre."""
        return {number: (self._host, port) for number, port in self._ports.items()}

    def is_open(self, number: int) -> bool:
        """Whether connections to a data centre are accepted."""
        return number in self._listeners

    async def start(self, host: str, ports: Mapping[int, int]) -> None:
        """Listen everywhere. Raises `OSError` if an address is taken."""
        self._host = host
        self._ports = dict(ports)
        await self.open()

    async def open(self) -> None:
        """Accept connections where none are accepted."""
        for number, port in self._ports.items():
            if number not in self._listeners:
                await self._listen(number, port)

    def close(self, number: int | None = None) -> None:
        """Accept no more connections, in one data centre or in all."""
        for one in [number] if number is not None else list(self._listeners):
            listener = self._listeners.pop(one, None)
            if listener is not None:
                listener.close()

    async def _listen(self, number: int, port: int) -> None:
        async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await self._accept(number, reader, writer)

        listener = await asyncio.start_server(
            serve, self._host, port, backlog=_BACKLOG, limit=_READ_AHEAD
        )
        self._listeners[number] = listener
        self._ports[number] = listener.sockets[0].getsockname()[1]
