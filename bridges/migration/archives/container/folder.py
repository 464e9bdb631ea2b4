# SPDX-License-Identifier: AGPL-3.0-or-later
"""A folder on disk, or one file of it. Links are never followed.

Every part of a name is opened from the folder before it, so that nobody can exchange a folder for a
link between a check and its use.
"""

import errno
import os
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import IO

from bridges.core.text import UserText
from bridges.migration.archives.container.limits import Limits
from bridges.migration.archives.container.names import (
    canonical,
    forms,
    is_left_behind,
    name_problem,
)
from bridges.migration.archives.container.protocol import Container
from bridges.migration.archives.container.refusals import (
    not_allowed,
    not_plain,
    not_there,
    too_many,
)
from bridges.migration.archives.errors import ArchiveRefused

_FLAGS = os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK


class Folder(Container):
    """A folder as a ``Container``; with ``main`` one file of it, whose neighbours are not listed.

    ``root`` may itself be reached through links: it was named by whoever hands it over.
    """

    def __init__(self, root: Path, limits: Limits, main: str | None = None) -> None:
        self._root = root.resolve()
        self._limits = limits
        self._main = main
        for _ in self._files():  # refused now, not in the middle of an import
            pass

    @property
    def main(self) -> str | None:
        """The one file that was handed over, if it was one."""
        return self._main

    def names(self) -> Iterator[str]:
        """Give the names of all files in it, in order, or only ``main``."""
        return (canonical(name) for name in self._files() if not is_left_behind(name))

    def size(self, name: str) -> int | None:
        """Tell how many bytes a file has, None if no plain file is there that we may read."""
        try:
            descriptor = self._find(name)
        except ArchiveRefused:
            return None
        if descriptor is None:
            return None
        try:
            return os.fstat(descriptor).st_size
        finally:
            os.close(descriptor)

    def open(self, name: str) -> IO[bytes]:
        """Open a file."""
        descriptor = self._find(name)
        if descriptor is None:
            raise ArchiveRefused(not_there(name))
        return os.fdopen(descriptor, "rb")

    def close(self) -> None:
        """Nothing is kept open."""

    def _files(self) -> Iterator[str]:
        if self._main is not None:
            yield self._main
            return
        count = 0
        waiting = [""]
        while waiting:
            folders = []
            folder = waiting.pop()
            for entry, is_folder in _entries(self._root, folder):
                count += 1
                if count > self._limits.folder_entries:
                    raise ArchiveRefused(too_many(self._limits.folder_entries))
                name = f"{folder}{entry}"
                if problem := name_problem(name, self._limits):
                    raise ArchiveRefused(problem)
                if is_folder:
                    folders.append(f"{name}/")
                else:
                    yield name
            waiting += reversed(folders)

    def _find(self, name: str) -> int | None:
        if name_problem(name, self._limits):
            return None
        for form in forms(name):
            descriptor = _descriptor(self._root, form)
            if descriptor is not None:
                return descriptor
        return None


def _entries(root: Path, folder: str) -> list[tuple[str, bool]]:
    """What is in a folder below ``root``, in order: names, and whether they are folders themselves."""
    descriptor = _opened(root, folder.removesuffix("/"))
    if descriptor is None:
        raise ArchiveRefused(not_there(folder))
    found = []
    try:
        with os.scandir(descriptor) as entries:
            for entry in entries:
                is_folder = entry.is_dir(follow_symlinks=False)
                if not is_folder and not entry.is_file(follow_symlinks=False):
                    raise ArchiveRefused(not_plain(f"{folder}{entry.name}"))
                found.append((entry.name, is_folder))
    finally:
        os.close(descriptor)
    return sorted(found)


def _descriptor(root: Path, name: str) -> int | None:
    """Open a plain file below ``root`` for reading; None if there is none of this name."""
    descriptor = _opened(root, name)
    if descriptor is not None and not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise ArchiveRefused(not_plain(name))
    return descriptor


def _opened(root: Path, name: str) -> int | None:
    """Open whatever has this name below ``root``, itself if it is empty; links are refused."""
    current = None
    try:
        current = os.open(root, _FLAGS)
        for part in name.split("/") if name else ():
            inner = os.open(part, _FLAGS, dir_fd=current)
            os.close(current)
            current = inner
    except OSError as error:
        if current is not None:
            os.close(current)
        if problem := _problem(error, name or root.name):
            raise ArchiveRefused(problem) from None
        return None
    return current


def _problem(error: OSError, name: str) -> UserText | None:
    """Say why a file could not be opened, None if there is none; raises what is not about the file."""
    match error.errno:
        case errno.ENOENT | errno.ENOTDIR | errno.ENAMETOOLONG:
            return None
        case errno.ELOOP | errno.ENXIO:
            return not_plain(name)
        case errno.EACCES | errno.EPERM:
            return not_allowed(name)
    raise error
