# SPDX-License-Identifier: AGPL-3.0-or-later
"""Files of an export: where each lies, and that it arrived whole."""

import base64
import hashlib
from collections.abc import Callable
from pathlib import Path, PurePosixPath
from typing import Any

from attrs import frozen
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from bridges.core.formatting.names import clean_name

Json = dict[str, Any]

_CHUNK = 256 * 1024
_LONGEST_NAME = 80
_NOT_IN_NAMES = str.maketrans(dict.fromkeys('/\\:*?"<>|', "_"))
_RESERVED = frozenset({"", ".", ".."})


@frozen
class KeptFile:
    """A file of a message as it lies in the export; ``path`` is None if it could not be had."""

    path: str | None
    size: int = 0
    sha256: str = ""


class Damaged(Exception):
    """A file is not what its message says it is."""


def safe_name(name: str) -> str:
    """Give a name that every file system takes; what it ends with stays.

    >>> safe_name('a/b.jpg')
    'a_b.jpg'
    """
    clean = clean_name(name).translate(_NOT_IN_NAMES).strip(" .")
    if clean in _RESERVED:
        return "file"
    if len(clean.encode()) > _LONGEST_NAME:
        suffix = PurePosixPath(clean).suffix[:12]
        room = _LONGEST_NAME - len(suffix.encode())
        clean = clean.encode()[:room].decode(errors="ignore").rstrip(" .") + suffix
    return clean


def opened(sealed: Path, target: Path, key: Json) -> None:
    """Decrypt an attachment, piece by piece. ``key`` is an ``EncryptedFile`` of the specification.

    Raises:
        Damaged: the key is none, or the file is another one than the message says.
    """
    try:
        secret = _unpadded(key["key"]["k"], urlsafe=True)
        start = _unpadded(key["iv"])
        wanted = _unpadded(key["hashes"]["sha256"])
        decryptor = Cipher(algorithms.AES256(secret), modes.CTR(start)).decryptor()
    except (KeyError, TypeError, ValueError) as error:
        raise Damaged(f"malformed key: {error!r}") from error
    digest = hashlib.sha256()
    with sealed.open("rb") as source, target.open("wb") as file:
        while piece := source.read(_CHUNK):
            digest.update(piece)
            file.write(decryptor.update(piece))
        file.write(decryptor.finalize())
    if digest.digest() != wanted:
        target.unlink()
        raise Damaged("the hash differs")


def measured(path: Path, progress: Callable[[int], None] | None = None) -> tuple[int, str]:
    """Give the size of a file in bytes and its SHA-256; ``progress`` is told how much was read."""
    digest, size = hashlib.sha256(), 0
    with path.open("rb") as file:
        while piece := file.read(_CHUNK):
            size += len(piece)
            digest.update(piece)
            if progress is not None:
                progress(len(piece))
    return size, digest.hexdigest()


def _unpadded(text: str, *, urlsafe: bool = False) -> bytes:
    padded = text + "=" * (-len(text) % 4)
    return base64.urlsafe_b64decode(padded) if urlsafe else base64.b64decode(padded, validate=True)
