# SPDX-License-Identifier: AGPL-3.0-or-later
"""Files that are mostly holes: gigabytes by name and content, hardly anything on the disk."""

import zipfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from io import FileIO
from pathlib import Path

from attrs import frozen

from tests.bench.figures import MEGABYTE

_PIECE = b"\0" * MEGABYTE
_WORTH_A_HOLE = 4096
_YEAR_ZERO = (1980, 1, 1, 0, 0, 0)


@frozen
class Hollow:
    """A file that begins with its name, so that no two are the same, and goes on with zeros."""

    name: str
    size: int

    def pieces(self) -> Iterator[bytes]:
        """Give its content."""
        start = self.name.encode()[: self.size]
        yield start
        left = self.size - len(start)
        while left > 0:
            yield _PIECE[:left]
            left -= MEGABYTE

    def write(self, folder: Path) -> None:
        """Write it below a folder."""
        path = folder / self.name
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("wb") as file:
            file.write(self.name.encode()[: self.size])
            file.truncate(self.size)


class _WithHoles(FileIO):
    """Leaves out the zeros at the end of what is written behind the end."""

    def write(self, data: bytes) -> int:  # type: ignore[override]
        content = bytes(data)
        full = content.rstrip(b"\0") if len(content) >= _WORTH_A_HOLE else content
        super().write(full)
        self.seek(len(content) - len(full), 1)
        return len(content)


@contextmanager
def zip_with_holes(path: Path) -> Iterator[zipfile.ZipFile]:
    """Have a new zip in which what is stored may be hollow."""
    with _WithHoles(path, "w") as file, zipfile.ZipFile(file, "w") as packed:
        yield packed


def store(packed: zipfile.ZipFile, files: Iterable[Hollow]) -> None:
    """Put files into a zip as they are."""
    for one in files:
        with packed.open(zipfile.ZipInfo(one.name, _YEAR_ZERO), "w", force_zip64=True) as entry:
            for piece in one.pieces():
                entry.write(piece)


def pack(packed: zipfile.ZipFile, path: Path, name: str) -> None:
    """Deflate a file into a zip."""
    entry = zipfile.ZipInfo(name, _YEAR_ZERO)
    entry.compress_type = zipfile.ZIP_DEFLATED
    entry._compresslevel = 1  # type: ignore[attr-defined]  # open() takes no level
    with path.open("rb") as source, packed.open(entry, "w", force_zip64=True) as target:
        while piece := source.read(MEGABYTE):
            target.write(piece)
