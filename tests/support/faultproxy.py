# SPDX-License-Identifier: AGPL-3.0-or-later
"""A TCP relay on loopback that fails on command, to put between any two parts."""

import asyncio
import contextlib
import socket
import struct
from types import TracebackType
from typing import Literal, Self

from tests.support.ports import LOOPBACK, PortLease

Direction = Literal["to_server", "to_client"]

_CHUNK = 65536
_LINGER_ZERO = struct.pack("ii", 1, 0)


class FaultProxy:
    """Relays connections from its own port to a server, until told otherwise.

    Faults add up and last until `resume`.

    Args:
        port: the server's TCP port.
        host: the server's address.

    Attributes:
        accepted: connections taken so far.
        resets: connections that we broke.
    """

    def __init__(self, port: int, host: str = LOOPBACK) -> None:
        self.accepted = 0
        self.resets = 0
        self._target = (host, port)
        self._lease = PortLease()
        self._listener: asyncio.Server | None = None
        self._relays: set[asyncio.Task[None]] = set()
        self._flowing = asyncio.Event()
        self._flowing.set()
        self._delay = 0.0
        self._reset_after: dict[Direction, int] = {}

    @property
    def port(self) -> int:
        """The TCP port to connect to; it stays the same through all faults."""
        return self._lease.port

    @property
    def url(self) -> str:
        """`http://` URL of our side, without a slash at the end."""
        return f"http://{LOOPBACK}:{self.port}"

    @property
    def open_connections(self) -> int:
        """Connections that live at the moment."""
        return len(self._relays)

    async def start(self) -> None:
        """Begin to accept connections."""
        self._listener = await asyncio.start_server(
            self._accept, LOOPBACK, self.port, reuse_address=True
        )

    async def close(self) -> None:
        """Stop accepting, break what is open and give the port back."""
        await self.refuse()
        self.drop()
        await asyncio.gather(*self._relays, return_exceptions=True)
        self._lease.release()

    async def refuse(self) -> None:
        """Answer new connections with "connection refused"; open ones go on."""
        if self._listener is not None:
            self._listener.close()
            self._listener = None

    def blackhole(self) -> None:
        """Let nothing through in either direction while connections stay open (half-open).

        What was held back goes on its way after `resume`, as TCP would retransmit it.
        """
        self._flowing.clear()

    def delay(self, seconds: float) -> None:
        """Hold back every chunk of data for this long, one after another."""
        self._delay = seconds

    def reset_after(self, octets: int, direction: Direction = "to_client") -> None:
        """Reset each connection opened from now on once so many octets went through.

        Args:
            octets: at most this many arrive on the other side; 0 resets at the first chunk.
            direction: which of the two streams is counted.
        """
        self._reset_after[direction] = octets

    def drop(self) -> None:
        """Reset all open connections now; new ones are accepted."""
        for relay in list(self._relays):
            relay.cancel()

    async def resume(self) -> None:
        """End every fault; connections that were broken stay broken."""
        self._delay = 0.0
        self._reset_after.clear()
        self._flowing.set()
        if self._listener is None:
            await self.start()

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.accepted += 1
        relay = asyncio.create_task(self._relay(reader, writer))
        self._relays.add(relay)
        relay.add_done_callback(self._relays.discard)

    async def _relay(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        limits = dict(self._reset_after)
        writers = [writer]
        try:
            await self._flowing.wait()
            server_reader, server_writer = await asyncio.open_connection(*self._target)
            writers.append(server_writer)
            async with asyncio.TaskGroup() as pumps:
                pumps.create_task(self._pump(reader, server_writer, limits.get("to_server")))
                pumps.create_task(self._pump(server_reader, writer, limits.get("to_client")))
        except (asyncio.CancelledError, OSError, ExceptionGroup) as error:
            self.resets += 1
            for each in writers:
                _reset(each)
            if isinstance(error, ExceptionGroup) and error.split(OSError)[1]:
                raise
        else:
            for each in writers:
                each.close()

    async def _pump(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, limit: int | None
    ) -> None:
        passed = 0
        while chunk := await reader.read(_CHUNK):
            await self._flowing.wait()
            await asyncio.sleep(self._delay)
            allowed = chunk if limit is None else chunk[: limit - passed]
            passed += len(allowed)
            writer.write(allowed)
            await writer.drain()
            if limit is not None and passed >= limit:
                raise ConnectionResetError(f"reset after {limit} octets, as told")
        await self._flowing.wait()
        with contextlib.suppress(OSError):
            writer.write_eof()

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.close()


def _reset(writer: asyncio.StreamWriter) -> None:
    connection = writer.get_extra_info("socket")
    if connection is not None and connection.fileno() != -1:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _LINGER_ZERO)
    writer.transport.abort()
