# SPDX-License-Identifier: AGPL-3.0-or-later
"""An export comes over into a room in which people talk: all of it, as it was, and nobody is called."""

import json
from pathlib import Path

import pytest

from tests.bench.archive.run import QUICK, measure

pytestmark = pytest.mark.synapse


async def test_everything_is_as_it_was_and_every_figure_is_there(tmp_path: Path) -> None:
    said: list[str] = []
    output = tmp_path / "build" / "bench-archive.json"
    await measure(QUICK, True, output, said.append)
    figures = json.loads(output.read_text("utf-8"))
    for name in ("history_per_s", "history_ratio", "history_cpu_s_per_1000", "report_per_s"):
        assert figures[name] > 0, name
    assert figures["events"] > QUICK.messages
    assert figures["said_meanwhile"] > 0
