# SPDX-License-Identifier: AGPL-3.0-or-later
"""The key exchange, driven by the client library's own code."""

import os
import time
from typing import Any

import pytest
from telethon.crypto import rsa as client_keys
from telethon.extensions import BinaryReader
from telethon.network import authenticator
from telethon.tl import functions

from sandbox.telegram.handshake import DH_PRIME, Handshake, HandshakeError, ServerKey
from sandbox.telegram.wire import UnreadableError


class Plain:
    """Carries the client's messages straight to a server's half of the exchange."""

    def __init__(self, handshake: Handshake) -> None:
        self._handshake = handshake

    async def send(self, request: Any) -> Any:
        """Answer as the network would."""
        received = BinaryReader(bytes(request)).tgread_object()
        return BinaryReader(bytes(self._handshake.step(received))).tgread_object()


@pytest.fixture(scope="module")
def key() -> ServerKey:
    """The key pair of the package, known to the client."""
    key = ServerKey.load()
    client_keys.add_key(key.public_pem, old=False)
    return key


async def test_both_sides_end_with_the_same_key(key: ServerKey) -> None:
    handshake = Handshake(key, os.urandom, time.time)
    agreed, offset = await authenticator.do_authentication(Plain(handshake))
    assert agreed.key == handshake.auth_key
    assert abs(offset) <= 1


async def test_a_key_that_begins_with_zero_works_too(
    key: ServerKey, monkeypatch: pytest.MonkeyPatch
) -> None:
    secret = 2**255 + 12345
    g_a = pow(3, secret, DH_PRIME)
    client_secret = 2**2047 + 1
    agreed_on = pow(g_a, client_secret, DH_PRIME)
    while agreed_on >> 2040:
        client_secret += 1
        agreed_on = agreed_on * g_a % DH_PRIME
    original = os.urandom

    def servers(size: int) -> bytes:
        return secret.to_bytes(size, "big") if size == 32 else original(size)

    def clients(size: int) -> bytes:
        return client_secret.to_bytes(size, "big") if size == 256 else original(size)

    monkeypatch.setattr("telethon.network.authenticator.os.urandom", clients)
    handshake = Handshake(key, servers, time.time)
    agreed, _ = await authenticator.do_authentication(Plain(handshake))
    assert agreed.key == handshake.auth_key
    assert len(agreed.key) < 256


@pytest.mark.parametrize("block", [b"\xff" * 256, b"\x00" * 256])
def test_a_wrong_rsa_block_is_refused(key: ServerKey, block: bytes) -> None:
    handshake = Handshake(key, os.urandom, time.time)
    offer = handshake.step(functions.ReqPqMultiRequest(1))
    request = functions.ReqDHParamsRequest(1, offer.server_nonce, b"", b"", key.fingerprint, block)
    with pytest.raises((HandshakeError, UnreadableError)):
        handshake.step(request)


def test_foreign_nonces_are_refused(key: ServerKey) -> None:
    handshake = Handshake(key, os.urandom, time.time)
    handshake.step(functions.ReqPqMultiRequest(1))
    request = functions.SetClientDHParamsRequest(1, 12345, b"")
    with pytest.raises(HandshakeError, match="nonces"):
        handshake.step(request)


def test_the_exchange_takes_nothing_else(key: ServerKey) -> None:
    with pytest.raises(HandshakeError, match="no part"):
        Handshake(key, os.urandom, time.time).step(functions.PingRequest(1))
