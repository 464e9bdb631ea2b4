# SPDX-License-Identifier: AGPL-3.0-or-later
"""One file of a stream, open for appending: whole lines are in it, or none."""

import os
from pathlib import Path

from attrs import define, field

from policy_module.audit.segments import sync_folder, unused

_PRIVATE = 0o600
_FLAGS = os.O_WRONLY | os.O_APPEND | os.O_CLOEXEC


@define
class SegmentFile:
    """An open file of which the first ``length`` bytes are good; all methods raise ``OSError``."""

    path: Path
    _descriptor: int
    length: int
    _torn: bool = field(init=False, default=False)
    _synced: bool = field(init=False, default=True)

    @classmethod
    def create(cls, path: Path, head: bytes) -> "SegmentFile":
        """Make a file that starts with ``head``; one of that name is moved aside."""
        if path.exists():
            path.rename(unused(path))
        descriptor = os.open(path, _FLAGS | os.O_CREAT | os.O_EXCL, _PRIVATE)
        made = cls(path, descriptor, 0)
        try:
            made.append(head)
            made.sync()
            sync_folder(path.parent)
        except OSError:
            os.close(descriptor)
            path.unlink(missing_ok=True)
            raise
        return made

    @classmethod
    def resume(cls, path: Path, length: int) -> "SegmentFile":
        """Open a file of which the first ``length`` bytes are good; what follows is cut off."""
        descriptor = os.open(path, _FLAGS)
        try:
            os.ftruncate(descriptor, length)
        except OSError:
            os.close(descriptor)
            raise
        return cls(path, descriptor, length)

    @property
    def in_place(self) -> bool:
        """Whether the file is still the one of its name, and was not deleted or moved."""
        try:
            named = self.path.stat()
        except FileNotFoundError:
            return False
        return os.path.samestat(named, os.fstat(self._descriptor))

    @property
    def synced(self) -> bool:
        """Whether all of it would survive a power cut."""
        return self._synced

    def append(self, data: bytes) -> None:
        """Write all of ``data`` or, when the disk refuses, none of it."""
        if self._torn:
            os.ftruncate(self._descriptor, self.length)
        self._torn, self._synced = True, False
        rest = memoryview(data)
        try:
            while rest:
                rest = rest[os.write(self._descriptor, rest) :]
        except OSError:
            os.ftruncate(self._descriptor, self.length)
            self._torn = False
            raise
        self._torn = False
        self.length += len(data)

    def sync(self) -> None:
        """Wait until all of it would survive a power cut."""
        if not self._synced:
            os.fsync(self._descriptor)
            self._synced = True

    def close(self) -> None:
        """Close it; not synced."""
        os.close(self._descriptor)


def keep_aside(path: Path, rest: bytes) -> Path:
    """Keep what is going to be cut off a file in one of its own."""
    aside = unused(path)
    try:
        write_synced(aside, rest)
    except OSError:
        aside.unlink(missing_ok=True)
        raise
    return aside


def write_synced(path: Path, data: bytes) -> None:
    """Write a private file, on the disk with its name when this returns."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, _PRIVATE)
    with os.fdopen(descriptor, "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    sync_folder(path.parent)
