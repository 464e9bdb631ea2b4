# SPDX-License-Identifier: AGPL-3.0-or-later
"""The wire: transports, envelopes, salts, containers, compressed answers."""

import asyncio
import contextlib
import io
import logging
import os
import socket
import struct
import time
from collections import defaultdict
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from telethon import errors
from telethon.crypto import AuthKey
from telethon.network import (
    ConnectionTcpAbridged,
    ConnectionTcpFull,
    ConnectionTcpIntermediate,
    ConnectionTcpObfuscated,
)
from telethon.network.mtprotostate import MTProtoState
from telethon.tl import functions, types

from sandbox.telegram import Person, TelegramSandbox, wire
from sandbox.telegram.handlers import all_handlers
from tests.sandbox.conftest import Connect, log_in

ALISA = "+99955500201"


@pytest.mark.parametrize(
    "transport",
    [
        ConnectionTcpFull,
        ConnectionTcpAbridged,
        ConnectionTcpIntermediate,
        ConnectionTcpObfuscated,
    ],
)
async def test_every_transport_of_the_client_works(
    net: TelegramSandbox, connect: Connect, transport: Any
) -> None:
    client = await connect(net, connection=transport)
    await log_in(client, ALISA)
    await client.send_message("boris_test", "x" * 3000)
    assert (await client.get_messages("boris_test"))[0].message == "x" * 3000


async def test_long_answers_are_compressed_and_still_understood(
    net: TelegramSandbox, alisa: Person
) -> None:
    net.world.set_limits(gzip_from=1)
    for number in range(5):
        await alisa.send("boris_test", f"{number}" * 2000)
    assert [m.message[0] for m in await alisa.history("boris_test")] == list("01234")


async def test_calls_in_one_container_keep_their_order(alisa: Person) -> None:
    target = await alisa.entity("boris_test")
    requests = [functions.messages.SendMessageRequest(target, f"{number}") for number in range(5)]
    await alisa.client(requests, ordered=True)
    assert [m.message for m in await alisa.history("boris_test")] == list("01234")


async def test_a_call_after_a_failed_one_fails(net: TelegramSandbox, alisa: Person) -> None:
    target = await alisa.entity("boris_test")
    net.faults.fail("messages.sendMessage", 400, "PEER_ID_INVALID")
    requests = [functions.messages.SendMessageRequest(target, f"{n}") for n in range(2)]
    with pytest.raises(errors.MultiError) as caught:
        await alisa.client(requests, ordered=True)
    assert [type(error) for error in caught.value.exceptions] == [
        errors.PeerIdInvalidError,
        errors.MsgWaitFailedError,
    ]


async def test_an_unknown_method_is_refused(alisa: Person) -> None:
    with pytest.raises(errors.RPCError):
        await alisa.client(functions.payments.GetStarsStatusRequest(types.InputPeerSelf()))


async def test_garbage_ends_the_connection_only(net: TelegramSandbox, alisa: Person) -> None:
    for garbage in (
        b"GET / HTTP/1.1\r\n\r\n" + b"x" * 64,
        struct.pack("<ii", 2**30, 0) + b"x" * 64,
        b"\xef\x7f\xff\xff\xff" + b"x" * 64,
        b"\xee\xee\xee\xee" + struct.pack("<i", 40) + b"\0" * 40,
    ):
        reader, writer = await asyncio.open_connection(net.host, net.port)
        writer.write(garbage)
        writer.write_eof()
        async with asyncio.timeout(10):
            assert await reader.read() == b""
        writer.close()
    assert (await alisa.client.get_me()).first_name == "Alisa"


async def test_many_clients_at_once(net: TelegramSandbox, connect: Connect) -> None:
    clients = await asyncio.gather(*(connect(net) for _ in range(30)))
    me = await asyncio.gather(*(log_in(client, ALISA) for client in clients[:1]))
    assert me[0].first_name == "Alisa"
    assert all(client.is_connected() for client in clients)


async def test_it_listens_on_loopback_only(net: TelegramSandbox) -> None:
    assert net.host == "127.0.0.1"
    with socket.socket() as probe:
        probe.bind(("127.0.0.2", net.port))


def test_about_ninety_methods_are_there() -> None:
    assert len(all_handlers(dict)) >= 90


def _client_state(secret: bytes) -> Any:
    return MTProtoState(AuthKey(secret), loggers=defaultdict(logging.getLogger))


@given(st.binary(max_size=300), st.binary(min_size=256, max_size=256))
def test_the_server_opens_what_the_client_seals(content: bytes, secret: bytes) -> None:
    client = _client_state(secret)
    data = io.BytesIO()
    msg_id = client.write_data_as_message(data, content, content_related=False)
    sealed = client.encrypt_message_data(data.getvalue())
    assert int.from_bytes(sealed[:8], "little") == wire.key_id(secret)
    opened = wire.open_envelope(secret, sealed)
    assert (opened.session_id, opened.msg_id, opened.body) == (client.id, msg_id, content)
    damaged = sealed[:-1] + bytes([sealed[-1] ^ 1])
    with pytest.raises(wire.BadEnvelopeError):
        wire.open_envelope(secret, damaged)


@given(st.integers(-(2**63), 2**63 - 1), st.binary(min_size=256, max_size=256))
def test_the_client_opens_what_the_server_seals(number: int, secret: bytes) -> None:
    client = _client_state(secret)
    msg_id = int(time.time()) << 32 | 1
    body = bytes(types.Pong(msg_id, number))
    envelope = wire.Envelope(0, client.id, msg_id, 1, body)
    sealed = wire.seal_envelope(secret, wire.key_id(secret), envelope, os.urandom)
    assert client.decrypt_message_data(sealed).obj.ping_id == number


@given(st.binary(max_size=200))
def test_no_packet_breaks_the_reader(packet: bytes) -> None:
    with pytest.raises(wire.BadEnvelopeError):
        wire.open_envelope(b"k" * 256, packet)


@given(st.binary(max_size=200))
def test_no_body_breaks_the_parser(body: bytes) -> None:
    with contextlib.suppress(wire.UnreadableError):
        wire.parse(body)
