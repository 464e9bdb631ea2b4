# SPDX-License-Identifier: AGPL-3.0-or-later
"""MTProto 2.0 envelopes and TL bodies.

Source: https://core.telegram.org/mtproto/description (message keys, padding) and
https://core.telegram.org/mtproto/serialize (boxed vectors and booleans).
"""

import struct
from collections.abc import Callable
from hashlib import sha1, sha256
from typing import Any

from attrs import frozen
from telethon.crypto import AES
from telethon.errors import TypeNotFoundError
from telethon.extensions import BinaryReader
from telethon.tl.tlobject import TLObject

RandomBytes = Callable[[int], bytes]

RPC_RESULT = 0xF35C6D01
GZIP_PACKED = 0x3072CFA1
_VECTOR = 0x1CB5C415
_TRUE = 0x997275B5
_FALSE = 0xBC799737
_HEADER = struct.Struct("<qqqii")


class BadEnvelopeError(Exception):
    """A packet that is not a valid encrypted message under its key."""


class UnreadableError(Exception):
    """Bytes that are no TL object."""


class UnknownConstructorError(UnreadableError):
    """An object or method that this layer does not have."""


@frozen
class Longs:
    """A ``Vector<long>``, whose elements are written bare."""

    values: tuple[int, ...]


@frozen
class Envelope:
    """The inside of an encrypted message."""

    salt: int
    session_id: int
    msg_id: int
    seqno: int
    body: bytes


def serialize(value: Any) -> bytes:
    """Write an answer: a TL object, a boolean, a vector of objects or `Longs`."""
    if isinstance(value, bool):
        return struct.pack("<I", _TRUE if value else _FALSE)
    if isinstance(value, list):
        return struct.pack("<Ii", _VECTOR, len(value)) + b"".join(map(serialize, value))
    if isinstance(value, Longs):
        count = len(value.values)
        return struct.pack(f"<Ii{count}q", _VECTOR, count, *value.values)
    return bytes(value)


def gzipped(packed: bytes) -> bytes:
    """Wrap compressed data as ``gzip_packed``."""
    return struct.pack("<I", GZIP_PACKED) + bytes(TLObject.serialize_bytes(packed))


def parse(body: bytes) -> Any:
    """Read one boxed TL object or request.

    Raises `UnknownConstructorError` or, for what cannot be read, `UnreadableError`.
    """
    try:
        return BinaryReader(body).tgread_object()
    except TypeNotFoundError as error:
        raise UnknownConstructorError(f"constructor {error.invalid_constructor_id:#x}") from error
    # The library's reader raises whatever it stumbles over.
    except Exception as error:
        raise UnreadableError(f"{type(error).__name__}: {error}") from error


def key_id(secret: bytes) -> int:
    """Return the 64-bit id of an authorisation key: the last 8 bytes of its SHA-1."""
    return int.from_bytes(sha1(secret).digest()[12:20], "little")  # noqa: S324


def open_envelope(secret: bytes, packet: bytes) -> Envelope:
    """Decrypt a message of a client; raises `BadEnvelopeError`."""
    msg_key = packet[8:24]
    cipher = packet[24:]
    if len(packet) < 56 or len(cipher) % 16:
        raise BadEnvelopeError("encrypted part is not a positive multiple of 16 bytes")
    plain = AES.decrypt_ige(cipher, *_aes_key(secret, msg_key, 0))
    if sha256(secret[88:120] + plain).digest()[8:24] != msg_key:
        raise BadEnvelopeError("message key does not match")
    salt, session_id, msg_id, seqno, length = _HEADER.unpack_from(plain)
    if not 0 <= length <= len(plain) - _HEADER.size:
        raise BadEnvelopeError("inner length does not fit")
    body = plain[_HEADER.size : _HEADER.size + length]
    return Envelope(salt, session_id, msg_id, seqno, body)


def seal_envelope(
    secret: bytes, identity: int, envelope: Envelope, random_bytes: RandomBytes
) -> bytes:
    """Encrypt a message for a client; `identity` is the id of the key."""
    plain = _HEADER.pack(
        envelope.salt,
        envelope.session_id,
        envelope.msg_id,
        envelope.seqno,
        len(envelope.body),
    )
    plain += envelope.body
    plain += random_bytes(12 + -(len(plain) + 12) % 16)
    msg_key = sha256(secret[96:128] + plain).digest()[8:24]
    cipher = AES.encrypt_ige(plain, *_aes_key(secret, msg_key, 8))
    return struct.pack("<Q", identity) + msg_key + bytes(cipher)


def _aes_key(secret: bytes, msg_key: bytes, x: int) -> tuple[bytes, bytes]:
    a = sha256(msg_key + secret[x : x + 36]).digest()
    b = sha256(secret[x + 40 : x + 76] + msg_key).digest()
    return a[:8] + b[8:24] + a[24:], b[:8] + a[8:24] + b[24:]
