# SPDX-License-Identifier: AGPL-3.0-or-later
"""The bench works and gives every figure it promises; how good they are is not a test's business."""

import json
from pathlib import Path

import pytest

from tests.bench.whatsapp.run import QUICK, measure

pytestmark = pytest.mark.synapse


async def test_every_figure_is_there(tmp_path: Path) -> None:
    said: list[str] = []
    output = tmp_path / "build" / "bench-whatsapp.json"
    await measure(QUICK, True, output, said.append)
    figures = json.loads(output.read_text("utf-8"))
    for name in ("relay_per_s", "ceiling_per_s", "relay_ratio", "bridge_cpu_s_per_1000"):
        assert figures[name] > 0, name
    assert figures["worker_cpu_s_per_1000"] >= 0
    assert [one["accounts"] for one in figures["memory"]] == list(QUICK.accounts)
    assert all(one["bridge"] > 1 and one["worker"] > 1 for one in figures["memory"])
    assert 0 < figures["pairing_s"]["median"] <= figures["pairing_s"]["worst"]
