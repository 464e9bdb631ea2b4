# SPDX-License-Identifier: AGPL-3.0-or-later
"""A leased port can be served on, again and again, and is nobody else's."""

import asyncio
import errno
import socket

import pytest

from tests.support.ports import LOOPBACK, PortLease


async def _serve_once(port: int) -> None:
    async def answer(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"hello")
        writer.close()

    server = await asyncio.start_server(answer, LOOPBACK, port)
    async with server:
        reader, writer = await asyncio.open_connection(LOOPBACK, port)
        assert await reader.read() == b"hello"
        writer.close()


async def test_a_server_uses_the_leased_port_repeatedly() -> None:
    with PortLease() as lease:
        await _serve_once(lease.port)
        await _serve_once(lease.port)


def test_nobody_answers_while_no_server_runs() -> None:
    with PortLease() as lease, socket.socket() as client, pytest.raises(ConnectionRefusedError):
        client.connect((LOOPBACK, lease.port))


def test_leases_never_share_a_port() -> None:
    leases = [PortLease() for _ in range(200)]
    try:
        assert len({lease.port for lease in leases}) == len(leases)
    finally:
        for lease in leases:
            lease.release()


def test_a_stranger_cannot_take_a_leased_port() -> None:
    with PortLease() as lease, socket.socket() as stranger:
        with pytest.raises(OSError) as refused:
            stranger.bind((LOOPBACK, lease.port))
        assert refused.value.errno == errno.EADDRINUSE
