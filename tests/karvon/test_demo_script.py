# SPDX-License-Identifier: AGPL-3.0-or-later
"""The demo's own judgement of what arrived."""

from io import StringIO
from itertools import groupby

import pytest
from rich.console import Console

from karvon.demo.play import conversation_table
from karvon.demo.script import SCRIPT, Side, complaints, part_of, spoken
from karvon.stack.demo import Network

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


@pytest.mark.parametrize("network", Network)
def test_each_network_begins_in_its_app_and_both_sides_speak_in_turns(network: Network) -> None:
    script = part_of(SCRIPT, [network])
    assert script[0].side is Side.APP
    turns = [len(list(lines)) for _side, lines in groupby(script, lambda line: line.side)]
    assert len(turns) > 4
    assert max(turns) >= 3, "several lines in one go put their order to the test"


def test_no_line_is_said_twice_so_that_each_is_known_by_its_text() -> None:
    assert len({line.text for line in SCRIPT}) == len(SCRIPT)


def test_the_table_shows_what_is_missing() -> None:
    telegram, whatsapp = Network.TELEGRAM, Network.WHATSAPP
    heard = {
        (telegram, Side.APP): spoken(SCRIPT, telegram, Side.MATRIX),
        (whatsapp, Side.MATRIX): spoken(SCRIPT, whatsapp, Side.APP),
    }
    console = Console(width=200, record=True, file=StringIO())
    console.print(conversation_table(SCRIPT, heard))
    shown = console.export_text().splitlines()
    for network, arrow, side in (
        ("Telegram", "←✓", Side.MATRIX),
        ("Telegram", "→✗", Side.APP),
        ("WhatsApp", "→✓", Side.APP),
        ("WhatsApp", "←✗", Side.MATRIX),
    ):
        found = [line for line in shown if f"│ {network} " in line and arrow in line]
        assert len(found) == len(spoken(SCRIPT, Network(network), side))
