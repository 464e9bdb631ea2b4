# SPDX-License-Identifier: AGPL-3.0-or-later
"""Small pictures and files to send around."""

import io
import random
import struct
import zlib

from PIL import Image

_SHADE = 8


def png(seed: int, width: int = 64, height: int = 48) -> bytes:
    """A PNG picture with noise in it; the same for the same arguments."""
    noise = random.Random(seed)
    rows = b"".join(b"\0" + noise.randbytes(3 * width) for _ in range(height))
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        _chunk(kind, data)
        for kind, data in ((b"IHDR", header), (b"IDAT", zlib.compress(rows)), (b"IEND", b""))
    )


def coloured(colour: tuple[int, int, int], width: int = 64, height: int = 48) -> bytes:
    """A PNG picture of one colour."""
    drawn = io.BytesIO()
    Image.new("RGB", (width, height), colour).save(drawn, "PNG")
    return drawn.getvalue()


def is_coloured(picture: bytes | None, colour: tuple[int, int, int]) -> bool:
    """Whether that is a picture of this colour, however the network keeps pictures."""
    if picture is None:
        return False
    with Image.open(io.BytesIO(picture)) as shown:
        found = shown.convert("RGB").resize((1, 1)).getpixel((0, 0))
    assert isinstance(found, tuple)
    return all(abs(one - other) <= _SHADE for one, other in zip(found, colour, strict=True))


def noise(seed: int, size: int) -> bytes:
    """Bytes that nothing can be made of."""
    return random.Random(seed).randbytes(size)


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
