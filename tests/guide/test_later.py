# SPDX-License-Identifier: AGPL-3.0-or-later
"""Which files go on where others end."""

from collections.abc import Iterable
from pathlib import Path

from mautrix.types import EventID, RoomID

from bridges.core.chat import ChatKind
from bridges.guide.archives.deposit import Place
from bridges.guide.archives.later import goes_on, has_its_chats, take_over
from bridges.migration.archives.model import ArchivedPerson, Source
from bridges.migration.plan.model import VERSION, Answers, Head, Plan, PlannedArchive, PlannedRoom
from bridges.migration.plan.planfile import write_plan
from bridges.migration.run.journal import Journal, MadeRoom, Stage, has_rooms, journal_of
from tests.migration.plan.made import MadeArchive

ROOM = RoomID("!room:home.test")


def planned(folder: Path, chats: Iterable[str], source: Source = Source.TELEGRAM) -> Plan:
    archive = PlannedArchive("1", "export", source, "f", Answers())
    rooms = [PlannedRoom(archive="1", chat=one, name=one, kind=ChatKind.GROUP) for one in chats]
    folder.mkdir(exist_ok=True)
    head = Head(VERSION, "@madina:home.test", "en", (archive,))
    return write_plan(Place(folder).plan, head, rooms)


def brought(folder: Path, first: str) -> Place:
    """An earlier file of one chat, of which one message was brought over."""
    planned(folder, ["chat"])
    with Journal.open(journal_of(Place(folder).plan)) as journal:
        journal.note_room(MadeRoom("1", "chat", ROOM, Stage.OPEN))
        journal.note_events(ROOM, [(first, "0", EventID("$event"))])
    return Place(folder)


def test_a_file_with_all_chats_of_an_earlier_one(tmp_path: Path) -> None:
    before = brought(tmp_path / "before", "0")
    now = tmp_path / "now"
    assert has_its_chats(planned(now, ["other", "chat"]), before)
    assert not has_its_chats(planned(now, ["other"]), before)
    assert not has_its_chats(planned(now, ["chat"], Source.WHATSAPP), before)
    before.plan.write_text(before.plan.read_text().replace("version: 1", "version: 0"))
    assert not has_its_chats(planned(now, ["chat"]), before)
    planned(tmp_path / "only planned", ["chat"])
    assert not has_its_chats(planned(now, ["chat"]), Place(tmp_path / "only planned"))


def test_it_has_to_begin_with_what_is_here(tmp_path: Path) -> None:
    archive = MadeArchive((ArchivedPerson("user1", "Anor"),), 5)
    assert goes_on(archive, brought(tmp_path / "same", "0"))
    assert not goes_on(archive, brought(tmp_path / "earlier", "3"))
    assert not goes_on(MadeArchive(archive.persons, 0), brought(tmp_path / "empty", "0"))


def test_the_rooms_of_the_earlier_one_are_taken_over(tmp_path: Path) -> None:
    before, now = brought(tmp_path / "before", "0"), Place(tmp_path / "now")
    planned(now.folder, ["chat"])
    for _ in range(2):  # interrupted, it is done again
        take_over(before, now)
        assert has_rooms(now.plan)
        with Journal.open(journal_of(now.plan)) as journal:
            assert journal.has(ROOM, "0")
