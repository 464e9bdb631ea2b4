# SPDX-License-Identifier: AGPL-3.0-or-later
"""What the first bytes of a picture say about it: its format, its measures, whether it moves.

Only what is needed to choose how to send it; nothing is decoded.
"""

from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO

from attrs import frozen

from bridges.core.conversion import exif

_PNG = b"\x89PNG\r\n\x1a\n"
_JPEG = b"\xff\xd8"
_GIF = (b"GIF87a", b"GIF89a")
_MOST_BLOCKS = 10_000
_ANIMATED_FLAG = 0x02
_NO_MEASURES_IN = frozenset({0xC4, 0xC8, 0xCC})
"""JPEG markers among those of frames that begin something else (ITU T.81, table B.1)."""
_CAMERA = 0xE1
"""The marker before what cameras say."""


@frozen
class PictureFacts:
    """A picture's media type, its width and height in pixels, and whether it has several frames.

    A photo that is on its side has the measures it is shown with.
    """

    mime: str
    width: int
    height: int
    animated: bool = False


def look_at(path: Path) -> PictureFacts | None:
    """Look at a file; None if it is no PNG, JPEG, GIF or WebP, or not a whole one."""
    with path.open("rb") as file:
        begin = file.read(16)
        file.seek(0)
        reader = _reader_for(begin)
        try:
            return None if reader is None else reader(file)
        except (EOFError, ValueError):
            return None


def _reader_for(begin: bytes) -> Callable[[BinaryIO], PictureFacts] | None:
    if begin.startswith(_PNG):
        return _png
    if begin.startswith(_JPEG):
        return _jpeg
    if begin.startswith(_GIF):
        return _gif
    if begin[:4] == b"RIFF" and begin[8:12] == b"WEBP":
        return _webp
    return None


def _take(file: BinaryIO, count: int) -> bytes:
    data = file.read(count)
    if len(data) < count:
        raise EOFError
    return data


def _png(file: BinaryIO) -> PictureFacts:
    """Portable Network Graphics (W3C PNG); one that moves says so before its picture."""
    file.seek(len(_PNG))
    width = height = 0
    for _ in range(_MOST_BLOCKS):
        length, kind = int.from_bytes(_take(file, 4), "big"), _take(file, 4)
        if kind == b"IHDR":
            header = _take(file, 8)
            width, height = int.from_bytes(header[:4], "big"), int.from_bytes(header[4:], "big")
            length -= 8
        elif kind in (b"acTL", b"IDAT"):
            return _facts("image/png", width, height, animated=kind == b"acTL")
        file.seek(length + 4, 1)
    raise ValueError("no picture")


def _jpeg(file: BinaryIO) -> PictureFacts:
    """JPEG (ITU T.81): the measures stand at the beginning of a frame, behind what the camera says."""
    file.seek(len(_JPEG))
    turned = False
    for _ in range(_MOST_BLOCKS):
        marker = _take(file, 2)
        if marker[0] != 0xFF:
            raise ValueError("no marker")
        if marker[1] == 0xFF:
            file.seek(-1, 1)
            continue
        length = int.from_bytes(_take(file, 2), "big")
        if 0xC0 <= marker[1] <= 0xCF and marker[1] not in _NO_MEASURES_IN:
            frame = _take(file, 5)
            height, width = int.from_bytes(frame[1:3], "big"), int.from_bytes(frame[3:], "big")
            return _facts("image/jpeg", *((height, width) if turned else (width, height)))
        if marker[1] == _CAMERA and length > 2 and not turned:
            turned = exif.is_on_its_side(_take(file, length - 2))
            continue
        file.seek(length - 2, 1)
    raise ValueError("no frame")


def _gif(file: BinaryIO) -> PictureFacts:
    """GIF 89a: it moves if there is a second picture in it."""
    header = _take(file, 13)
    width, height = int.from_bytes(header[6:8], "little"), int.from_bytes(header[8:10], "little")
    _skip_colours(file, header[10])
    pictures = 0
    for _ in range(_MOST_BLOCKS):
        match file.read(1):
            case b"\x2c":
                pictures += 1
                if pictures > 1:
                    break
                _skip_colours(file, _take(file, 9)[8])
                _take(file, 1)
                _skip_data(file)
            case b"\x21":
                _take(file, 1)
                _skip_data(file)
            case _:
                break
    return _facts("image/gif", width, height, animated=pictures > 1)


def _skip_colours(file: BinaryIO, packed: int) -> None:
    if packed & 0x80:
        file.seek(3 << ((packed & 0x07) + 1), 1)


def _skip_data(file: BinaryIO) -> None:
    while size := _take(file, 1)[0]:
        file.seek(size, 1)


def _webp(file: BinaryIO) -> PictureFacts:
    """WebP (RFC 9649), in its three forms."""
    file.seek(12)
    kind = _take(file, 8)[:4]
    data = _take(file, 10)
    if kind == b"VP8X":
        width, height = (int.from_bytes(data[at : at + 3], "little") + 1 for at in (4, 7))
        return _facts("image/webp", width, height, animated=bool(data[0] & _ANIMATED_FLAG))
    if kind == b"VP8L":
        bits = int.from_bytes(data[1:5], "little")
        return _facts("image/webp", (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1)
    if kind == b"VP8 ":
        width, height = (int.from_bytes(data[at : at + 2], "little") & 0x3FFF for at in (6, 8))
        return _facts("image/webp", width, height)
    raise ValueError("no picture")


def _facts(mime: str, width: int, height: int, *, animated: bool = False) -> PictureFacts:
    if not width or not height:
        raise ValueError("no measures")
    return PictureFacts(mime, width, height, animated)
