# SPDX-License-Identifier: AGPL-3.0-or-later
"""Contents that are nowhere: any part of them is worked out from a seed and its offset."""

import struct
from hashlib import sha256

BLOCK = 4096
_HEADER = struct.Struct("<QQ")
_FILLER = BLOCK - _HEADER.size


def content(seed: int, offset: int, length: int) -> bytes:
    """Return `length` bytes from `offset` on, always the same; no two blocks are alike.

    >>> content(7, 5000, 20) == content(7, 0, 6000)[5000:5020]
    True
    """
    filler = _filler(seed)
    first, last = offset // BLOCK, (offset + length + BLOCK - 1) // BLOCK
    blocks = b"".join(_HEADER.pack(seed, number) + filler for number in range(first, last))
    start = offset - first * BLOCK
    return blocks[start : start + length]


def _filler(seed: int) -> bytes:
    digest = sha256(_HEADER.pack(seed, BLOCK)).digest()
    return digest * (_FILLER // len(digest)) + digest[: _FILLER % len(digest)]
