# SPDX-License-Identifier: AGPL-3.0-or-later
"""Exports in parts: each opens by itself, none is too large, together they are the export."""

import random
import zipfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridges.migration.leaving.export.parts import Sized, TooLarge, distribute, pack_parts

sizes = st.lists(
    st.builds(Sized, st.text("abц/", min_size=1, max_size=20), st.integers(0, 5_000)), max_size=30
)


@given(sizes, st.integers(1_000, 20_000))
def test_every_file_is_in_one_part_in_its_order_or_it_is_said_that_one_is_too_large(
    files: list[Sized], limit: int
) -> None:
    try:
        parts = distribute(files, limit)
    except TooLarge:
        assert any(one.size + 400 > limit for one in files)
        return
    assert [name for part in parts for name in part] == [one.name for one in files]
    assert all(parts)
    left = iter(files)
    for part in parts:
        assert sum(next(left).size for _ in part) < limit


def export(folder: Path, files: int, size: int) -> Path:
    """Something like an export, with photos that cannot be compressed."""
    noise = random.Random(7)
    (folder / "events").mkdir(parents=True)
    for name in ("README.txt", "manifest.json", "result.json", "events/1.jsonl"):
        (folder / name).write_text(f"{name} " * 20_000)
    for number in range(files):
        target = folder / "files" / f"{number:06d}"
        target.mkdir(parents=True)
        (target / "rasm ё.png").write_bytes(noise.randbytes(size))
    return folder


@pytest.mark.parametrize(("limit", "parts"), [(10_000_000, 1), (40_000, 11), (12_000, 20)])
def test_parts_together_are_the_export(tmp_path: Path, limit: int, parts: int) -> None:
    folder = export(tmp_path / "export", 20, 10_000)
    made = pack_parts(folder, tmp_path / "parts", limit, 10_000_000)
    assert len(made) == pytest.approx(parts, abs=4)
    assert all(one.stat().st_size <= limit for one in made)
    for one in made:
        with zipfile.ZipFile(one) as packed:
            assert packed.testzip() is None
            packed.extractall(tmp_path / "again")
    with zipfile.ZipFile(made[0]) as first:
        assert first.namelist()[:2] == ["README.txt", "manifest.json"]
    for path in folder.rglob("*"):
        if path.is_file():
            assert (tmp_path / "again" / path.relative_to(folder)).read_bytes() == path.read_bytes()
    times = [one.stat().st_mtime_ns for one in made]
    again = pack_parts(folder, tmp_path / "parts", limit, 10_000_000)
    assert [one.stat().st_mtime_ns for one in again] == times, "they are not made twice"


@pytest.mark.parametrize(("limit", "most"), [(9_000, 10_000_000), (1_000_000, 100_000)])
def test_what_is_too_large_is_said_and_nothing_is_left(
    tmp_path: Path, limit: int, most: int
) -> None:
    folder = export(tmp_path / "export", 20, 10_000)
    with pytest.raises(TooLarge):
        pack_parts(folder, tmp_path / "parts", limit, most)
    assert sorted(one.name for one in tmp_path.iterdir()) == ["export"]
