# SPDX-License-Identifier: AGPL-3.0-or-later
"""Each fault of the proxy is the fault that it says."""

import asyncio
import time
from collections.abc import AsyncIterator

import asyncpg
import pytest

from tests.support.faultproxy import FaultProxy
from tests.support.matrix_user import MatrixUser
from tests.support.ports import LOOPBACK
from tests.support.postgres import PostgresServer
from tests.support.synapse import SynapseFactory
from tests.support.waiting import eventually

Connection = tuple[asyncio.StreamReader, asyncio.StreamWriter]


@pytest.fixture
async def proxy() -> AsyncIterator[FaultProxy]:
    """A proxy before a server that echoes."""

    async def echo(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while data := await reader.read(1000):
            writer.write(data)
        writer.close()

    server = await asyncio.start_server(echo, LOOPBACK, 0)
    async with server, FaultProxy(server.sockets[0].getsockname()[1]) as proxy:
        yield proxy


async def _connect(proxy: FaultProxy) -> Connection:
    return await asyncio.open_connection(LOOPBACK, proxy.port)


async def _echoed(connection: Connection, text: bytes) -> bytes:
    reader, writer = connection
    writer.write(text)
    return await reader.readexactly(len(text))


async def test_it_passes_everything_and_counts(proxy: FaultProxy) -> None:
    reader, writer = await _connect(proxy)
    big = bytes(range(256)) * 2000
    writer.write(big)
    writer.write_eof()
    assert await reader.read(-1) == big
    writer.close()
    await eventually(lambda: proxy.open_connections == 0)
    assert (proxy.accepted, proxy.resets) == (1, 0)


async def test_refuse_spares_open_connections(proxy: FaultProxy) -> None:
    before = await _connect(proxy)
    assert await _echoed(before, b"one") == b"one"
    await proxy.refuse()
    with pytest.raises(ConnectionRefusedError):
        await _connect(proxy)
    assert await _echoed(before, b"two") == b"two"
    await proxy.resume()
    after = await _connect(proxy)
    assert await _echoed(after, b"three") == b"three"
    before[1].close()
    after[1].close()


async def test_blackhole_keeps_the_connection_and_loses_nothing(proxy: FaultProxy) -> None:
    connection = await _connect(proxy)
    assert await _echoed(connection, b"one") == b"one"
    proxy.blackhole()
    connection[1].write(b"two")
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(connection[0].read(1), 0.1)
    await proxy.resume()
    assert await connection[0].readexactly(3) == b"two"
    connection[1].close()


async def test_drop_resets_what_is_open(proxy: FaultProxy) -> None:
    connection = await _connect(proxy)
    assert await _echoed(connection, b"one") == b"one"
    proxy.drop()
    with pytest.raises(ConnectionResetError):
        await connection[0].read(1)
    after = await _connect(proxy)
    assert await _echoed(after, b"two") == b"two"
    assert (proxy.accepted, proxy.resets) == (2, 1)
    after[1].close()


async def test_reset_after_passes_no_more_octets(proxy: FaultProxy) -> None:
    proxy.reset_after(5)
    reader, writer = await _connect(proxy)
    writer.write(b"1234567")
    assert await reader.readexactly(5) == b"12345"
    with pytest.raises(ConnectionResetError):
        await reader.read(1)
    await eventually(lambda: proxy.resets == 1)
    await proxy.resume()
    again = await _connect(proxy)
    assert await _echoed(again, b"1234567") == b"1234567"
    again[1].close()


async def test_delay_holds_data_back(proxy: FaultProxy) -> None:
    proxy.delay(0.1)
    connection = await _connect(proxy)
    started = time.monotonic()
    assert await _echoed(connection, b"slow") == b"slow"
    assert time.monotonic() - started >= 0.2
    connection[1].close()


async def test_without_a_server_the_connection_breaks() -> None:
    async with FaultProxy(1) as proxy:
        reader, writer = await _connect(proxy)
        with pytest.raises(ConnectionResetError):
            await reader.read(1)
        writer.close()


@pytest.mark.postgres
async def test_a_database_is_reached_through_the_proxy(
    postgres: PostgresServer, postgres_url: str
) -> None:
    name = postgres_url.rpartition("/")[2]
    async with FaultProxy(postgres.port) as proxy:
        connection = await asyncpg.connect(postgres.url(name, proxy.port))
        assert await connection.fetchval("SELECT current_database()") == name
        proxy.drop()
        with pytest.raises((OSError, asyncpg.PostgresError, asyncpg.InterfaceError)):
            await connection.fetchval("SELECT 1")
        connection.terminate()


@pytest.mark.synapse
async def test_a_user_gets_over_broken_connections(synapse_factory: SynapseFactory) -> None:
    async with synapse_factory.running() as server, FaultProxy(server.port) as proxy:
        token = await server.register_user("zarina", "a long password")
        async with MatrixUser(proxy.url, server.mxid("zarina"), token=token) as zarina:
            room = await zarina.create_room()
            await zarina.say(room, "before")
            await zarina.wait_message("before", room)
            await proxy.refuse()
            proxy.drop()
            saying = asyncio.create_task(zarina.say(room, "during"))
            await eventually(lambda: proxy.open_connections == 0)
            await proxy.resume()
            await saying
            await zarina.wait_message("during", room)
            assert zarina.bodies(room) == ["before", "during"]
