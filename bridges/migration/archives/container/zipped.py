# SPDX-License-Identifier: AGPL-3.0-or-later
"""A zip, read entry by entry; nothing of it is unpacked to disk under a name of its own."""

import copy
import io
import os
import struct
import zlib
from collections.abc import Iterator, Mapping
from typing import IO, BinaryIO
from zipfile import ZIP_DEFLATED, BadZipFile, ZipFile, ZipInfo

from bridges.migration.archives.container.inflating import APART, Inflating, Marks
from bridges.migration.archives.container.limits import Limits
from bridges.migration.archives.container.names import canonical, is_left_behind
from bridges.migration.archives.container.protocol import Container
from bridges.migration.archives.container.refusals import damaged, not_there, too_many
from bridges.migration.archives.container.zip_rules import checked_entries
from bridges.migration.archives.errors import ArchiveRefused

BUFFER = 128 * 1024

_LOCAL_LENGTHS = struct.Struct("<26xHH")
"""How long the name and what follows it are, at the end of the fixed part of an entry's heading."""

_NO_TIME = (1980, 1, 1, 0, 0, 0)
"""Stands for when files were packed, which nobody asks for, so that it is kept once."""

_ENDING = 128 * 1024
"""More than the longest ending of a zip (its comment is below 64 KiB), the one thing read to the end."""

_BROKEN = (
    BadZipFile,
    zlib.error,
    struct.error,
    EOFError,
    OSError,
    NotImplementedError,
    RuntimeError,
    ValueError,
    OverflowError,
)
"""All that ``zipfile`` is known to raise on bytes that are no good zip."""


class Zipped(Container):
    """A zip as a ``Container``. Takes ``file``, which can seek, and closes it.

    ``label`` is what it is called towards people. Raises ``ArchiveRefused`` if its list is damaged or
    breaks a rule.
    """

    def __init__(self, file: BinaryIO, label: str, limits: Limits) -> None:
        self._file = file
        self._marks: dict[int, Marks] = {}
        try:
            self._zip, self._entries = _opened(file, label, limits)
        except BaseException:
            file.close()
            raise

    @property
    def main(self) -> str | None:
        """None: a zip is no file of the export itself."""
        return None

    def names(self) -> Iterator[str]:
        """Give the names of all files, in the order of the zip's list."""
        return (name for name in self._entries if not is_left_behind(name))

    def size(self, name: str) -> int | None:
        """Tell how many bytes a file has by the zip's list, which reading holds it to."""
        entry = self._entries.get(canonical(name))
        return None if entry is None else entry.file_size

    def open(self, name: str) -> IO[bytes]:
        """Open a file; reading it checks length and sum."""
        entry = self._entries.get(canonical(name))
        if entry is None:
            raise ArchiveRefused(not_there(name))
        # One byte more than announced is asked for, or it could not be seen that there is more.
        longer = copy.copy(entry)
        longer.file_size += 1
        try:
            content: IO[bytes] | Inflating = self._zip.open(longer)
            if entry.compress_type == ZIP_DEFLATED:
                content.close()
                content = self._inflating(entry)
        except _BROKEN as error:
            raise ArchiveRefused(damaged(name)) from error
        return io.BufferedReader(_Counted(content, name, entry.file_size), BUFFER)

    def _inflating(self, entry: ZipInfo) -> Inflating:
        """Unpack an entry whose heading ``zipfile`` has found to be right (APPNOTE.TXT 4.3.7)."""
        self._file.seek(entry.header_offset)
        lengths = _LOCAL_LENGTHS.unpack(self._file.read(_LOCAL_LENGTHS.size))
        start = entry.header_offset + _LOCAL_LENGTHS.size + sum(lengths)

        def read_at(place: int, size: int) -> bytes:
            self._file.seek(start + place)
            return self._file.read(min(size, entry.compress_size - place))

        is_long = entry.file_size > APART
        marks = self._marks.setdefault(entry.header_offset, Marks()) if is_long else Marks()
        return Inflating(read_at, entry.CRC, marks)

    def close(self) -> None:
        """Close the zip."""
        self._zip.close()
        self._file.close()


def _opened(file: BinaryIO, label: str, limits: Limits) -> tuple[ZipFile, Mapping[str, ZipInfo]]:
    length = file.seek(0, os.SEEK_END)
    try:
        opened = ZipFile(_Guarded(file, limits))
        entries = checked_entries(opened.infolist(), label, length, limits)
    except _BROKEN as error:
        raise ArchiveRefused(damaged(label)) from error
    # Files are opened by their entries: its own two lists of them would only take memory.
    opened.NameToInfo.clear()
    opened.filelist.clear()
    for entry in entries.values():
        entry.date_time = _NO_TIME
    return opened, entries


class _Guarded(io.RawIOBase):
    """Refuses to read more than a zip's list may have at once: ``zipfile`` reads all of it, however long."""

    def __init__(self, file: BinaryIO, limits: Limits) -> None:
        self._file = file
        self._limits = limits

    def read(self, size: int = -1) -> bytes:
        if size > self._limits.directory_bytes:
            raise ArchiveRefused(too_many(self._limits.entries))
        return self._file.read(_ENDING if size < 0 else size)

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        return self._file.seek(offset, whence)

    def tell(self) -> int:
        return self._file.tell()

    def seekable(self) -> bool:
        return True

    def readable(self) -> bool:
        return True


class _Counted(io.RawIOBase):
    """An entry that has to be as long as its zip says, to the byte."""

    def __init__(self, content: IO[bytes] | Inflating, name: str, length: int) -> None:
        self._content = content
        self._name = name
        self._length = self._left = length

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._length - self._left

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        try:
            place = self._content.seek(offset, whence)
        except _BROKEN as error:
            raise ArchiveRefused(damaged(self._name)) from error
        self._left = self._length - place
        return place

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        try:
            data = self._content.read(len(buffer))
        except _BROKEN as error:
            raise ArchiveRefused(damaged(self._name)) from error
        self._left -= len(data)
        if self._left < 0 or (not data and self._left):
            raise ArchiveRefused(damaged(self._name))
        buffer[: len(data)] = data
        return len(data)

    def close(self) -> None:
        self._content.close()
        super().close()
