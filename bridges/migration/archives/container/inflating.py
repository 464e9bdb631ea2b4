# SPDX-License-Identifier: AGPL-3.0-or-later
"""A deflated entry of a zip in which one can go to any place.

Deflate (RFC 1951) can only be read from its beginning. On the way the decompressor is copied now and then,
and going somewhere begins at the last copy before that place: a text of gigabytes in which a thousand
chats begin is then not unpacked a thousand times.
"""

import io
import zlib
from bisect import bisect_right
from collections.abc import Callable

from attrs import define, field, frozen

_PIECE = 64 * 1024
APART = 4 * 1024 * 1024
"""Bytes between two copies, at first."""

_MOST = 256
"""Copies of the decompressor, which take about 50 kB each."""


@frozen
class Mark:
    """A place to begin at: bytes unpacked, bytes packed, and all else that is known there."""

    unpacked: int
    packed: int
    decompressor: "zlib._Decompress"
    checksum: int


@define
class Marks:
    """The places of one entry at which reading can begin, in order. They lie closer in shorter ones."""

    _marks: list[Mark] = field(factory=list)
    _apart: int = APART

    def before(self, place: int) -> Mark:
        """Give the last one that is not behind a place."""
        found = bisect_right(self._marks, place, key=lambda one: one.unpacked)
        return self._marks[found - 1] if found else Mark(0, 0, _decompressor(), 0)

    def offer(self, place: int, make: Callable[[], Mark]) -> None:
        """Keep one if there is none close by."""
        if place < (self._marks[-1].unpacked if self._marks else 0) + self._apart:
            return
        self._marks.append(make())
        if len(self._marks) > _MOST:
            del self._marks[::2]
            self._apart *= 2


class Inflating(io.RawIOBase):
    """Unpacks what ``read_at`` gives, which takes a place among the packed bytes and how many are wanted.

    ``checksum`` is that of all that is unpacked (CRC-32, APPNOTE.TXT 4.4.7), held against it at the end.
    Raises ``zlib.error``, and ``EOFError`` if something is missing.
    """

    def __init__(self, read_at: Callable[[int, int], bytes], checksum: int, marks: Marks) -> None:
        self._read_at = read_at
        self._wanted = checksum
        self._marks = marks
        self._begin(marks.before(0))

    def readable(self) -> bool:
        """Tell that it is for reading."""
        return True

    def seekable(self) -> bool:
        """Tell that one can go to any place."""
        return True

    def tell(self) -> int:
        """Give how many bytes are unpacked."""
        return self._unpacked

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        """Go to a place counted from the beginning."""
        if whence != io.SEEK_SET:
            raise io.UnsupportedOperation("only from the beginning")
        mark = self._marks.before(offset)
        if offset < self._unpacked or mark.unpacked > self._unpacked:
            self._begin(mark)
        while self._unpacked < offset and self.read(min(_PIECE, offset - self._unpacked)):
            pass
        return self._unpacked

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        """Unpack into a buffer; gives how much."""
        # No length at all would mean any length to the decompressor.
        data = self._next(len(buffer)) if buffer else b""
        buffer[: len(data)] = data
        return len(data)

    def _begin(self, mark: Mark) -> None:
        self._unpacked, self._read = mark.unpacked, mark.packed
        self._checksum = mark.checksum
        self._decompressor = mark.decompressor.copy()

    def _next(self, wanted: int) -> bytes:
        while not self._decompressor.eof:
            waiting = self._decompressor.unconsumed_tail
            if not waiting:
                self._marks.offer(self._unpacked, self._mark)
                waiting = self._read_at(self._read, _PIECE)
                self._read += len(waiting)
            data = self._decompressor.decompress(waiting, wanted)
            if data:
                self._unpacked += len(data)
                self._checksum = zlib.crc32(data, self._checksum)
                return data
            if not waiting:
                raise EOFError
        if self._checksum != self._wanted:
            raise zlib.error("another checksum")
        return b""

    def _mark(self) -> Mark:
        return Mark(self._unpacked, self._read, self._decompressor.copy(), self._checksum)


def _decompressor() -> "zlib._Decompress":
    return zlib.decompressobj(-zlib.MAX_WBITS)
