# SPDX-License-Identifier: AGPL-3.0-or-later
"""Polls of Telegram and how they stand, from TL values; and which polls Telegram takes."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from telethon.tl import types as tl

from bridges.core.content import Poll, PollAnswer
from bridges.core.errors import Rejected
from bridges.core.events import PollCount, RemoteMessage, RemotePollTally, VotesOf
from bridges.core.ids import LoginID, MessageID
from bridges.telegram.from_telegram.messages import edit_events, message_events
from bridges.telegram.from_telegram.polls import answer_id, option_of, poll_events
from bridges.telegram.from_telegram.surroundings import Surroundings
from bridges.telegram.to_telegram.polls import poll_media
from tests.telegram.tl_samples import message

AROUND = Surroundings(LoginID("tg-1"), 1)


def words(text: str) -> tl.TextWithEntities:
    return tl.TextWithEntities(text, [])


def poll(**more: Any) -> tl.Poll:
    answers = [tl.PollAnswer(words("Plov"), b"0"), tl.PollAnswer(words("Shashlik"), b"1")]
    return tl.Poll(7, words("Lunch?"), answers, 0, **more)


def results(first: int, second: int, **more: Any) -> tl.PollResults:
    counted = [
        tl.PollAnswerVoters(b"0", voters=first, chosen=True),
        tl.PollAnswerVoters(b"1", voters=second, correct=True),
    ]
    return tl.PollResults(results=counted, total_voters=first + second, **more)


@given(st.binary(min_size=1, max_size=100))
def test_options_survive_as_ids(option: bytes) -> None:
    assert option_of(answer_id(option)) == option
    assert answer_id(option).isascii()


def test_a_new_poll() -> None:
    media = tl.MessageMediaPoll(poll(multiple_choice=True, quiz=True), tl.PollResults())
    (event,) = message_events(message(media=media), AROUND)
    assert isinstance(event, RemoteMessage)
    answers = (PollAnswer("0", "Plov"), PollAnswer("1", "Shashlik"))
    assert event.parts == (Poll("Lunch?", answers, max_selections=2, quiz=True),)


def test_a_poll_that_hides_its_results_until_the_end() -> None:
    media = tl.MessageMediaPoll(poll(hide_results_until_close=True), tl.PollResults())
    (event,) = message_events(message(media=media), AROUND)
    assert isinstance(event, RemoteMessage)
    assert isinstance(event.parts[0], Poll)
    assert not event.parts[0].disclosed


def test_an_old_poll_comes_with_its_votes() -> None:
    media = tl.MessageMediaPoll(poll(public_voters=True, closed=True), results(2, 1))
    _, tally = message_events(message(media=media), AROUND)
    assert isinstance(tally, RemotePollTally)
    assert tally.counts == (PollCount("0", 2), PollCount("1", 1, is_right=True))
    assert tally.votes == (VotesOf(AROUND.myself, ("0",)),)
    assert (tally.total, tally.anonymous, tally.closed) == (3, False, True)


def test_results_for_everybody_do_not_say_how_one_has_voted_oneself() -> None:
    update = tl.UpdateMessagePoll(7, results(2, 1, min=True), tl.PeerUser(2), 5)
    (tally,) = poll_events(update, AROUND)
    assert tally.votes == ()
    assert tally.target == MessageID("5")


def test_results_that_name_no_message_are_left_out() -> None:
    assert poll_events(tl.UpdateMessagePoll(7, results(1, 0)), AROUND) == []


def test_an_edited_poll_is_no_edit() -> None:
    media = tl.MessageMediaPoll(poll(closed=True), results(1, 0))
    edited = message(media=media, edit_date=message().date)
    (event,) = edit_events(tl.UpdateEditMessage(edited, 1, 1), AROUND)
    assert isinstance(event, RemotePollTally)


@pytest.mark.parametrize(
    ("question", "answers", "code"),
    [
        ("?" * 256, ("a", "b"), "TELEGRAM.POLL_TOO_LONG"),
        ("?", ("a", "b" * 101), "TELEGRAM.POLL_TOO_LONG"),
        ("?", ("a",), "TELEGRAM.POLL_ANSWERS"),
        ("?", tuple(map(str, range(11))), "TELEGRAM.POLL_ANSWERS"),
    ],
)
def test_what_telegram_does_not_take_is_refused(
    question: str, answers: tuple[str, ...], code: str
) -> None:
    asked = Poll(question, tuple(PollAnswer(one, one) for one in answers))
    with pytest.raises(Rejected) as refusal:
        poll_media(asked)
    assert refusal.value.code == code


def test_a_poll_for_telegram_is_public() -> None:
    asked = Poll("Lunch?", (PollAnswer("x", "Plov"), PollAnswer("y", "Tea")), 2, disclosed=False)
    made = poll_media(asked).poll
    assert made.public_voters
    assert made.multiple_choice
    assert made.hide_results_until_close
    assert [one.text.text for one in made.answers] == ["Plov", "Tea"]
