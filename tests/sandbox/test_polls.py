# SPDX-License-Identifier: AGPL-3.0-or-later
"""Polls and quizzes between plain clients."""

import asyncio
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from telethon import events
from telethon.tl import functions, types

from sandbox.telegram import Person, TelegramSandbox
from tests.sandbox.conftest import Connect, Shared, Watch, log_in, populate, refused

UpdatePoll = types.UpdateMessagePoll


async def _arrived(person: Person, chat: str, question: str) -> Any:
    """Return a received message that shows a poll."""

    def is_asked(message: Any) -> bool:
        media = message.media
        return isinstance(media, types.MessageMediaPoll) and media.poll.question.text == question

    for one in [one for one in person.received if one.media == "MessageMediaPoll"]:
        message = await person.client.get_messages(await person.entity(chat), ids=one.ids[0])
        if message is not None and is_asked(message):
            return message
    await person.wait_for(lambda one: one.media == "MessageMediaPoll")
    found = [message for message in await person.history(chat) if is_asked(message)]
    return found[-1]


def _counts(results: Any) -> list[int]:
    return [one.voters for one in results.results]


async def test_votes_are_counted_and_taken_back(shared: Shared, watch: Watch) -> None:
    alisa, boris = shared.alisa, shared.boris
    sent = await alisa.send_poll("boris_test", "Tea?", ["green", "black"])
    asked = await _arrived(boris, "alisa_test", "Tea?")
    assert [a.text.text for a in asked.media.poll.answers] == ["green", "black"]
    assert (asked.media.results.total_voters, asked.media.results.results) == (0, None)
    seen = watch(alisa, UpdatePoll)

    await boris.vote("alisa_test", asked.id, 1)
    told = await seen.first(lambda one: one.results.total_voters == 1)
    assert (told.msg_id, told.peer.user_id) == (sent.id, boris.account.id)
    assert (told.results.min, told.results.results, told.results.recent_voters) == (
        True,
        None,
        None,
    )
    shown = (await boris.history("alisa_test"))[-1].media.results
    assert _counts(shown) == [0, 1]
    assert [one.chosen for one in shown.results] == [False, True]

    await alisa.vote("boris_test", sent.id, 0)
    await boris.vote("alisa_test", asked.id, 0)
    told = await seen.first(lambda one: one.results.results and _counts(one.results) == [2, 0])
    assert [one.chosen for one in told.results.results] == [False, False]

    await boris.vote("alisa_test", asked.id)
    await seen.first(lambda one: one.results.results and _counts(one.results) == [1, 0])
    assert (await boris.history("alisa_test"))[-1].media.results.results is None


async def test_an_own_other_session_learns_what_was_chosen(
    shared: Shared, connect: Connect
) -> None:
    room = await shared.net.add_room("group", "Tasters", "alisa_test", ("boris_test",))
    sent = await shared.alisa.send_poll(room.id, "Soup?", ["hot", "cold"])
    other = await connect(shared.net)
    await log_in(other, "+99955500201")
    told: asyncio.Future[Any] = asyncio.get_running_loop().create_future()

    async def note(update: Any) -> None:
        told.set_result(update)

    other.add_event_handler(note, events.Raw(UpdatePoll))
    await shared.alisa.vote(room.id, sent.id, 1)
    update = await asyncio.wait_for(told, 20)
    assert not update.results.min
    assert [one.chosen for one in update.results.results] == [False, True]


async def test_refused_votes(shared: Shared) -> None:
    alisa, boris = shared.alisa, shared.boris
    sent = await alisa.send_poll("boris_test", "One?", ["a", "b"])
    with refused("OPTIONS_TOO_MUCH"):
        await alisa.vote("boris_test", sent.id, 0, 1)
    target = await alisa.entity("boris_test")
    with refused("OPTION_INVALID"):
        await alisa.client(functions.messages.SendVoteRequest(target, sent.id, [b"?"]))
    plain = await alisa.send("boris_test", "no poll")
    with refused("MESSAGE_ID_INVALID"):
        await alisa.client(functions.messages.SendVoteRequest(target, plain.id, [b"0"]))
    await alisa.close_poll("boris_test", sent.id)
    asked = await _arrived(boris, "alisa_test", "One?")
    with refused("MESSAGE_POLL_CLOSED"):
        await boris.vote("alisa_test", asked.id, 0)


