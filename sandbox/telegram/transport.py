# SPDX-License-Identifier: AGPL-3.0-or-later
"""TCP transports: full, abridged, intermediate, padded, each also obfuscated.

Source: https://core.telegram.org/mtproto/mtproto-transports. The client's first bytes choose.
"""

import asyncio
import struct
import zlib
from collections.abc import Awaitable, Callable
from typing import Protocol

from cryptography.hazmat.primitives.ciphers import Cipher, CipherContext, algorithms, modes

MAX_PACKET = 4 * 1024 * 1024
_ABRIDGED = 0xEF
_INTERMEDIATE = b"\xee\xee\xee\xee"
_PADDED = b"\xdd\xdd\xdd\xdd"

ReadExactly = Callable[[int], Awaitable[bytes]]


class BadPacketError(Exception):
    """Bytes that are no packet of the transport the client chose."""


class Transport(Protocol):
    """Cuts a byte stream into packets and back."""

    async def read(self) -> bytes:
        """Return the next packet's payload; raises `BadPacketError` or `IncompleteReadError`."""

    def frame(self, payload: bytes) -> bytes:
        """Return the bytes to send for a payload."""


class Full:
    """Length, sequence number, payload, CRC-32."""

    def __init__(self, read_exactly: ReadExactly) -> None:
        self._read = read_exactly
        self._sent = 0

    async def read(self) -> bytes:
        """Return the next payload, its checksum verified."""
        head = await self._read(4)
        length = _checked(struct.unpack("<i", head)[0], at_least=12)
        rest = await self._read(length - 4)
        if zlib.crc32(head + rest[:-4]) != struct.unpack("<I", rest[-4:])[0]:
            raise BadPacketError("checksum does not match")
        return rest[4:-4]

    def frame(self, payload: bytes) -> bytes:
        """Add length, number and checksum."""
        packet = struct.pack("<ii", len(payload) + 12, self._sent) + payload
        self._sent += 1
        return packet + struct.pack("<I", zlib.crc32(packet))


class Abridged:
    """Length in words, in one byte or four."""

    def __init__(self, read_exactly: ReadExactly) -> None:
        self._read = read_exactly

    async def read(self) -> bytes:
        """Return the next payload."""
        words = (await self._read(1))[0]
        if words >= 0x7F:
            words = int.from_bytes(await self._read(3), "little")
        return await self._read(_checked(words * 4, at_least=4))

    def frame(self, payload: bytes) -> bytes:
        """Add the length."""
        words = len(payload) // 4
        if words < 0x7F:
            return bytes([words]) + payload
        return b"\x7f" + words.to_bytes(3, "little") + payload


class Intermediate:
    """Length in bytes; the padded variant may carry up to 15 bytes of noise after the payload."""

    def __init__(self, read_exactly: ReadExactly) -> None:
        self._read = read_exactly

    async def read(self) -> bytes:
        """Return the next payload without its padding."""
        (length,) = struct.unpack("<i", await self._read(4))
        data = await self._read(_checked(length, at_least=4))
        return data[: len(data) - len(data) % 4]

    def frame(self, payload: bytes) -> bytes:
        """Add the length."""
        return struct.pack("<i", len(payload)) + payload


class Obfuscated:
    """Any other transport inside AES-CTR with keys from the client's first 64 bytes."""

    def __init__(self, reader: asyncio.StreamReader, header: bytes) -> None:
        backwards = header[55:7:-1]
        self._reader = reader
        self._decrypt = _ctr(header[8:40], header[40:56])
        self._encrypt = _ctr(backwards[:32], backwards[32:])
        tag = self._decrypt.update(header)[56:60]
        if tag == bytes([_ABRIDGED] * 4):
            self._inner: Transport = Abridged(self._read)
        elif tag in (_INTERMEDIATE, _PADDED):
            self._inner = Intermediate(self._read)
        else:
            raise BadPacketError("unknown transport inside the obfuscation")

    async def read(self) -> bytes:
        """Return the next payload."""
        return await self._inner.read()

    def frame(self, payload: bytes) -> bytes:
        """Frame and encrypt a payload."""
        return self._encrypt.update(self._inner.frame(payload))

    async def _read(self, count: int) -> bytes:
        return self._decrypt.update(await self._reader.readexactly(count))


async def accept(reader: asyncio.StreamReader) -> Transport:
    """Find out from its first bytes which transport a client speaks.

    Raises `BadPacketError` when it is none, `IncompleteReadError` when the client went away.
    """
    first = await reader.readexactly(1)
    if first[0] == _ABRIDGED:
        return Abridged(reader.readexactly)
    head = first + await reader.readexactly(3)
    if head in (_INTERMEDIATE, _PADDED):
        return Intermediate(reader.readexactly)
    number = await reader.readexactly(4)
    if number == b"\0\0\0\0":
        return Full(_Pushback(reader, head + number).readexactly)
    return Obfuscated(reader, head + number + await reader.readexactly(56))


class _Pushback:
    """Gives back bytes that were read to recognise the transport."""

    def __init__(self, reader: asyncio.StreamReader, pending: bytes) -> None:
        self._reader = reader
        self._pending = pending

    async def readexactly(self, count: int) -> bytes:
        head, self._pending = self._pending[:count], self._pending[count:]
        if len(head) == count:
            return head
        return head + await self._reader.readexactly(count - len(head))


def _ctr(key: bytes, iv: bytes) -> CipherContext:
    return Cipher(algorithms.AES(key), modes.CTR(iv)).encryptor()


def _checked(length: int, *, at_least: int) -> int:
    if not at_least <= length <= MAX_PACKET:
        raise BadPacketError(f"a packet of {length} bytes")
    return length
