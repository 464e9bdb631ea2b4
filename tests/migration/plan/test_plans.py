# SPDX-License-Identifier: AGPL-3.0-or-later
"""Plans: what they say of archives, what they ask, and their file."""

import json
import tracemalloc
from collections.abc import Mapping, Set
from datetime import date
from pathlib import Path
from types import MappingProxyType
from typing import Any

import pytest
from attrs import evolve
from hypothesis import given, settings
from hypothesis import strategies as st
from mautrix.types import UserID

from bridges.core.chat import ChatKind
from bridges.migration.archives.model import ArchivedPerson, Source
from bridges.migration.archives.whatsapp import DateOrder
from bridges.migration.plan.behind import BridgedChat, Edge
from bridges.migration.plan.errors import PlanRefused
from bridges.migration.plan.making import Maker
from bridges.migration.plan.model import (
    NOBODY,
    VERSION,
    Answers,
    Asked,
    Head,
    LeftOut,
    Option,
    Plan,
    PlannedArchive,
    PlannedRoom,
    Question,
    Speaker,
    TopicRooms,
)
from bridges.migration.plan.planfile import read_plan, write_plan
from bridges.migration.plan.planning import Lookup, Request, make_plan
from bridges.migration.screens import answers_of
from tests.migration.plan.made import MadeArchive
from tests.migration.plan.test_matching import GHOSTS, OWNER

DATA = Path(__file__).parents[2] / "data"
TELEGRAM = DATA / "telegram_export"
WHATSAPP = DATA / "whatsapp_export"
PEOPLE = (ArchivedPerson("user101", "Anor", is_owner=True), ArchivedPerson("user102", "Behi"))


def planned(
    target: Path,
    *archives: Path,
    known: Set[str] = frozenset(),
    users: Mapping[str, str] = MappingProxyType({}),
    bridged: Set[str] = frozenset(),
    first: str = "1",
    **answers: Any,
) -> Plan:
    request = Request(
        archives,
        OWNER,
        evolve(Answers(zone="Asia/Tashkent"), **answers),
        "en",
        str,
        date(2026, 1, 1),
    )

    def registered(wanted: Set[UserID]) -> Set[UserID]:
        return {one for one in wanted if one in known}

    def users_with(source: Source, numbers: Set[str]) -> Mapping[str, str]:
        assert source is Source.WHATSAPP
        assert all(len(one) <= len("+123456789012345") for one in numbers)  # bridges refuse others
        return {number: user for number, user in users.items() if number in numbers}

    def edges(source: Source, chats: Set[BridgedChat]) -> Mapping[BridgedChat, Edge]:
        return {one: Edge("!bridge:home.test", first, one) for one in chats if one.chat in bridged}

    make_plan(target, request, GHOSTS, Lookup(registered, users_with, edges), lambda: None)
    return read_plan(target)


def test_topics_of_a_forum_have_rooms_of_their_own_unless_one_wants_otherwise(
    tmp_path: Path,
) -> None:
    forum = TELEGRAM / "forum"
    apart = planned(tmp_path / "apart.yaml", forum, me=NOBODY)
    assert [one.chat for one in apart.rooms] == ["channel900", "channel900/2"]
    assert apart.rooms[1].name.endswith(" – Olmalar")
    together = planned(tmp_path / "one.yaml", forum, me=NOBODY, topics=TopicRooms.TOGETHER)
    (room,) = together.rooms
    assert room.counts["messages"] == sum(one.counts["messages"] for one in apart.rooms)
    left_out = [sum(one.count for one in each.left_out) for each in (*apart.rooms, room)]
    assert left_out[-1] == sum(left_out[:-1])
    assert together.head.archives[0].answers.topics is TopicRooms.TOGETHER


def test_a_chat_of_telegram(tmp_path: Path) -> None:
    plan = planned(tmp_path / "plan.yaml", TELEGRAM / "direct", known={"@telegram_102:home.test"})
    (room,) = plan.made
    assert (room.name, room.kind, plan.questions) == ("Behi Behiyeva", ChatKind.DIRECT, ())
    assert room.counts["messages"] == 35
    assert room.counts["left_out"] == 1
    speakers = {one.person: one for one in room.speakers}
    assert speakers["user101"].speaks_as == OWNER
    assert speakers["user102"].speaks_as == "@telegram_102:home.test"
    assert speakers["user102"].why == "has the same id at Telegram: 102"