async def test_who_voted_in_a_public_poll(shared: Shared, watch: Watch) -> None:
    members = ("boris_test", "vera_test")
    room = await shared.net.add_room("supergroup", "Voters", "alisa_test", members)
    seen = watch(shared.alisa, UpdatePoll)
    sent = await shared.alisa.send_poll(room.id, "Both?", ["a", "b"], public=True, multiple=True)
    await shared.boris.vote(room.id, sent.id, 0, 1)
    await shared.vera.vote(room.id, sent.id, 1)
    told = await seen.first(lambda one: one.results.total_voters == 2)
    voters = [peer.user_id for peer in told.results.recent_voters]
    assert voters == [shared.vera.account.id, shared.boris.account.id]

    target = await shared.alisa.entity(room.id)
    ask = functions.messages.GetPollVotesRequest(target, sent.id, 1)
    with refused("POLL_VOTE_REQUIRED"):
        await shared.alisa.client(ask)
    await shared.alisa.vote(room.id, sent.id, 0)
    first = await shared.alisa.client(ask)
    assert (first.count, first.votes[0].peer.user_id) == (3, shared.alisa.account.id)
    ask.offset, ask.limit = first.next_offset, 10
    vera, boris = (await shared.alisa.client(ask)).votes
    assert (vera.option, boris.options) == (b"1", [b"0", b"1"])
    ask = functions.messages.GetPollVotesRequest(target, sent.id, 10, option=b"1")
    assert (await shared.alisa.client(ask)).count == 2
    asked = (await shared.vera.history(room.id))[-1].media.results
    assert [len(one.recent_voters) for one in asked.results] == [2, 2]


async def test_quizzes(shared: Shared) -> None:
    alisa, boris = shared.alisa, shared.boris
    with refused("QUIZ_CORRECT_ANSWER_INVALID"):
        await alisa.send_poll("boris_test", "2+2?", ["3", "4"], correct=2)
    await alisa.send_poll("boris_test", "2+2?", ["3", "4"], correct=1, solution="count")
    asked = await _arrived(boris, "alisa_test", "2+2?")
    assert (asked.media.poll.quiz, asked.media.results.solution) == (True, None)
    await boris.vote("alisa_test", asked.id, 0)
    results = (await boris.history("alisa_test"))[-1].media.results
    assert [(one.chosen, one.correct) for one in results.results] == [(True, False), (False, True)]
    assert results.solution == "count"
    with refused("REVOTE_NOT_ALLOWED"):
        await boris.vote("alisa_test", asked.id)


async def test_closing_shows_the_results_to_all(shared: Shared, watch: Watch) -> None:
    alisa, boris = shared.alisa, shared.boris
    sent = await alisa.send_poll("boris_test", "Over?", ["yes", "no"], hide_results=True)
    await alisa.vote("boris_test", sent.id, 0)
    hidden = (await alisa.history("boris_test"))[-1].media.results.results
    assert [(one.chosen, one.voters) for one in hidden] == [(True, None), (False, None)]
    edits = watch(boris, types.UpdateEditMessage)
    polls = watch(boris, UpdatePoll)
    shared.net.clock.advance(3 * 24 * 3600)
    await alisa.close_poll("boris_test", sent.id)
    told = await polls.first(lambda one: one.poll is not None)
    assert (told.poll.closed, _counts(told.results)) == (True, [1, 0])
    edited = (await edits.first()).message
    assert (edited.media.poll.closed, _counts(edited.media.results)) == (True, [1, 0])
    with refused("MESSAGE_NOT_MODIFIED"):
        await alisa.close_poll("boris_test", sent.id)


async def test_a_poll_closes_at_its_date(shared: Shared) -> None:
    alisa = shared.alisa
    sent = await alisa.send_poll("boris_test", "Quick?", ["yes", "no"], closes_in=60)
    poll = sent.media.poll
    assert poll.close_date - sent.date == timedelta(seconds=60)
    shared.net.clock.advance(61)
    target = await alisa.entity("boris_test")
    ask = functions.messages.GetPollResultsRequest(target, sent.id, poll.hash)
    (update,) = (await alisa.client(ask)).updates
    assert update.poll.closed
    ask.poll_hash = update.poll.hash
    (update,) = (await alisa.client(ask)).updates
    assert (update.poll, _counts(update.results)) == (None, [0, 0])


