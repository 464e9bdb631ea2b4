# SPDX-License-Identifier: AGPL-3.0-or-later
"""A library that is not whole is refused before it can help itself."""

import importlib.metadata
import importlib.util
import os
import subprocess
import sys
from importlib.machinery import ModuleSpec
from pathlib import Path

import pytest

from bridges.whatsapp.worker import library


def _installed(monkeypatch: pytest.MonkeyPatch, folder: Path, version: str) -> None:
    spec = ModuleSpec("neonize", None, is_package=True)
    spec.submodule_search_locations = [str(folder)]
    monkeypatch.setattr(importlib.util, "find_spec", lambda _: spec)
    monkeypatch.setattr(importlib.metadata, "version", lambda _: version)


def test_a_wheel_without_its_library_is_refused(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    _installed(monkeypatch, tmp_path, library.VERSION)
    with pytest.raises(library.LibraryError, match=r"\.so is missing .* Nothing is downloaded"):
        library.load()


def test_another_version_is_refused(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    _installed(monkeypatch, tmp_path, "0.6.0")
    with pytest.raises(library.LibraryError, match=r"0\.6\.0 is installed, 0\.5\.2 is needed"):
        library.load()


def test_without_it_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda _: None)
    with pytest.raises(library.LibraryError, match=r"karvon\[whatsapp\]"):
        library.load()


def test_the_worker_says_so_and_ends(tmp_path: Path) -> None:
    (tmp_path / "neonize").mkdir()
    (tmp_path / "neonize" / "__init__.py").write_text("raise SystemExit('it was imported')")
    command = [sys.executable, "-m", "bridges.whatsapp.worker"]
    command += ["--socket", str(tmp_path / "s"), "--store", str(tmp_path / "store")]
    env = {**os.environ, "PYTHONPATH": str(tmp_path)}
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, env=env, check=False)
    assert done.returncode == 3
    assert ".so is missing" in done.stderr
    assert not (tmp_path / "store").exists()


def test_the_bot_mark_is_off_once_it_is_loaded() -> None:
    code = (
        "import os; from bridges.whatsapp.worker.library import load; load();"
        "print(os.environ['NEONIZE_BOT_TAG'])"
    )
    env = {**os.environ, "NEONIZE_BOT_TAG": "on"}
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        timeout=60,
        env=env,
        check=True,
    )
    assert done.stdout.strip() == "off"
