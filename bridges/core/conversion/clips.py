# SPDX-License-Identifier: AGPL-3.0-or-later
"""How long films and sounds are, and how large: what stands in their headers. Nothing is decoded."""

from collections.abc import Iterator
from typing import BinaryIO

from attrs import frozen

_MOST_BOXES = 300
_TRACK_HEADER = {0: 40, 1: 52}
_MOVIE_HEADER = {0: (12, 4), 1: (20, 8)}
"""By a box's version: where the matrix begins; where the time scale stands, and how long times are."""
_LONGEST_MS = 10**10
_PAGE = b"OggS"
_LARGEST_PAGE = 65_307
_OPUS = b"OpusHead"
_OPUS_PER_MS = 48


@frozen
class ClipFacts:
    """Width and height in pixels, and how long it is; None where that is not told."""

    width: int | None = None
    height: int | None = None
    duration_ms: int | None = None


def film_in(file: BinaryIO) -> ClipFacts:
    """Read MP4, QuickTime, 3GP or M4A (ISO/IEC 14496-12). Raises ``EOFError`` and ``ValueError``."""
    size = file.seek(0, 2)
    for kind, start, end in _boxes(file, 0, size):
        if kind == b"moov":
            return _movie(file, start, end)
    raise ValueError("no film")


def sound_in(file: BinaryIO) -> ClipFacts:
    """Read Opus in Ogg (RFC 7845): its last page tells at which sample it ends.

    Raises ``EOFError`` and ``ValueError``.
    """
    size = file.seek(0, 2)
    file.seek(0)
    begin = file.read(_LARGEST_PAGE)
    head = begin.find(_OPUS)
    if not begin.startswith(_PAGE) or head < 0:
        raise ValueError("no Opus")
    skipped = int.from_bytes(begin[head + 10 : head + 12], "little")
    file.seek(max(0, size - _LARGEST_PAGE))
    end = file.read(_LARGEST_PAGE)
    last = end.rfind(_PAGE)
    if last < 0 or last + 14 > len(end):
        raise EOFError
    samples = int.from_bytes(end[last + 6 : last + 14], "little", signed=True)
    return ClipFacts(duration_ms=_plausible((samples - skipped) // _OPUS_PER_MS))


def _boxes(file: BinaryIO, start: int, end: int) -> Iterator[tuple[bytes, int, int]]:
    """Give what a part of a file consists of: kinds, and where their contents begin and end."""
    for _ in range(_MOST_BOXES):
        if start + 8 > end:
            return
        file.seek(start)
        size, kind, content = int.from_bytes(_take(file, 4), "big"), _take(file, 4), start + 8
        if size == 1:
            size, content = int.from_bytes(_take(file, 8), "big"), start + 16
        after = end if size == 0 else start + size
        if after < content or after > end:
            raise ValueError("a box that is longer than what it is in")
        yield kind, content, after
        start = after


def _movie(file: BinaryIO, start: int, end: int) -> ClipFacts:
    duration, measures = None, None
    for kind, begin, after in _boxes(file, start, end):
        if kind == b"mvhd":
            duration = _duration(_content(file, begin, after))
        elif kind == b"trak" and measures is None:
            measures = _track(file, begin, after)
    width, height = measures or (None, None)
    return ClipFacts(width, height, duration)


def _track(file: BinaryIO, start: int, end: int) -> tuple[int, int] | None:
    """How large a track is shown; None if it is none to look at."""
    for kind, begin, after in _boxes(file, start, end):
        if kind != b"tkhd":
            continue
        header = _content(file, begin, after)
        at = _TRACK_HEADER.get(header[0], len(header))
        if len(header) < at + 44:
            return None
        turned = not any(header[at : at + 4]) and not any(header[at + 16 : at + 20])
        # Both are fixed-point numbers with 16 bits behind the point.
        width, height = (int.from_bytes(header[one : one + 2], "big") for one in (at + 36, at + 40))
        if not width or not height:
            return None
        return (height, width) if turned else (width, height)
    return None


def _duration(header: bytes) -> int | None:
    at, size = _MOVIE_HEADER.get(header[0], (len(header), 0))
    if len(header) < at + 4 + size:
        return None
    scale = int.from_bytes(header[at : at + 4], "big")
    length = header[at + 4 : at + 4 + size]
    if not scale or length == b"\xff" * size:
        return None
    return _plausible(int.from_bytes(length, "big") * 1000 // scale)


def _plausible(duration_ms: int) -> int | None:
    return duration_ms if 0 < duration_ms < _LONGEST_MS else None


def _content(file: BinaryIO, start: int, end: int) -> bytes:
    file.seek(start)
    return _take(file, min(end - start, 128))


def _take(file: BinaryIO, count: int) -> bytes:
    data = file.read(count)
    if len(data) < count or not data:
        raise EOFError
    return data
