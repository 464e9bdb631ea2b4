# SPDX-License-Identifier: AGPL-3.0-or-later
"""The bench works and gives every figure it promises; how good they are is not a test's business."""

import json
from pathlib import Path

import pytest

from tests.bench.figures import GOALS
from tests.bench.options import QUICK, Options
from tests.bench.run import measure, profile

pytestmark = pytest.mark.synapse


async def test_every_figure_is_there(tmp_path: Path) -> None:
    said: list[str] = []
    options = Options(QUICK, sqlite=True, output=tmp_path / "build" / "bench.json")

    await measure(options, said.append)

    figures = json.loads(options.output.read_text("utf-8"))
    for name in (
        "relay_per_s",
        "ceiling_per_s",
        "relay_ratio",
        "bridge_cpu_s_per_1000",
        "backfill_per_s",
        "backfill_ratio",
        "insertion_per_s",
        "insertion_ratio",
        "insertion_cpu_s_per_1000",
    ):
        assert figures[name] > 0, name
        assert f"{name} " in said[-1]
    for way in ("telegram_to_matrix", "matrix_to_telegram"):
        assert 0 < figures["latency_ms"][way]["p50"] <= figures["latency_ms"][way]["p99"]
        assert figures["large_file"][way]["mb_per_s"] > 0
        assert figures["large_file"][way]["rss_growth_mb"] < GOALS["rss_growth_mb"]
    assert figures["rss_mb_base"] > 1
    assert abs(figures["resting"]["rss_mb_per_login"]) < figures["rss_mb_base"]
    assert 0 <= figures["resting"]["cpu_share"] <= 1
    assert figures["resting"]["logins"] == QUICK.logins
    assert figures["database"] == "sqlite"
    assert len(figures["rounds"]) == QUICK.rounds


async def test_profile_names_functions_of_the_bridge(tmp_path: Path) -> None:
    said: list[str] = []
    options = Options(QUICK, sqlite=True, output=tmp_path / "bench.json")

    await profile(options, said.append)

    report = options.profile_output.read_text("utf-8")
    assert "bridges/core/" in report
    assert report in said[-1]