def test_several_archives_and_a_chat_in_which_nothing_was_said(tmp_path: Path) -> None:
    plan = planned(tmp_path / "plan.yaml", TELEGRAM / "account", WHATSAPP / "android_ru")
    assert [one.source for one in plan.head.archives] == [Source.TELEGRAM, Source.WHATSAPP]
    assert [one.name for one in plan.rooms if one.skip] == ["Bo‘sh"]
    assert plan.made[-1].archive == "2"
    assert not plan.questions


def test_the_same_archive_gives_the_same_plan(tmp_path: Path) -> None:
    first = planned(tmp_path / "one.yaml", TELEGRAM / "direct")
    again = planned(tmp_path / "two.yaml", TELEGRAM / "direct")
    assert first == again


def test_whatsapp_is_asked_for_its_zone_and_a_doubtful_date(tmp_path: Path) -> None:
    chat = tmp_path / "WhatsApp Chat with Behi.txt"
    chat.write_text("03/04/2024, 08:41 - Behi: Salom\n05/04/2024, 08:41 - Anor: Salom\n")
    plan = planned(tmp_path / "plan.yaml", chat, zone="")
    assert [one.about for one in plan.questions] == [Asked.ZONE, Asked.DATES]
    assert not plan.made
    answered = planned(tmp_path / "plan.yaml", chat, dates=DateOrder.DAY_MONTH_YEAR, me="Anor")
    assert not answered.questions
    assert [one.speaks_as == OWNER for one in answered.made[0].speakers] == [False, True]


def test_somebody_with_a_number_is_the_stand_in_that_the_bridge_calls_by_a_lid(
    tmp_path: Path,
) -> None:
    chat = tmp_path / "WhatsApp Chat with Bog‘.txt"
    chat.write_text(
        "13/04/2024, 08:41 - +998 90 111 22 33: Salom\n"
        "13/04/2024, 08:42 - +998 90 111 22 44: Salom\n"
        "13/04/2024, 08:43 - Anor: Salom\n"
        "13/04/2024, 08:44 - +998 90 111 22 33 44 55 66: Salom\n"
    )
    lid = "@whatsapp_lid-77:home.test"
    users = {"+998901112233": "lid-77", "+998901112244": "lid-78", "+998901112255": "lid-79"}
    plan = planned(tmp_path / "plan.yaml", chat, known={lid}, users=users, me="Anor")
    one, other, owner, _ = plan.made[0].speakers
    assert (one.speaks_as, owner.speaks_as) == (lid, OWNER)
    assert one.why == "has the same number at WhatsApp: +998901112233"
    assert other.speaks_as.startswith("@_karvon_archive_")


def test_a_chat_that_does_not_tell_whose_it_is() -> None:
    archive = MadeArchive(PEOPLE[1:], 10)
    (question,) = [one for one in made(archive) if isinstance(one, Question)]
    assert answers_of(question) == ["--me Behi", "--me nobody"]
    assert not [one for one in made(archive, me=NOBODY) if isinstance(one, Question)]


def made(archive: MadeArchive, me: str = "") -> list[PlannedRoom | Question]:
    about = PlannedArchive("1", "export", archive.source, "", Answers(me=me))
    return list(Maker(OWNER, GHOSTS, frozenset(), str).rooms(about, archive))


