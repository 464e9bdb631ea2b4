# SPDX-License-Identifier: AGPL-3.0-or-later
"""A listener somewhere else: what it heard is the evidence, not what our side says it did."""

import asyncio
import json
import ssl
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from typing import Any

from attrs import field, frozen

from tests.policy.federating import Certificate
from tests.support.ports import LOOPBACK


@frozen
class Heard:
    """One HTTP request as it arrived; header names in lower case."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes

    def json(self) -> Any:
        """Give the body as JSON."""
        return json.loads(self.body)


@frozen
class Answer:
    """What is answered; the length is added."""

    status: int = 200
    headers: Mapping[str, str] = field(factory=dict)
    body: bytes = b"{}"


Respond = Callable[[Heard], Answer]


class Listener:
    """Counts every connection that reaches it, and keeps every request.

    Connections stay open for the next request, as a server's usually do.
    """

    def __init__(self, respond: Respond | None = None) -> None:
        self.connections = 0
        self.heard: list[Heard] = []
        self.port = 0
        self._respond = respond or (lambda _: Answer())
        self._tls: ssl.SSLContext | None = None
        self._open: set[asyncio.StreamWriter] = set()

    @property
    def silent(self) -> bool:
        """Whether nobody ever connected."""
        return self.connections == 0

    def forget(self) -> None:
        """Begin to count anew."""
        self.connections = 0
        self.heard.clear()

    @asynccontextmanager
    async def listening(
        self, certificate: Certificate | None = None, host: str = LOOPBACK
    ) -> AsyncIterator["Listener"]:
        """Listen on a free port, with TLS if there is a certificate."""
        if certificate is not None:
            self._tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
            self._tls.load_cert_chain(certificate.certificate, certificate.key)
        server = await asyncio.start_server(self._serve, host, 0)
        self.port = server.sockets[0].getsockname()[1]
        try:
            yield self
        finally:
            server.close()
            for writer in self._open:
                writer.close()
            await server.wait_closed()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1  # before TLS, which a client that does not trust us breaks off
        self._open.add(writer)
        try:
            if self._tls is not None:
                await writer.start_tls(self._tls)
            while (heard := await _read(reader)) is not None:
                self.heard.append(heard)
                writer.write(_written(self._respond(heard)))
                await writer.drain()
        except (ConnectionError, ssl.SSLError):
            pass
        finally:
            self._open.discard(writer)
            writer.close()


async def _read(reader: asyncio.StreamReader) -> Heard | None:
    try:
        head = await reader.readuntil(b"\r\n\r\n")
    except asyncio.IncompleteReadError:
        return None
    request, *lines = head.decode().strip().split("\r\n")
    headers = {
        name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)
    }
    body = await reader.readexactly(int(headers.get("content-length", "0")))
    method, path, _ = request.split(" ")
    return Heard(method, path, headers, body)


def _written(answer: Answer) -> bytes:
    headers = {"Content-Type": "application/json", **answer.headers}
    lines = [f"HTTP/1.1 {answer.status} x", f"Content-Length: {len(answer.body)}"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + answer.body
