# SPDX-License-Identifier: AGPL-3.0-or-later
"""The demo's own judgement of what arrived."""

from io import StringIO
from itertools import groupby

import pytest
from rich.console import Console

from karvon.demo.play import conversation_table
from karvon.demo.script import SCRIPT, Side, complaints, spoken

SAID = ["one", "two", "three"]


def test_nothing_is_wrong_if_everything_came_once_and_in_order() -> None:
    assert complaints(SAID, ["one", "two", "three"]) == []


@pytest.mark.parametrize(
    ("heard", "complaint"),
    [
        (["one", "three"], "lost: two"),
        (["one", "two", "two", "three"], "came 2 times: two"),
        (["one", "two", "three", "four"], "nobody said: four"),
        (["two", "one", "three"], "came in another order"),
        ([], "lost: one"),
    ],
)
def test_every_fault_is_found(heard: list[str], complaint: str) -> None:
    assert complaint in complaints(SAID, heard)


def test_the_script_begins_on_telegram_and_both_sides_speak_in_turns() -> None:
    assert SCRIPT[0].side is Side.TELEGRAM
    turns = [len(list(lines)) for _side, lines in groupby(SCRIPT, lambda line: line.side)]
    assert len(turns) > 4
    assert max(turns) >= 3, "several lines in one go put their order to the test"


def test_the_table_shows_what_is_missing() -> None:
    heard = {Side.TELEGRAM: spoken(SCRIPT, Side.MATRIX), Side.MATRIX: []}
    console = Console(width=200, record=True, file=StringIO())
    console.print(conversation_table(SCRIPT, heard))
    shown = console.export_text()
    assert shown.count("→✗") == len(spoken(SCRIPT, Side.TELEGRAM))
    assert shown.count("←✓") == len(spoken(SCRIPT, Side.MATRIX))
