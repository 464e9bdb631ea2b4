# SPDX-License-Identifier: AGPL-3.0-or-later
"""An export becomes one zip, whenever that is interrupted; nobody's zip is written over."""

import shutil
import zipfile
from pathlib import Path

import pytest

from bridges.migration.leaving.errors import LeavingRefused
from bridges.migration.leaving.export.exporting import pack, packed_before
from bridges.migration.leaving.export.manifest import MANIFEST


class Killed(Exception):
    """Stands for the end of the process."""


def killed(*_: object) -> None:
    raise Killed


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "out"
    (made / "files").mkdir(parents=True)
    (made / "files" / "one.txt").write_text("salom")
    (made / MANIFEST).write_text("of this export")
    return made


def is_packed(folder: Path) -> bool:
    with zipfile.ZipFile(folder.with_name("out.zip")) as packed:
        assert sorted(packed.namelist()) == ["files/one.txt", MANIFEST]
    return [one.name for one in folder.parent.iterdir()] == ["out.zip"]


def test_undisturbed(folder: Path) -> None:
    assert packed_before(folder) is None
    assert pack(folder) == folder.with_name("out.zip")
    assert is_packed(folder)
    with pytest.raises(LeavingRefused):
        packed_before(folder)


def test_interrupted_with_the_zip_there(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as unlucky:
        unlucky.setattr(Path, "rename", killed)
        with pytest.raises(Killed):
            pack(folder)
    assert packed_before(folder) is None
    pack(folder)
    assert is_packed(folder)


def test_interrupted_with_half_of_the_folder_gone(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as unlucky:
        unlucky.setattr(shutil, "rmtree", killed)
        with pytest.raises(Killed):
            pack(folder)
    next(folder.parent.glob(f".*/{MANIFEST}")).unlink()
    assert packed_before(folder) == folder.with_name("out.zip")
    assert is_packed(folder)


@pytest.mark.parametrize("content", ["of another export", None])
def test_another_zip_stays(folder: Path, content: str | None) -> None:
    other = folder.with_name("out.zip")
    if content is None:
        other.write_text("no zip at all")
    else:
        with zipfile.ZipFile(other, "w") as packed:
            packed.writestr(MANIFEST, content)
    before = other.read_bytes()
    with pytest.raises(LeavingRefused):
        pack(folder)
    assert other.read_bytes() == before
    assert (folder / MANIFEST).exists()
