# SPDX-License-Identifier: AGPL-3.0-or-later
"""Files are written whole or not at all."""

import stat
import threading
from pathlib import Path

import pytest

from policy_module.files import create_once, write_atomically


def test_a_file_is_replaced_whole_and_private(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_text("old")
    write_atomically(path, b"new")
    assert path.read_bytes() == b"new"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert list(tmp_path.iterdir()) == [path]


def test_a_failed_write_leaves_nothing(tmp_path: Path) -> None:
    path = tmp_path / "folder"
    path.mkdir()
    with pytest.raises(OSError):
        write_atomically(path, b"new")
    assert list(tmp_path.iterdir()) == [path]


def test_the_first_to_create_a_file_decides(tmp_path: Path) -> None:
    results: list[bytes] = []

    def create(number: int) -> None:
        results.append(create_once(tmp_path / "file", b"%d" % number))

    threads = [threading.Thread(target=create, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert set(results) == {(tmp_path / "file").read_bytes()}
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


def test_a_missing_folder_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(OSError, match="No such file"):
        write_atomically(tmp_path / "nowhere" / "file", b"new")


def test_the_mode_is_the_one_asked_for(tmp_path: Path) -> None:
    write_atomically(tmp_path / "one", b"", mode=0o644)
    create_once(tmp_path / "other", b"", mode=0o640)
    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in tmp_path.iterdir()}
    assert modes == {"one": 0o644, "other": 0o640}
