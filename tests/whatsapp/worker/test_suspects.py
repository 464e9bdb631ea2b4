# SPDX-License-Identifier: AGPL-3.0-or-later
"""Whoever's connecting ends the worker does not keep the others away."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from bridges.whatsapp.worker.journal import Journal
from bridges.whatsapp.worker.refusals import RefusedError
from bridges.whatsapp.worker.suspects import Suspects

_ALL = ["alisa", "boris", "poison", "vera"]


class Clock:
    now = 1_800_000_000.0

    def __call__(self) -> float:
        return self.now


class Runs:
    """Starts of a worker that ends when somebody is connected."""

    def __init__(self, folder: Path) -> None:
        self.clock = Clock()
        self.journal = Journal(folder / "journal.db", self.clock)
        self.suspects = Suspects(self.journal, self.clock)

    def run(self, poison: str = "poison", *, was_killed: bool = False) -> set[str]:
        """Start as the worker does; returns who had service before it ended, or at all."""
        self.suspects.look_back(was_killed=was_killed)
        doubted = self.suspects.doubted(_ALL)
        served: set[str] = set()
        for names in ([one for one in _ALL if one not in doubted], *([one] for one in doubted)):
            try:
                for name in names:
                    self.suspects.check(name)
            except RefusedError:
                continue
            self.suspects.begun(names)
            if poison in names:
                return served
            served |= set(names)
            self.suspects.calm(names)
        return served


@pytest.fixture
def runs(tmp_path: Path) -> Iterator[Runs]:
    made = Runs(tmp_path)
    yield made
    made.journal.close()


def test_the_others_have_service_while_it_is_looked_for(runs: Runs) -> None:
    before, others = {"alisa", "boris"}, {"alisa", "boris", "vera"}
    assert [runs.run() for _ in range(5)] == [set(), set(), before, others, others]
    with pytest.raises(RefusedError, match="SET_ASIDE"):
        runs.suspects.check("poison")
    runs.suspects.check("alisa")


def test_it_is_tried_again_after_a_while(runs: Runs) -> None:
    for _ in range(5):
        runs.run()
    runs.clock.now += 1000
    runs.suspects.check("poison")
    assert runs.run(poison="") == set(_ALL)
    assert runs.suspects.doubted(_ALL) == []


def test_a_worker_that_is_killed_says_nothing_of_its_accounts(runs: Runs) -> None:
    for _ in range(6):
        runs.suspects.begun(_ALL)
        runs.suspects.look_back(was_killed=True)
    assert runs.suspects.doubted(_ALL) == []
