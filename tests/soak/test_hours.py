# SPDX-License-Identifier: AGPL-3.0-or-later
"""Hours of it: `make soak`. How long, from which seed and on which database: `options`."""

import sys
from pathlib import Path

import pytest

from tests.soak.options import from_environment
from tests.soak.play import play

pytestmark = [pytest.mark.synapse, pytest.mark.slow]


async def test_nothing_is_lost_and_nothing_grows(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def say(text: str) -> None:
        with capsys.disabled():
            sys.stdout.write(f"{text}\n")
            sys.stdout.flush()

    outcome = await play(tmp_path, from_environment(), say)
    say(outcome.said)
    say(outcome.table)
    assert not outcome.wrong, "\n".join(outcome.wrong)
