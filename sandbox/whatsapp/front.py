# SPDX-License-Identifier: AGPL-3.0-or-later
"""A proxy for clients whose addresses are built in: CONNECT to the service ends here, with TLS.

Nothing is forwarded to anywhere but the sandbox: a CONNECT to another name is refused.
"""

import asyncio
import contextlib
import ssl

_HEAD_LIMIT = 16 * 1024
_CHUNK = 64 * 1024


class Front:
    """Listens for CONNECT; what is inside goes to the sandbox's plain port."""

    def __init__(self, context: ssl.SSLContext, host: str, upstream: int) -> None:
        self._context = context
        self._host = host
        self._upstream = upstream
        self._server: asyncio.Server | None = None
        self._open: dict[asyncio.Task[None], asyncio.StreamWriter] = {}

    async def start(self, port: int = 0) -> int:
        """Listen; returns the port."""
        self._server = await asyncio.start_server(self._serve, self._host, port, limit=_HEAD_LIMIT)
        return int(self._server.sockets[0].getsockname()[1])

    async def stop(self) -> None:
        """Close everything."""
        if self._server is not None:
            self._server.close()
        for writer in self._open.values():
            writer.transport.abort()
        await asyncio.gather(*self._open)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._open[task] = writer
        try:
            await self._tunnel(reader, writer)
        except (OSError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
            pass
        finally:
            del self._open[task]
            writer.close()

    async def _tunnel(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        method, _, rest = head.partition(b" ")
        name = rest.partition(b":")[0].decode("ascii", "replace")
        if method != b"CONNECT" or not _ours(name):
            writer.write(b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n")
            await writer.drain()
            return
        writer.write(b"HTTP/1.1 200 OK\r\n\r\n")
        await writer.drain()
        await writer.start_tls(self._context)
        inner_reader, inner_writer = await asyncio.open_connection(self._host, self._upstream)
        try:
            await asyncio.gather(_pipe(reader, inner_writer), _pipe(inner_reader, writer))
        finally:
            inner_writer.close()


def _ours(name: str) -> bool:
    return name == "web.whatsapp.com" or name.endswith(".whatsapp.net")


async def _pipe(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with contextlib.suppress(OSError, ssl.SSLError):
        while data := await reader.read(_CHUNK):
            writer.write(data)
            await writer.drain()
    writer.close()
