# SPDX-License-Identifier: AGPL-3.0-or-later
"""The server's side of ``Noise_XX_25519_AESGCM_SHA256`` (Noise Protocol Framework, revision 34).

WhatsApp puts the three messages into a protobuf (`HandshakeMessage`); the prologue is the four
bytes that open every connection. The server proves itself by a chain of two certificates in the
payload of its hello.
"""

import hashlib

from attrs import frozen
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from google.protobuf.message import DecodeError
from pyaileys.proto import WAProto_pb2

from sandbox.whatsapp.certificates import ServerIdentity
from sandbox.whatsapp.keys import KEY_SIZE, KeyPair

_NAME = b"Noise_XX_25519_AESGCM_SHA256\0\0\0\0"
_TAG_SIZE = 16


class HandshakeError(Exception):
    """The client's message does not belong to this handshake."""


class Cipher:
    """One direction of an encrypted connection: AES-256-GCM with a counter."""

    def __init__(self, key: bytes) -> None:
        self._cipher = AESGCM(key)
        self._count = 0

    def seal(self, data: bytes, bound: bytes = b"") -> bytes:
        """Encrypt the next message."""
        return self._cipher.encrypt(self._nonce(), data, bound)

    def open(self, data: bytes, bound: bytes = b"") -> bytes:
        """Decrypt the next message. Raises `HandshakeError` if it was not sealed for us."""
        try:
            return self._cipher.decrypt(self._nonce(), data, bound)
        except InvalidTag as error:
            raise HandshakeError("a frame cannot be decrypted") from error

    def _nonce(self) -> bytes:
        nonce = bytes(8) + self._count.to_bytes(4, "big")
        self._count += 1
        return nonce


@frozen
class Keys:
    """What a finished handshake leaves: a cipher for each direction, and who the client is."""

    receive: Cipher
    send: Cipher
    payload: bytes


class Responder:
    """One handshake; `hello` and then `finish` take the client's two messages."""

    def __init__(self, prologue: bytes, identity: ServerIdentity, ephemeral: KeyPair) -> None:
        self._identity = identity
        self._ephemeral = ephemeral
        self._hash = self._chain = _NAME
        self._cipher = Cipher(_NAME)
        self._mix_hash(prologue)

    def hello(self, message: bytes) -> bytes:
        """Take the client's hello and return the server's. Raises `HandshakeError`."""
        client = _parse(message).clientHello.ephemeral
        if len(client) != KEY_SIZE:
            raise HandshakeError("the client's hello has no ephemeral key")
        self._mix_hash(client)
        self._mix_hash(self._ephemeral.public)
        self._mix_key(self._ephemeral, client)
        static = self._seal(self._identity.static.public)
        self._mix_key(self._identity.static, client)
        payload = self._seal(self._identity.chain)
        answer = WAProto_pb2.HandshakeMessage()
        answer.serverHello.ephemeral = self._ephemeral.public
        # "static" cannot be assigned as a plain attribute in every protobuf runtime.
        setattr(answer.serverHello, "static", static)  # noqa: B010
        answer.serverHello.payload = payload
        return bytes(answer.SerializeToString())

    def finish(self, message: bytes) -> Keys:
        """Take the client's last message. Raises `HandshakeError`."""
        finish = _parse(message).clientFinish
        static = self._open(getattr(finish, "static"))  # noqa: B009
        self._mix_key(self._ephemeral, static)
        payload = self._open(finish.payload)
        receive, send = _derive(self._chain, b"")
        return Keys(Cipher(receive), Cipher(send), payload)

    def _mix_hash(self, data: bytes) -> None:
        self._hash = hashlib.sha256(self._hash + data).digest()

    def _mix_key(self, pair: KeyPair, public: bytes) -> None:
        try:
            secret = pair.shared(public)
        except ValueError as error:
            raise HandshakeError("the client's key is no point of the curve") from error
        self._chain, key = _derive(self._chain, secret)
        self._cipher = Cipher(key)

    def _seal(self, data: bytes) -> bytes:
        sealed = self._cipher.seal(data, self._hash)
        self._mix_hash(sealed)
        return sealed

    def _open(self, sealed: bytes) -> bytes:
        if len(sealed) < _TAG_SIZE:
            raise HandshakeError("a part of the client's message is missing")
        data = self._cipher.open(sealed, self._hash)
        self._mix_hash(sealed)
        return data


def _derive(salt: bytes, secret: bytes) -> tuple[bytes, bytes]:
    both = HKDF(SHA256(), 2 * KEY_SIZE, salt, b"").derive(secret)
    return both[:KEY_SIZE], both[KEY_SIZE:]


def _parse(message: bytes) -> WAProto_pb2.HandshakeMessage:
    try:
        return WAProto_pb2.HandshakeMessage.FromString(message)
    except DecodeError as error:
        raise HandshakeError("not a message of the handshake") from error
