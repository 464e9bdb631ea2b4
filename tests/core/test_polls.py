# SPDX-License-Identifier: AGPL-3.0-or-later
"""Poll events: written as clients expect them, read from any JSON without surprises."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from mautrix.types import EventID

from bridges.core.content import Poll, PollAnswer
from bridges.core.matrix.content import UnreadableMessage
from bridges.core.matrix.polls import (
    parse_poll_end,
    parse_poll_start,
    parse_poll_vote,
    poll_end_content,
    poll_start_content,
    poll_vote_content,
)
from tests.core.strategies import json_values

START = "org.matrix.msc3381.poll.start"
TEXT = "org.matrix.msc1767.text"

_line = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=40)
polls = st.builds(
    Poll,
    question=_line,
    answers=st.lists(
        st.builds(PollAnswer, _line, _line), min_size=1, max_size=20, unique_by=lambda one: one.id
    ).map(tuple),
    max_selections=st.just(1),
    disclosed=st.booleans(),
)


@given(polls)
def test_what_is_written_is_read_again(poll: Poll) -> None:
    read = parse_poll_start(poll_start_content(poll))
    assert read.question == poll.question or not poll.question
    assert read.answers == poll.answers
    assert read.disclosed == poll.disclosed


@given(st.lists(_line, max_size=5))
def test_a_vote_is_read_again(answers: list[str]) -> None:
    vote = parse_poll_vote(poll_vote_content(EventID("$poll"), answers))
    assert (vote.poll, vote.answers) == ("$poll", tuple(answers))


def test_an_end_names_its_poll() -> None:
    content = poll_end_content(EventID("$poll"), "Tea: 1")
    assert parse_poll_end(content) == "$poll"
    assert content[TEXT] == "Tea: 1"


def test_stable_names_are_read_too() -> None:
    content = {
        "m.poll.start": {
            "kind": "m.disclosed",
            "max_selections": 2,
            "question": {"m.text": [{"body": "Tea?"}]},
            "answers": [
                {
                    "m.id": "yes",
                    "m.text": [{"mimetype": "text/html", "body": "<b>"}, {"body": "Yes"}],
                },
                {"m.id": "no", "m.text": [{"body": "No"}]},
            ],
        }
    }
    assert parse_poll_start(content) == Poll(
        "Tea?", (PollAnswer("yes", "Yes"), PollAnswer("no", "No")), 2
    )
    vote = {"m.relates_to": {"rel_type": "m.reference", "event_id": "$a"}, "m.selections": ["yes"]}
    assert parse_poll_vote(vote).answers == ("yes",)


def test_nobody_can_choose_more_answers_than_there_are() -> None:
    content = poll_start_content(Poll("?", (PollAnswer("a", "A"), PollAnswer("b", "B"))))
    content[START]["max_selections"] = 1000
    assert parse_poll_start(content).max_selections == 2


@pytest.mark.parametrize(
    "broken",
    [
        {},
        {"answers": []},
        {"answers": [{"id": "a", TEXT: "A"}, {"id": "a", TEXT: "B"}]},
        {"max_selections": 0},
        {"max_selections": True},
        {"question": {}},
    ],
)
def test_broken_polls_are_refused(broken: dict[str, Any]) -> None:
    content = poll_start_content(Poll("?", (PollAnswer("a", "A"),)))
    content[START] = content[START] | broken if broken else {}
    with pytest.raises(UnreadableMessage):
        parse_poll_start(content)


@given(json_values)
def test_any_json_is_read_or_refused(value: Any) -> None:
    for content in (value, {START: value}, {"m.relates_to": value, "m.selections": value}):
        for parse in (parse_poll_start, parse_poll_vote, parse_poll_end):
            try:
                parse(content)
            except UnreadableMessage:
                continue
