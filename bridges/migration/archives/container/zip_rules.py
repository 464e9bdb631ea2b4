# SPDX-License-Identifier: AGPL-3.0-or-later
"""What the list of a zip may say; pure.

The list is written by whoever made the zip. It is believed only as far as it is held against the file's
real length here and against what is really unpacked later.
"""

import stat
from collections.abc import Iterable, Mapping
from contextlib import suppress
from zipfile import ZIP_DEFLATED, ZIP_STORED, ZipInfo

from bridges.core.text import UserText, user_text
from bridges.migration.archives.container.limits import Limits
from bridges.migration.archives.container.names import canonical, name_problem, shown
from bridges.migration.archives.container.refusals import (
    damaged,
    not_plain,
    too_dense,
    too_large,
    too_many,
)
from bridges.migration.archives.errors import ArchiveRefused

_ENCRYPTED = 0x1 | 0x40 | 0x2000
_NAME_IS_UTF8 = 0x800
_REPARSE_POINT = 0x400
_LOCAL_HEADER = 30


def checked_entries(
    entries: Iterable[ZipInfo], archive: str, length: int, limits: Limits
) -> Mapping[str, ZipInfo]:
    """The files of a zip by name, if all is well with its list.

    ``archive`` is what it is called, ``length`` how many bytes it has. Raises ``ArchiveRefused``.
    """
    everything = list(entries)
    if len(everything) > limits.entries:
        raise ArchiveRefused(too_many(limits.entries))
    if sum(entry.file_size for entry in everything) > limits.total_bytes:
        raise ArchiveRefused(too_large(limits))
    if _overlap(everything, length):
        raise ArchiveRefused(damaged(archive))
    files: dict[str, ZipInfo] = {}
    folders: set[str] = set()
    for entry in everything:
        name = entry_name(entry)
        if entry.orig_filename == "./":  # the folder that was packed
            continue
        if name == entry.orig_filename:
            name = entry.orig_filename  # There may be 100,000 names: each is kept once.
        if problem := _problem(entry, name.removesuffix("/"), limits):
            raise ArchiveRefused(problem)
        if name.endswith("/"):
            folders.add(name.removesuffix("/"))
        elif files.setdefault(name, entry) is not entry:
            raise ArchiveRefused(_twice(name))
    if both := folders & files.keys():
        raise ArchiveRefused(_twice(min(both)))
    return files


def entry_name(entry: ZipInfo) -> str:
    """The name an entry is meant to have.

    Phones write names in UTF-8 without saying so; then they arrive as the code page of old computers
    (APPNOTE.TXT 4.4.4, bit 11). Some programs begin each with ``./``.
    """
    name = entry.orig_filename
    if not entry.flag_bits & _NAME_IS_UTF8:
        with suppress(UnicodeError):
            name = name.encode("cp437").decode("utf-8")
    return canonical(name).removeprefix("./")


def _problem(entry: ZipInfo, name: str, limits: Limits) -> UserText | None:
    if problem := name_problem(name, limits):
        return problem
    if entry.flag_bits & _ENCRYPTED:
        return user_text(
            "The archive is protected with a password. Make one without a password and try again."
        )
    file_type = stat.S_IFMT(entry.external_attr >> 16)
    if file_type not in {0, stat.S_IFREG, stat.S_IFDIR} or entry.external_attr & _REPARSE_POINT:
        return not_plain(name)
    if entry.compress_type not in {ZIP_STORED, ZIP_DEFLATED}:
        return user_text(
            "{name} is packed in a way that is not read. Pack the export again as a plain zip.",
            name=shown(name),
        )
    return _size_problem(entry, name, limits)


def _size_problem(entry: ZipInfo, name: str, limits: Limits) -> UserText | None:
    if entry.compress_type == ZIP_STORED and entry.compress_size != entry.file_size:
        return damaged(name)
    if entry.file_size > max(limits.dense_bytes, entry.compress_size * limits.ratio):
        return too_dense(name)
    return None


def _overlap(entries: list[ZipInfo], length: int) -> bool:
    """Tell whether packed bytes are said to belong to two entries, or to lie beyond the end."""
    end = 0
    for entry in sorted(entries, key=lambda one: one.header_offset):
        if entry.header_offset < end:
            return True
        end = entry.header_offset + _LOCAL_HEADER + len(entry.orig_filename) + entry.compress_size
    return end > length


def _twice(name: str) -> UserText:
    return user_text(
        "The archive has two files of one name: {name}. It is not clear which one is meant; "
        "export again.",
        name=shown(name),
    )
