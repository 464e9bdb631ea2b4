# SPDX-License-Identifier: AGPL-3.0-or-later
"""Child processes are observed, killed and reaped, and leftovers are found."""

import os
import signal
import sys
from pathlib import Path

import psutil
import pytest

from tests.support.leftovers import MARKER_VARIABLE, end_leftovers
from tests.support.process import ChildExitedError, ChildProcess, python_module

_TALKS_THEN_SLEEPS = "import time; print('ready 1', flush=True); time.sleep(600)"
_PARENT = f"""
import subprocess, sys
child = subprocess.Popen([sys.executable, "-c", {_TALKS_THEN_SLEEPS!r}])
print("grandchild", child.pid, flush=True)
child.wait()
"""


def _python(code: str, folder: Path, **env: str) -> ChildProcess:
    return ChildProcess([sys.executable, "-c", code], log=folder / "log", env=env, name="sample")


async def test_output_is_seen_while_it_runs_and_kill_reaps(tmp_path: Path) -> None:
    async with _python(_TALKS_THEN_SLEEPS, tmp_path) as child:
        assert await child.wait_for_line(r"ready \d") == "ready 1"
        assert child.running
        assert await child.kill() == -signal.SIGKILL
        assert not child.running
        assert not psutil.pid_exists(child.pid)


async def test_it_starts_again_and_keeps_the_output(tmp_path: Path) -> None:
    child = _python("print('once')", tmp_path)
    for _ in range(2):
        await child.start()
        assert await child.wait() == 0
    assert child.output() == "once\nonce\n"


async def test_stop_asks_politely(tmp_path: Path) -> None:
    code = (
        "import signal, sys\n"
        "signal.signal(signal.SIGTERM, lambda *_: sys.exit(7))\n"
        "print('ready', flush=True)\n"
        "signal.pause()"
    )
    async with _python(code, tmp_path) as child:
        await child.wait_for_line("ready")
        assert await child.stop() == 7


async def test_an_early_end_is_told_with_the_output(tmp_path: Path) -> None:
    async with _python("print('bad config'); raise SystemExit(3)", tmp_path) as child:
        with pytest.raises(ChildExitedError, match=r"(?s)ended with 3 .*bad config"):
            await child.wait_for_line("ready")


async def test_a_missing_line_is_told_with_the_output(tmp_path: Path) -> None:
    async with _python(_TALKS_THEN_SLEEPS, tmp_path) as child:
        await child.wait_for_line("ready")
        with pytest.raises(TimeoutError, match=r"(?s)never.*ready 1"):
            await child.wait_for_line("never", timeout=0.05)


async def test_kill_takes_the_children_of_the_child_along(tmp_path: Path) -> None:
    async with _python(_PARENT, tmp_path) as child:
        grandchild = psutil.Process(int((await child.wait_for_line("grandchild")).split()[1]))
        await child.kill()
        psutil.wait_procs([grandchild], timeout=10)
        assert not grandchild.is_running() or grandchild.status() == psutil.STATUS_ZOMBIE


async def test_a_module_runs_with_our_interpreter(tmp_path: Path) -> None:
    async with python_module("this", log=tmp_path / "log") as child:
        assert await child.wait() == 0
        assert "Zen of Python" in child.output()


async def test_our_packages_are_importable_from_anywhere(tmp_path: Path) -> None:
    module = python_module("tests.support.leftovers", log=tmp_path / "log", cwd=tmp_path)
    async with module as child:
        assert await child.wait() == 0, child.output()


async def test_leftovers_are_found_and_ended(tmp_path: Path) -> None:
    async with _python(_TALKS_THEN_SLEEPS, tmp_path, **{MARKER_VARIABLE: "sample"}) as child:
        await child.wait_for_line("ready")
        left = end_leftovers("sample", os.getpid(), grace=0)
        assert [line.split()[0] for line in left] == [str(child.pid)]
        await child.wait()
    assert end_leftovers("sample", os.getpid(), grace=0) == []