async def test_copies_share_their_votes(shared: Shared, watch: Watch) -> None:
    alisa, boris, vera = shared.alisa, shared.boris, shared.vera
    sent = await alisa.send_poll("boris_test", "Spread?", ["yes", "no"])
    source, target = await alisa.entity("boris_test"), await alisa.entity("vera_test")
    seen = watch(boris, UpdatePoll)
    await alisa.client.forward_messages(target, sent.id, source)
    copy = await _arrived(vera, "alisa_test", "Spread?")
    await vera.vote("alisa_test", copy.id, 0)
    assert (await seen.first()).results.total_voters == 1


async def test_polls_in_channels_are_anonymous(shared: Shared) -> None:
    room = await shared.net.add_room("channel", "News", "alisa_test", ("boris_test",))
    with refused("POLL_PUBLIC_VOTERS_FORBIDDEN"):
        await shared.alisa.send_poll(room.id, "Who?", ["a", "b"], public=True)
    sent = await shared.alisa.send_poll(room.id, "What?", ["a", "b"])
    await shared.boris.vote(room.id, sent.id, 1)
    ask = functions.messages.GetPollVotesRequest(await shared.boris.entity(room.id), sent.id, 10)
    with refused("BROADCAST_FORBIDDEN"):
        await shared.boris.client(ask)


@pytest.mark.parametrize(
    ("question", "answers", "error"),
    [
        ("", ["a", "b"], "POLL_QUESTION_INVALID"),
        ("x" * 256, ["a", "b"], "POLL_QUESTION_INVALID"),
        ("one answer", ["a"], "POLL_ANSWERS_INVALID"),
        ("too many", [str(n) for n in range(13)], "POLL_ANSWERS_INVALID"),
        ("a long one", ["a", "b" * 101], "POLL_ANSWER_INVALID"),
    ],
)
async def test_impossible_polls_are_refused(
    shared: Shared, question: str, answers: list[str], error: str
) -> None:
    with refused(error):
        await shared.alisa.send_poll("boris_test", question, answers)


async def test_named_options_are_kept_and_only_polls_become_polls(shared: Shared) -> None:
    question = types.TextWithEntities("Named?", [types.MessageEntityBold(0, 5)])
    answers = [
        types.PollAnswer(types.TextWithEntities(text, []), option)
        for text, option in [("a", b"\x07"), ("b", b"\x08")]
    ]
    media = types.InputMediaPoll(types.Poll(0, question, answers, 0))
    sent = await shared.alisa.send_media("boris_test", media)
    shown = sent.media.poll
    assert [one.option for one in shown.answers] == [b"\x07", b"\x08"]
    assert type(shown.question.entities[0]) is types.MessageEntityBold
    target = await shared.alisa.entity("boris_test")
    edit = functions.messages.EditMessageRequest(target, sent.id, media=types.InputMediaDice("🎲"))
    with refused("MEDIA_NEW_INVALID"):
        await shared.alisa.client(edit)
    answers[1].option = b"\x07"
    with refused("POLL_OPTION_DUPLICATE"):
        await shared.alisa.send_media("boris_test", media)


async def test_polls_survive_a_restart(tmp_path: Path) -> None:
    state = tmp_path / "state.db"
    async with TelegramSandbox(state) as net:
        await populate(net)
        alisa = await net.person("alisa_test")
        sent = await alisa.send_poll("boris_test", "Still?", ["yes", "no"], public=True)
        await alisa.vote("boris_test", sent.id, 1)
    async with TelegramSandbox(state) as net:
        alisa, boris = await net.person("alisa_test"), await net.person("boris_test")
        (asked,) = await boris.history("alisa_test")
        await boris.vote("alisa_test", asked.id, 1)
        (own,) = await alisa.history("boris_test")
        assert _counts(own.media.results) == [0, 2]
