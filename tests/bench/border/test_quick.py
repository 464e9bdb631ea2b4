# SPDX-License-Identifier: AGPL-3.0-or-later
"""The bench works and gives every figure it promises; how good they are is not a test's business."""

import json
from pathlib import Path

import pytest

from tests.bench.border.run import QUICK, measure

pytestmark = pytest.mark.synapse


async def test_every_figure_is_there(tmp_path: Path) -> None:
    said: list[str] = []
    output = tmp_path / "build" / "bench-border.json"
    await measure(QUICK, True, output, said.append)
    figures = json.loads(output.read_text("utf-8"))
    assert figures["reload_s"] > 0
    assert 0 < figures["removal"]["in_force_s_median"] <= figures["removal"]["usable_s_median"]
    assert all(value > 0 for value in figures["decision_us"].values())
    for room in ("small", "large"):
        for name in ("policy_ratio", "policy_cpu_ratio", "per_s_on", "cpu_ms_off"):
            assert figures["rooms"][room][name] > 0, name
        assert figures["rooms"][room]["messages_each"] == QUICK.rounds * QUICK.block
