# SPDX-License-Identifier: AGPL-3.0-or-later
"""Proxies on loopback that speak the genuine protocols: SOCKS5 and HTTP CONNECT.

Sources: RFC 1928 and 1929 (SOCKS5, user name and password), RFC 9110 section 9.3.6 (CONNECT).
"""

import abc
import asyncio
import base64
import contextlib
import ipaddress
import struct
from collections.abc import Callable
from types import TracebackType
from typing import Self

from attrs import frozen

from tests.support.ports import LOOPBACK, PortLease

_CHUNK = 65536
_LONGEST_HEAD = 8192

Target = tuple[str, int]


class ProxyRefusal(Exception):
    """A client asked for what it may not have, or spoke another protocol."""


@frozen
class Account:
    """Who may use a proxy."""

    username: str
    password: str


class Proxy(abc.ABC):
    """A proxy at a port of its own; it can be stopped and started again there.

    Attributes:
        targets: where clients were let through to, in order.
        refused: how many clients were not.
    """

    def __init__(self) -> None:
        self.targets: list[Target] = []
        self.refused = 0
        self._lease = PortLease()
        self._listener: asyncio.Server | None = None
        self._tasks: set[asyncio.Task[None]] = set()

    @property
    def host(self) -> str:
        """The address clients connect to."""
        return LOOPBACK

    @property
    def port(self) -> int:
        """The TCP port clients connect to; it stays the same."""
        return self._lease.port

    async def start(self) -> None:
        """Accept connections."""
        self._listener = await asyncio.start_server(
            self._accept, LOOPBACK, self.port, reuse_address=True
        )

    async def stop(self) -> None:
        """Cut all connections and refuse new ones."""
        listener, self._listener = self._listener, None
        if listener is not None:
            listener.close()
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    @abc.abstractmethod
    async def admit(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> tuple[Target, "Tunnel"]:
        """Hear where a client wants to go. Raises `ProxyRefusal`."""

    @abc.abstractmethod
    def confirm(self, writer: asyncio.StreamWriter) -> None:
        """Tell the client that the way is free."""

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.create_task(self._serve(reader, writer))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writers = [writer]
        try:
            target, tunnel = await self.admit(reader, writer)
            far_reader, far_writer = await asyncio.open_connection(*target)
            writers.append(far_writer)
            self.targets.append(target)
            self.confirm(writer)
            await tunnel.run(reader, writer, far_reader, far_writer)
        except ProxyRefusal:
            self.refused += 1
            await writer.drain()
        except (OSError, asyncio.IncompleteReadError):
            pass
        finally:
            for each in writers:
                each.close()

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.stop()
        self._lease.release()


class Tunnel:
    """Carries bytes both ways, as they are."""

    async def run(
        self,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        far_reader: asyncio.StreamReader,
        far_writer: asyncio.StreamWriter,
    ) -> None:
        """Carry until either side ends."""
        ways = [
            asyncio.create_task(self._pump(reader, far_writer, self.outwards)),
            asyncio.create_task(self._pump(far_reader, writer, self.inwards)),
        ]
        try:
            await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for way in ways:
                way.cancel()
            await asyncio.gather(*ways, return_exceptions=True)

    def outwards(self, data: bytes) -> bytes:
        """What a client's bytes become."""
        return data

    def inwards(self, data: bytes) -> bytes:
        """What the target's bytes become."""
        return data

    async def _pump(
        self,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        change: Callable[[bytes], bytes],
    ) -> None:
        with contextlib.suppress(OSError):
            while data := await reader.read(_CHUNK):
                writer.write(change(data))
                await writer.drain()


class Socks5Proxy(Proxy):
    """SOCKS version 5, for everybody or for one account."""

    def __init__(self, account: Account | None = None) -> None:
        super().__init__()
        self.account = account

    async def admit(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> tuple[Target, Tunnel]:
        """Agree on how to log in, log in, and read the request."""
        version, count = await reader.readexactly(2)
        offered = await reader.readexactly(count)
        wanted = 0 if self.account is None else 2
        if version != 5 or wanted not in offered:
            writer.write(b"\x05\xff")
            raise ProxyRefusal
        writer.write(bytes((5, wanted)))
        if self.account is not None:
            await self._log_in(reader, writer, self.account)
        version, command, _, kind = await reader.readexactly(4)
        if (version, command) != (5, 1):
            writer.write(_socks_reply(7))
            raise ProxyRefusal
        return await _socks_target(reader, kind), Tunnel()

    def confirm(self, writer: asyncio.StreamWriter) -> None:
        """Say that the request succeeded."""
        writer.write(_socks_reply(0))

    async def _log_in(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, account: Account
    ) -> None:
        _, length = await reader.readexactly(2)
        username = await reader.readexactly(length)
        (length,) = await reader.readexactly(1)
        password = await reader.readexactly(length)
        if (username.decode(), password.decode()) != (account.username, account.password):
            writer.write(b"\x01\x01")
            raise ProxyRefusal
        writer.write(b"\x01\x00")


async def _socks_target(reader: asyncio.StreamReader, kind: int) -> Target:
    if kind == 1:
        host = str(ipaddress.IPv4Address(await reader.readexactly(4)))
    elif kind == 4:
        host = str(ipaddress.IPv6Address(await reader.readexactly(16)))
    elif kind == 3:
        (length,) = await reader.readexactly(1)
        host = (await reader.readexactly(length)).decode("ascii")
    else:
        raise ProxyRefusal
    (port,) = struct.unpack(">H", await reader.readexactly(2))
    return host, port


def _socks_reply(code: int) -> bytes:
    return bytes((5, code, 0, 1, 0, 0, 0, 0, 0, 0))


class HttpProxy(Proxy):
    """HTTP with CONNECT, for everybody or for one account (Basic)."""

    def __init__(self, account: Account | None = None) -> None:
        super().__init__()
        self.account = account

    async def admit(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> tuple[Target, Tunnel]:
        """Read the request and its headers."""
        head = (await reader.readuntil(b"\r\n\r\n"))[:_LONGEST_HEAD].decode("ascii")
        request, *lines = head.split("\r\n")
        method, _, rest = request.partition(" ")
        if method != "CONNECT":
            writer.write(b"HTTP/1.1 405 Method Not Allowed\r\n\r\n")
            raise ProxyRefusal
        headers = {
            name.strip().lower(): value.strip()
            for name, _, value in (line.partition(":") for line in lines if line)
        }
        if not self._may(headers.get("proxy-authorization")):
            writer.write(
                b"HTTP/1.1 407 Proxy Authentication Required\r\n"
                b'Proxy-Authenticate: Basic realm="test"\r\n\r\n'
            )
            raise ProxyRefusal
        host, _, port = rest.split(" ")[0].rpartition(":")
        return (host.strip("[]"), int(port)), Tunnel()

    def confirm(self, writer: asyncio.StreamWriter) -> None:
        """Say that the request succeeded."""
        writer.write(b"HTTP/1.1 200 Connection established\r\n\r\n")

    def _may(self, authorization: str | None) -> bool:
        if self.account is None:
            return True
        pair = f"{self.account.username}:{self.account.password}"
        return authorization == f"Basic {base64.b64encode(pair.encode()).decode()}"
