# SPDX-License-Identifier: AGPL-3.0-or-later
"""Some seconds of the soak, with a death: what `make soak` plays works, and finds nothing here."""

from pathlib import Path

import pytest

from tests.soak.options import DATABASE, MINUTES, SEED, Plan, plan_of
from tests.soak.play import play

SHORT = Plan(
    seconds=3.0,
    seed=20300101,
    postgres=False,
    residents=1,
    pause=0.5,
    fault_pause=0.5,
    errands=False,
)


@pytest.mark.synapse
async def test_some_seconds(tmp_path: Path) -> None:
    said: list[str] = []
    outcome = await play(tmp_path, SHORT, said.append, ["kill -9 of worker"])
    assert not outcome.wrong, "\n".join(outcome.wrong)
    assert "kill -9 of worker 1" in outcome.said
    for name in ("telegram", "whatsapp", "worker", "homeserver", "karvon"):
        assert f"{name} MiB" in outcome.table
    assert (tmp_path / "samples.tsv").read_text("utf-8").count("telegram tasks") >= 1


def test_the_environment_says_how_long() -> None:
    assert plan_of({}).seconds == 7200
    plan = plan_of({MINUTES: "0.5", SEED: "7", DATABASE: "sqlite"})
    assert (plan.seconds, plan.seed, plan.postgres) == (30.0, 7, False)
