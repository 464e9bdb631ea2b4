# SPDX-License-Identifier: AGPL-3.0-or-later
"""An export as several zips, none of which is larger than a homeserver takes; each opens by itself.

Unpacked into one folder they are the export. What was compressed before, such as photos, is only stored.
"""

import zipfile
import zlib
from collections.abc import Iterable
from pathlib import Path

from attrs import frozen

from bridges.migration.leaving.export.manifest import MANIFEST
from bridges.migration.leaving.export.reading import FILES
from bridges.migration.leaving.export.writing import README

_CHUNK = 256 * 1024
_LEVEL = 6
_ENTRY = 160
"""Bytes of a zip for each file beside its content and, twice, its name: headers, also of large ones."""

_END = 128
"""Bytes at the end of a zip, with room for large ones."""


class TooLarge(Exception):
    """A file alone is larger than a part may be, or there would be too much in all."""


@frozen
class Sized:
    """A file of an export and how many bytes of a zip it takes."""

    name: str
    size: int


def distribute(files: Iterable[Sized], limit: int) -> list[list[str]]:
    """Say which files go into which part of at most ``limit`` bytes, in their order; pure.

    Raises ``TooLarge``.
    """
    parts: list[list[str]] = []
    left = 0
    for one in files:
        taken = one.size + _ENTRY + 2 * len(one.name.encode())
        if taken + _END > limit:
            raise TooLarge
        if taken > left:
            parts.append([])
            left = limit - _END
        parts[-1].append(one.name)
        left -= taken
    return parts


def pack_parts(folder: Path, into: Path, limit: int, most: int) -> list[Path]:
    """Put a complete export into zips of at most ``limit`` and altogether ``most`` bytes.

    They lie in ``into``, which is there afterwards with all of them or not at all; if it is there, they
    are taken as they are. Raises ``TooLarge`` and ``OSError``.
    """
    if not into.exists():
        _pack(folder, into, limit, most)
    return sorted(into.iterdir())


def _pack(folder: Path, into: Path, limit: int, most: int) -> None:
    names = sorted(
        (str(one.relative_to(folder)) for one in folder.rglob("*") if one.is_file()),
        key=lambda name: (name != README, name != MANIFEST, name),
    )
    sized = [Sized(name, _size(folder / name, _is_stored(name))) for name in names]
    if sum(one.size for one in sized) > most:
        raise TooLarge
    parts = distribute(sized, limit)
    unfinished = into.with_name(f"{into.name}.part")
    unfinished.mkdir(exist_ok=True)
    digits = len(str(len(parts)))
    for number, part in enumerate(parts, start=1):
        of = f"-{number:0{digits}}-of-{len(parts)}" if len(parts) > 1 else ""
        with zipfile.ZipFile(unfinished / f"karvon-export{of}.zip", "w") as packed:
            for name in part:
                method = zipfile.ZIP_STORED if _is_stored(name) else zipfile.ZIP_DEFLATED
                packed.write(folder / name, name, method, _LEVEL)
    unfinished.replace(into)


def _is_stored(name: str) -> bool:
    return name.startswith(f"{FILES}/")


def _size(path: Path, stored: bool) -> int:
    """How many bytes a file takes in a zip."""
    if stored:
        return path.stat().st_size
    compressing, size = zlib.compressobj(_LEVEL, zlib.DEFLATED, -zlib.MAX_WBITS), 0
    with path.open("rb") as file:
        while piece := file.read(_CHUNK):
            size += len(compressing.compress(piece))
    return size + len(compressing.flush())
