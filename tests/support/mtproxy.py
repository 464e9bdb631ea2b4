# SPDX-License-Identifier: AGPL-3.0-or-later
"""An MTProto proxy on loopback: obfuscated streams, keyed with a secret.

Source: https://core.telegram.org/mtproto/mtproto-transports#transport-obfuscation. The client's first
64 bytes hold the keys of both directions, the transport and the data centre it wants.
"""

import asyncio
import struct
from collections.abc import Callable, Mapping
from hashlib import sha256
from secrets import token_bytes

from cryptography.hazmat.primitives.ciphers import Cipher, CipherContext, algorithms, modes

from tests.support.proxies import Proxy, ProxyRefusal, Target, Tunnel

_HEADER = 64
_PADDED = b"\xdd" * 4
_INTERMEDIATE = b"\xee" * 4
_ABRIDGED = b"\xef" * 4


class MtProxy(Proxy):
    """A proxy to the data centres of one network.

    Args:
        secret: 16 bytes.
        routes: says where the data centres are, by number.
        only_padded: whether clients have to hide the lengths of packets (a secret with ``dd``).
    """

    def __init__(
        self,
        secret: bytes,
        routes: Callable[[], Mapping[int, Target]],
        *,
        only_padded: bool = False,
    ) -> None:
        super().__init__()
        self.data_centres: list[int] = []
        self._secret = secret
        self._routes = routes
        self._accepted = {_PADDED} if only_padded else {_PADDED, _INTERMEDIATE, _ABRIDGED}

    async def admit(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> tuple[Target, Tunnel]:
        """Read the header; whoever does not know the secret has written nonsense."""
        header = await reader.readexactly(_HEADER)
        opened = _stream(header, self._secret)
        plain = opened.update(header)
        tag, (number,) = plain[56:60], struct.unpack("<h", plain[60:62])
        target = self._routes().get(abs(number))
        if tag not in self._accepted or target is None:
            raise ProxyRefusal
        self.data_centres.append(number)
        return target, _Translation(opened, _stream(_backwards(header), self._secret), tag)

    def confirm(self, writer: asyncio.StreamWriter) -> None:
        """Say nothing: the first bytes back are the data centre's."""


class _Translation(Tunnel):
    """From the client's obfuscation to one without a secret, as the data centre expects it."""

    def __init__(self, from_client: CipherContext, to_client: CipherContext, tag: bytes) -> None:
        header = _new_header()
        self._from_client = from_client
        self._to_client = to_client
        self._to_centre = _stream(header, b"")
        self._from_centre = _stream(_backwards(header), b"")
        hidden = self._to_centre.update(header[:56] + tag + header[60:])
        self._greeting = header[:56] + hidden[56:]

    def outwards(self, data: bytes) -> bytes:
        """Decrypt what the client wrote and encrypt it anew, behind a header of our own."""
        greeting, self._greeting = self._greeting, b""
        return greeting + self._to_centre.update(self._from_client.update(data))

    def inwards(self, data: bytes) -> bytes:
        """The same for what comes back."""
        return self._to_client.update(self._from_centre.update(data))


def _stream(header: bytes, secret: bytes) -> CipherContext:
    key = header[8:40]
    if secret:
        key = sha256(key + secret).digest()
    return Cipher(algorithms.AES(key), modes.CTR(header[40:56])).encryptor()


def _backwards(header: bytes) -> bytes:
    """The header the other direction's key is read from."""
    return header[:8] + header[55:7:-1] + header[56:]


def _new_header() -> bytes:
    """Random bytes that begin like no other transport."""
    while True:
        header = token_bytes(_HEADER)
        if header[0] not in {0xEF, 0xEE, 0xDD} and header[4:8] != b"\0\0\0\0":
            return header
