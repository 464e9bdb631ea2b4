# SPDX-License-Identifier: AGPL-3.0-or-later
"""Going to a place in a deflated file gives what stands there, and does not begin at the beginning."""

import io
import zipfile
import zlib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridges.migration.archives.container import open_container
from bridges.migration.archives.container.inflating import Inflating, Marks
from bridges.migration.archives.errors import ArchiveRefused

CONTENT = b"".join(b"%d karvon yo'lda\n" % number for number in range(20_000))
PACKED = zlib.compress(CONTENT, wbits=-zlib.MAX_WBITS)


class Disk:
    """Notes how much is read of what is packed."""

    def __init__(self) -> None:
        self.read = 0

    def read_at(self, place: int, size: int) -> bytes:
        found = PACKED[place : place + min(size, 512)]
        self.read += len(found)
        return found


def inflating(disk: Disk, apart: int) -> io.BufferedReader:
    return io.BufferedReader(Inflating(disk.read_at, zlib.crc32(CONTENT), Marks(apart=apart)), 100)


@given(
    apart=st.integers(1, 200_000),
    steps=st.lists(st.tuples(st.integers(0, len(CONTENT) + 9), st.integers(0, 5_000)), max_size=9),
)
def test_any_way_through_a_file(apart: int, steps: list[tuple[int, int]]) -> None:
    file = inflating(Disk(), apart)
    for place, length in steps:
        file.seek(place)
        assert file.read(length) == CONTENT[place : place + length]


def test_what_was_read_once_is_not_read_again() -> None:
    disk = Disk()
    file = inflating(disk, 10_000)
    assert file.read() == CONTENT
    whole, disk.read = disk.read, 0
    for place in range(len(CONTENT) - 1, 0, -50_000):
        file.seek(place)
        assert file.read(1) == CONTENT[place : place + 1]
    assert disk.read < whole


@pytest.mark.parametrize("method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
def test_places_in_a_zip(tmp_path: Path, method: int) -> None:
    with zipfile.ZipFile(tmp_path / "export.zip", "w", method) as packed:
        packed.writestr("result.json", CONTENT)
        packed.writestr("other.txt", b"salom")
    with open_container(tmp_path / "export.zip") as container, container.open("result.json") as one:
        for place in (300_000, 5, 200_000, len(CONTENT)):
            one.seek(place)
            assert one.tell() == place
            assert one.read(7) == CONTENT[place : place + 7]
            with container.open("other.txt") as other:
                assert other.read() == b"salom"


def test_another_sum_is_noticed_from_wherever_one_begins(tmp_path: Path) -> None:
    path = tmp_path / "export.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("result.json", CONTENT)
    data = bytearray(path.read_bytes())
    data[data.rindex(b"PK\x01\x02") + 16] ^= 1
    path.write_bytes(data)
    with open_container(path) as container, container.open("result.json") as one:
        one.seek(len(CONTENT) - 9)
        with pytest.raises(ArchiveRefused):
            one.read()
