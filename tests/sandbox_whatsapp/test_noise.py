# SPDX-License-Identifier: AGPL-3.0-or-later
"""What the server shows and refuses; whole handshakes are in `test_clients`, by real clients."""

import os

import pytest
from pyaileys.proto import WAProto_pb2

from sandbox.whatsapp.certificates import ServerIdentity
from sandbox.whatsapp.keys import KeyPair, verify
from sandbox.whatsapp.noise import HandshakeError, Responder

PROLOGUE = b"WA\x06\x03"


def _server() -> tuple[ServerIdentity, Responder]:
    identity = ServerIdentity.issue(KeyPair.generate(os.urandom), 1_800_000_000, os.urandom)
    return identity, Responder(PROLOGUE, identity, KeyPair.generate(os.urandom))


def _hello(key: bytes) -> bytes:
    message = WAProto_pb2.HandshakeMessage()
    message.clientHello.ephemeral = key
    return bytes(message.SerializeToString())


def test_the_chain_leads_from_the_root_to_the_servers_key() -> None:
    identity, _ = _server()
    chain = WAProto_pb2.CertChain.FromString(identity.chain)
    details = WAProto_pb2.CertChain.NoiseCertificate.Details
    middle = details.FromString(chain.intermediate.details)
    leaf = details.FromString(chain.leaf.details)
    assert verify(identity.root.public, chain.intermediate.details, chain.intermediate.signature)
    assert verify(middle.key, chain.leaf.details, chain.leaf.signature)
    assert not verify(identity.root.public, chain.leaf.details, chain.leaf.signature)
    assert leaf.key == identity.static.public
    assert leaf.issuerSerial == middle.serial
    assert middle.notBefore < 1_800_000_000 < middle.notAfter


@pytest.mark.parametrize("message", [b"\xff", b"", _hello(b"short"), _hello(bytes(32))])
def test_a_wrong_hello_is_refused(message: bytes) -> None:
    with pytest.raises(HandshakeError):
        _server()[1].hello(message)


def test_a_wrong_finish_is_refused() -> None:
    _, responder = _server()
    responder.hello(_hello(KeyPair.generate(os.urandom).public))
    message = WAProto_pb2.HandshakeMessage()
    message.clientFinish.payload = bytes(40)
    setattr(message.clientFinish, "static", bytes(48))  # noqa: B010
    with pytest.raises(HandshakeError, match="decrypted"):
        responder.finish(message.SerializeToString())
