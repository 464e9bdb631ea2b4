# SPDX-License-Identifier: AGPL-3.0-or-later
"""An order to die is obeyed or taken back, and whoever gave it knows which."""

import json
import os
import signal
from pathlib import Path
from threading import Barrier, Thread

import pytest
from attrs import asdict

from tests.faults.crashing import CrashPoints, Order, taken

ROUNDS = 300


@pytest.fixture
def deaths(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The signals this process would have sent itself."""
    signals: list[int] = []
    monkeypatch.setattr(os, "kill", lambda _pid, number: signals.append(number))
    return signals


def _arm(armed: Path, order: Order) -> None:
    armed.write_text(json.dumps(asdict(order)))


def test_it_is_obeyed_at_the_step_it_names_and_only_once(tmp_path: Path, deaths: list[int]) -> None:
    points = CrashPoints(tmp_path / "armed")
    _arm(tmp_path / "armed", Order("there", 2))
    for step in ("here", "there", "here"):
        points.step(step)
    assert deaths == []
    points.step("there")
    points.step("there")
    assert deaths == [signal.SIGKILL]
    assert not taken(tmp_path / "armed")


def test_it_is_obeyed_or_taken_back_never_both(tmp_path: Path, deaths: list[int]) -> None:
    armed = tmp_path / "armed"
    points, start = CrashPoints(armed), Barrier(2)

    def process() -> None:
        for _ in range(ROUNDS):
            start.wait()
            points.step("there")
            start.wait()

    running = Thread(target=process)
    running.start()
    back = 0
    for number in range(1, ROUNDS + 1):
        _arm(armed, Order("there", 1, number))
        start.wait()
        back += taken(armed)
        start.wait()
        assert len(deaths) + back == number
    running.join()
