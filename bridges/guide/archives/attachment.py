# SPDX-License-Identifier: AGPL-3.0-or-later
"""Files in messages, encrypted or not; pure.

Source: Matrix specification, "Sending encrypted attachments" (version 2): AES-CTR with 256 bits, and the
SHA-256 of what was encrypted.
"""

import base64
import binascii
import hashlib
from collections.abc import Callable, Mapping
from pathlib import PurePosixPath
from typing import Any

from attrs import field, frozen
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

_KEY_BYTES = 32
_IV_BYTES = 16
_HASH_BYTES = 32
_LONGEST_NAME = 150
"""Bytes, of the 255 that file systems take."""

_ANONYMOUS = "archive"


class Damaged(Exception):
    """A file is not what its sender has sent, or cannot be decrypted."""


@frozen
class Lock:
    """How a file is encrypted; the three as the specification's ``k``, ``iv`` and ``sha256``."""

    key: str = field(repr=False)
    iv: str
    sha256: str


@frozen
class Attachment:
    """A file on the homeserver.

    Attributes:
        name: fit for a file of ours; what people see is the same as far as that goes.
        size: bytes as its sender says; 0 if they do not.
        lock: None if it is not encrypted.
    """

    uri: str
    name: str
    size: int
    lock: Lock | None


def attachment_of(content: Mapping[str, Any]) -> Attachment:
    """Read the content of a message with a file. Raises ``Damaged``."""
    info = content.get("info")
    size = info.get("size") if isinstance(info, Mapping) else None
    name = content.get("filename") or content.get("body")
    sealed = content.get("file")
    lock = _lock(sealed) if isinstance(sealed, Mapping) else None
    uri = sealed.get("url") if isinstance(sealed, Mapping) else content.get("url")
    if not isinstance(uri, str) or not _is_media(uri):
        raise Damaged
    return Attachment(
        uri,
        safe_name(name if isinstance(name, str) else ""),
        size if isinstance(size, int) and size > 0 else 0,
        lock,
    )


def safe_name(name: str) -> str:
    """Give a name that can be a file's: without folders, and neither hidden nor too long."""
    printable = "".join(one if one.isprintable() else " " for one in name.replace("\\", "/"))
    last = PurePosixPath(printable).name.strip().lstrip(".").strip()
    ending = _cut(PurePosixPath(last).suffix, _LONGEST_NAME // 3)
    stem = _cut(last.removesuffix(ending), _LONGEST_NAME - len(ending.encode()))
    return f"{stem}{ending}" if stem.strip() else f"{_ANONYMOUS}{ending}"


class Unlocking:
    """Decrypts a file piece by piece."""

    def __init__(self, lock: Lock) -> None:
        """Raises ``Damaged`` if the key is none."""
        key, iv = _decoded(lock.key, _KEY_BYTES), _decoded(lock.iv, _IV_BYTES)
        self._expected = _decoded(lock.sha256, _HASH_BYTES)
        self._cipher = Cipher(algorithms.AES(key), modes.CTR(iv)).decryptor()
        self._hash = hashlib.sha256()

    def open(self, piece: bytes) -> bytes:
        """Give what a piece says; it is not to be trusted before ``finish``."""
        self._hash.update(piece)
        return self._cipher.update(piece)

    def finish(self) -> None:
        """Raise ``Damaged`` unless all that came is what was sent."""
        if self._hash.digest() != self._expected:
            raise Damaged


class Locking:
    """Encrypts a file piece by piece; ``random`` gives so many bytes that nobody can foretell."""

    def __init__(self, random: Callable[[int], bytes]) -> None:
        self._key = random(_KEY_BYTES)
        # The other half counts (specification, "Extensions to m.room.message msgtypes").
        self._iv = random(_IV_BYTES // 2) + bytes(_IV_BYTES // 2)
        self._cipher = Cipher(algorithms.AES(self._key), modes.CTR(self._iv)).encryptor()
        self._hash = hashlib.sha256()

    def seal(self, piece: bytes) -> bytes:
        """Give a piece encrypted."""
        sealed = self._cipher.update(piece)
        self._hash.update(sealed)
        return sealed

    def file(self, uri: str) -> dict[str, Any]:
        """Give what a message says of the file (``EncryptedFile``), once all of it was encrypted."""
        k = base64.urlsafe_b64encode(self._key).rstrip(b"=").decode()
        return {
            "v": "v2",
            "url": uri,
            "key": {
                "kty": "oct",
                "key_ops": ["encrypt", "decrypt"],
                "alg": "A256CTR",
                "k": k,
                "ext": True,
            },
            "iv": _encoded(self._iv),
            "hashes": {"sha256": _encoded(self._hash.digest())},
        }


def _encoded(data: bytes) -> str:
    return base64.b64encode(data).rstrip(b"=").decode()


def _lock(sealed: Mapping[str, Any]) -> Lock:
    key, hashes = sealed.get("key"), sealed.get("hashes")
    if not isinstance(key, Mapping) or not isinstance(hashes, Mapping):
        raise Damaged
    parts = key.get("k"), sealed.get("iv"), hashes.get("sha256")
    if sealed.get("v") != "v2" or not all(isinstance(one, str) for one in parts):
        raise Damaged
    lock = Lock(*map(str, parts))
    Unlocking(lock)
    return lock


def _decoded(text: str, size: int) -> bytes:
    """Decode base64 of either alphabet, padded or not."""
    plain = text.rstrip("=").replace("-", "+").replace("_", "/")
    try:
        data = base64.b64decode(plain + "=" * (-len(plain) % 4), validate=True)
    except (binascii.Error, ValueError):
        raise Damaged from None
    if len(data) != size:
        raise Damaged
    return data


def _is_media(uri: str) -> bool:
    server, _, media = uri.removeprefix("mxc://").partition("/")
    sane = all(one.isascii() and (one.isalnum() or one in "-._~:[]") for one in server + media)
    return uri.startswith("mxc://") and bool(server) and bool(media) and sane and ".." not in media


def _cut(text: str, limit: int) -> str:
    return text.encode("utf-8", "ignore")[:limit].decode("utf-8", "ignore")
