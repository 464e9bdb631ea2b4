# SPDX-License-Identifier: AGPL-3.0-or-later
"""What commands say at their ends is in the operator's language."""

from pathlib import Path

import pytest
from mautrix.types import RoomID

from bridges.migration.closing import counted, export_contents, undone
from bridges.migration.run.journal import Journal, MadeRoom, Stage, has_rooms, journal_of
from bridges.migration.run.rereading import RoomReport
from bridges.migration.run.undoing import Undone
from bridges.migration.screens import examples, report_document
from karvon.cli.languages import words


@pytest.mark.parametrize("language", ["ru", "tg", "uz"])
def test_nothing_is_left_in_english(language: str) -> None:
    stays = Undone(2, (RoomID("!a:home.test"),), ("mxc://home.test/a",), (RoomID("!b:home.test"),))
    texts = [
        *undone(stays, Path("plan.yaml.media.txt")),
        *counted({"chats": 1, "incomplete_chats": 2, "contacts": 3}),
        export_contents("@ali:home.test", 1, 2),
    ]
    say = words(language)
    assert [str(one) for one in texts if say(one) == str(one)] == []


def test_what_was_taken_back_and_what_stays() -> None:
    said = [str(one) for one in undone(Undone(1, (), ()), Path("plan.yaml.media.txt"))]
    assert said == [
        "Rooms that everybody has left: 1",
        "The accounts of the archive's people stay, in no room and without a name.",
    ]
    assert len(list(undone(Undone(0, (), ()), Path("plan.yaml.media.txt")))) == 1


def test_differences_are_told_in_the_operators_language() -> None:
    room = RoomReport("1", "c", "Bog‘", "!a:home.test", examples=(("lost", "7"), ("order", "$e")))
    assert list(examples([room], words("ru"))) == [
        "✗ Bog‘: не хватает: 7",
        "✗ Bog‘: в другом порядке: $e",
    ]
    (told,) = report_document([room])["rooms"]
    assert told["examples"] == ["lost: 7", "order: $e"]


def test_a_plan_that_was_only_checked_has_no_rooms(tmp_path: Path) -> None:
    plan = tmp_path / "plan.yaml"
    assert not has_rooms(plan)
    with Journal.open(journal_of(plan)) as journal:
        assert not has_rooms(plan)
        journal.note_room(MadeRoom("1", "c", RoomID("!a:home.test"), Stage.MADE))
    assert has_rooms(plan)
