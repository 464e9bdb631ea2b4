# SPDX-License-Identifier: AGPL-3.0-or-later
"""Questions about archives: how they are asked, and what counts as an answer."""

from zoneinfo import ZoneInfo, available_timezones

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridges.guide.archives.answering import answered, asking, distinct, remembered
from bridges.guide.archives.zones import USUAL, read_zone
from bridges.guide.conversation.command import CannotDo
from bridges.guide.conversation.parsing import kind_of, said_in
from bridges.migration.archives.whatsapp import DateOrder
from bridges.migration.plan.model import NOBODY, Answers, Asked, Option, Question

KNOWN = available_timezones()
ZONE = Question(archive="1", about=Asked.ZONE, ask="Where?", options=(Option("Asia/Dushanbe"),))
ME = Question(
    archive="1", about=Asked.ME, ask="Who?", options=tuple(map(Option, ("Anor", "Behi", NOBODY)))
)
DATES = Question(
    archive="1",
    about=Asked.DATES,
    ask="How?",
    options=(Option("dmy", "2024-03-04 – 2024-03-05"), Option("mdy", "2024-04-03 – 2024-05-03")),
)


@pytest.mark.parametrize(
    ("text", "zone"),
    [
        ("Asia/Dushanbe", "Asia/Dushanbe"),
        ("asia/tashkent", "Asia/Tashkent"),
        ("Samarkand", "Asia/Samarkand"),
        ("new york", "America/New_York"),
        ("+5", "Etc/GMT-5"),
        ("UTC+05:00", "Etc/GMT-5"),
        ("gmt -3", "Etc/GMT+3"),
        ("+0", "Etc/UTC"),
        ("+15", None),
        ("-13", None),
        ("Atlantis", None),
        ("", None),
    ],
)
def test_zones_as_people_write_them(text: str, zone: str | None) -> None:
    assert read_zone(text, KNOWN) == zone


@given(st.text(max_size=30))
def test_what_is_taken_for_a_zone_is_one(text: str) -> None:
    zone = read_zone(text, KNOWN)
    assert zone is None or ZoneInfo(zone).key == zone


def test_what_is_offered_are_zones() -> None:
    assert set(USUAL) <= KNOWN


@pytest.mark.parametrize(
    ("question", "text", "answers"),
    [
        (ZONE, "2", Answers(zone="Asia/Tashkent")),
        (ZONE, "2.", Answers(zone="Asia/Tashkent")),
        (ZONE, "+5", Answers(zone="Etc/GMT-5")),
        (DATES, "2", Answers(dates=DateOrder.MONTH_DAY_YEAR)),
        (ME, "1", Answers(me="Anor")),
        (ME, "behi", Answers(me="Behi")),
        (ME, "3", Answers(me=NOBODY)),
        (ME, " Gilos ", Answers(me="Gilos")),
    ],
)
def test_answers(question: Question, text: str, answers: Answers) -> None:
    assert answered(question, text, Answers()) == answers


@pytest.mark.parametrize(
    ("question", "text"), [(ZONE, "0"), (ZONE, "99"), (ZONE, "nowhere"), (DATES, "x"), (ME, "9")]
)
def test_what_is_no_answer_is_told(question: Question, text: str) -> None:
    with pytest.raises(CannotDo):
        answered(question, text, Answers())


def test_questions_have_numbers_and_their_options_are_explained() -> None:
    lines = [str(one) for one in asking(DATES, "chat.txt")]
    assert lines[0] == "chat.txt: How?"
    assert lines[1] == "1. day, month, year: 2024-03-04 – 2024-03-05"
    assert [str(one) for one in asking(ME, "chat.txt")][3] == "3. none of them"


def test_of_each_kind_one_is_asked() -> None:
    assert distinct([ZONE, ME, ME, DATES]) == (ZONE, ME, DATES)


def test_the_zone_is_asked_once_for_several_files() -> None:
    earlier = [Answers(), Answers(zone="Asia/Dushanbe", me="Anor")]
    assert remembered([ZONE, ME], Answers(), earlier) == Answers(zone="Asia/Dushanbe")
    assert remembered([ME], Answers(), earlier) == Answers()
    known = Answers(zone="Europe/Moscow")
    assert remembered([ZONE], known, earlier) == known


@pytest.mark.parametrize(
    ("content", "text"),
    [
        ({"body": " start "}, "start"),
        (
            {
                "body": "> <@karvon:example.org> Which?\n> 1. Anor\n\n1",
                "m.relates_to": {"m.in_reply_to": {"event_id": "$a"}},
            },
            "1",
        ),
        ({"body": "> quoted"}, "> quoted"),
        ({"body": 5}, ""),
        ({}, ""),
    ],
)
def test_what_was_said(content: dict[str, object], text: str) -> None:
    assert said_in(content) == text


def test_later_versions_of_a_message_are_not_said_anew() -> None:
    edit = {"msgtype": "m.text", "m.relates_to": {"rel_type": "m.replace", "event_id": "$a"}}
    assert kind_of(edit) == ""
    assert kind_of({"msgtype": "m.text"}) == "m.text"
    assert kind_of({"msgtype": 5}) == ""