def test_twenty_times_as_many_messages_need_no_more_memory() -> None:
    peaks = []
    for size in (1_000, 20_000):
        tracemalloc.start()
        (room,) = made(MadeArchive(PEOPLE, size))
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
        assert isinstance(room, PlannedRoom)
        assert room.counts["messages"] + room.counts["left_out"] == size
        assert room.left_out == (
            LeftOut("A message here is damaged.", size // 10, ("chat/9", "chat/19", "chat/29")),
        )
    assert peaks[1] < 2 * peaks[0] + 50_000


words = st.text(st.characters(codec="utf-8"), min_size=1, max_size=20)
mxids = words.map(lambda name: f"@{name}:home.test")
speakers = st.builds(Speaker, person=words, name=st.just("") | words, speaks_as=mxids, why=words)
left_out = st.builds(LeftOut, words, st.integers(1, 10**9), st.tuples(words) | st.just(()))
rooms = st.builds(
    PlannedRoom,
    archive=st.just("1"),
    chat=words,
    name=words,
    kind=st.sampled_from(ChatKind),
    skip=st.just("") | words,
    counts=st.dictionaries(
        st.sampled_from(["messages", "files"]), st.integers(1, 10**9), max_size=3
    ),
    left_out=st.tuples(left_out) | st.just(()),
    speakers=st.tuples(speakers, speakers) | st.just(()),
)
questions = st.builds(
    Question,
    archive=st.just("1"),
    chat=words,
    about=st.sampled_from(Asked),
    ask=words,
    options=st.tuples(st.builds(Option, words, words | st.just(""))),
)
heads = st.builds(
    Head,
    st.just(VERSION),
    mxids,
    words,
    st.tuples(
        st.builds(
            PlannedArchive,
            st.just("1"),
            words,
            st.sampled_from(Source),
            words,
            st.builds(Answers, words | st.just(""), st.none() | st.sampled_from(DateOrder), words),
        )
    ),
)


@settings(max_examples=40)
@given(heads, st.lists(rooms, max_size=3), st.lists(questions, max_size=2))
def test_what_is_written_is_read(
    tmp_path_factory: pytest.TempPathFactory,
    head: Head,
    found: list[PlannedRoom],
    asked: list[Question],
) -> None:
    path = tmp_path_factory.getbasetemp() / "plan.yaml"
    write_plan(path, head, [*asked, *found])
    assert read_plan(path) == Plan(head, tuple(found), tuple(asked))


@pytest.mark.parametrize(
    ("old", "new", "complaint"),
    [
        ("version: 1", "version: 2", "no plan, or one of another version"),
        ("kind: direct", "kind: duel", "rooms[0].kind"),
        ("kind: direct", "kindly: direct", "kindly"),
        ("name: Behi Behiyeva\n    kind", "name: 7\n    kind", "expected str @ $.rooms[0].name"),
        ("rooms:", "rooms: {", "cannot be used"),
        ("- archive: '1'", "- archive: '3'", "no archive 3"),
    ],
)
def test_a_plan_that_was_changed_badly_says_where(
    tmp_path: Path, old: str, new: str, complaint: str
) -> None:
    path = tmp_path / "plan.yaml"
    planned(path, TELEGRAM / "direct")
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new, 1))
    with pytest.raises(PlanRefused) as refused:
        read_plan(path)
    assert complaint in str(refused.value.text)


def test_no_such_time_zone(tmp_path: Path) -> None:
    with pytest.raises(PlanRefused, match="no time zone Asia/Nowhere"):
        planned(tmp_path / "plan.yaml", TELEGRAM / "direct", zone="Asia/Nowhere")


def test_of_a_chat_that_a_bridge_has_only_what_is_older_comes(tmp_path: Path) -> None:
    apart = planned(tmp_path / "apart.yaml", TELEGRAM / "direct")
    plan = planned(tmp_path / "plan.yaml", TELEGRAM / "direct", bridged={"user:102"}, first="1010")
    (room,), (alone,) = plan.made, apart.made
    assert alone.behind is None
    assert room.behind == Edge("!bridge:home.test", "1010", BridgedChat("user:102", "101"))
    assert 0 < room.counts["messages"] < alone.counts["messages"]
    assert sum(room.counts[one] for one in ("messages", "left_out")) == 36
    # Only the bridge's ghosts speak in its room, also those it has not met yet.
    speaking = {one.speaks_as for one in room.speakers}
    assert speaking <= {OWNER, "@telegram_102:home.test"}
    everything = planned(tmp_path / "all.yaml", TELEGRAM / "direct", bridged={"user:102"})
    assert [one.skip for one in everything.rooms] == [
        "all of it is in the bridge's room !bridge:home.test"
    ]


def test_a_chat_in_which_somebody_speaks_whom_no_bridge_can_know_gets_its_own_room(
    tmp_path: Path,
) -> None:
    export = tmp_path / "export"
    export.mkdir()
    said = {"type": "message", "date": "2020-01-01T00:00:00", "text": "word"}
    messages = [
        said | {"id": 1, "from": "Behi", "from_id": "user102"},
        said | {"id": 2, "from": "Somebody"},
        said | {"id": 3, "from": "Anor", "from_id": "user101"},
    ]
    chat = {"name": "Behi", "type": "personal_chat", "id": 102, "messages": messages}
    document = {"personal_information": {"user_id": 101}, "chats": {"list": [chat]}}
    (export / "result.json").write_text(json.dumps(document))
    for first, is_behind in (("3", False), ("2", True)):
        plan = planned(tmp_path / "plan.yaml", export, bridged={"user:102"}, first=first)
        assert [one.behind is not None for one in plan.made] == [is_behind]
