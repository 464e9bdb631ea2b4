# SPDX-License-Identifier: AGPL-3.0-or-later
"""What Telegram tells of reactions, by name or by number, as events; and ours as Telegram wants them."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from telethon.tl import types as tl

from bridges.core.chat import Sender
from bridges.core.events import RemoteReactions
from bridges.core.ids import LoginID, RemoteUserID
from bridges.telegram.emoji import emoji_of, reaction_of
from bridges.telegram.from_telegram.convert import events_of
from bridges.telegram.from_telegram.reactions import MOST_NAMED, reactions_listed
from bridges.telegram.from_telegram.surroundings import Surroundings

ME, BORIS, VERA, CHANNEL = 1, 2, 3, 70
DATE = datetime(2026, 11, 1, tzinfo=UTC)
AROUND = Surroundings(LoginID("tg-1"), ME)
HEART, FIRE, CUSTOM = tl.ReactionEmoji("❤"), tl.ReactionEmoji("🔥"), tl.ReactionCustomEmoji(5)


def who(user: int) -> Sender:
    return Sender(RemoteUserID(str(user)), user == ME)


def given_by(*given: tuple[int, Any], me: int = ME) -> list[tl.MessagePeerReaction]:
    return [
        tl.MessagePeerReaction(
            tl.PeerUser(user), DATE + timedelta(seconds=at), one, my=(user == me) or None
        )
        for at, (user, one) in enumerate(given)
    ]


def update(
    counts: list[tuple[Any, int]],
    *named: tuple[int, Any],
    mine: tuple[Any, ...] = (),
    peer: Any = None,
    **more: Any,
) -> RemoteReactions:
    results = [
        tl.ReactionCount(one, count, chosen_order=mine.index(one) if one in mine else None)
        for one, count in counts
    ]
    shown = tl.MessageReactions(results, recent_reactions=given_by(*named) or None, **more)
    where = peer or tl.PeerUser(BORIS)
    (event,) = events_of(tl.UpdateMessageReactions(where, 9, shown), AROUND)
    assert isinstance(event, RemoteReactions)
    return event


def by(event: RemoteReactions) -> dict[Sender, tuple[str, ...]]:
    return {one.user: one.emojis for one in event.by}


def test_everybody_is_named_where_few_react() -> None:
    event = update(
        [(HEART, 2), (CUSTOM, 1)], (BORIS, HEART), (BORIS, CUSTOM), (ME, HEART), mine=(HEART,)
    )
    assert by(event) == {who(BORIS): ("❤️", "karvon:emoji/5"), who(ME): ("❤️",)}
    assert event.complete


def test_nobody_reacts_any_more() -> None:
    for is_min in (False, True):
        event = update([], min=is_min)
        assert event.complete
        assert not any(by(event).values())


def test_paid_stars_are_no_reaction() -> None:
    event = update(
        [(tl.ReactionPaid(), 50), (HEART, 1)], (BORIS, tl.ReactionPaid()), (BORIS, HEART)
    )
    assert by(event) == {who(BORIS): ("❤️",), who(ME): ()}
    assert event.complete


def test_of_many_the_newest_are_known_and_the_rest_is_counted() -> None:
    event = update([(HEART, 9), (FIRE, 1)], (BORIS, HEART), mine=(FIRE, HEART), can_see_list=True)
    assert by(event) == {who(BORIS): ("❤️",), who(ME): ("🔥", "❤️")}
    assert [one.exact for one in event.by] == [False, True]
    assert not event.complete
    assert event.totals == {"❤️": 9, "🔥": 1}


def test_of_too_many_nobody_else_is_asked_for() -> None:
    event = update([(HEART, MOST_NAMED + 1)], (BORIS, HEART), can_see_list=True)
    assert event.totals is None
    assert not event.complete


def test_an_update_that_is_the_same_for_all_says_nothing_about_ours() -> None:
    event = update([(HEART, 9)], (BORIS, HEART), min=True, can_see_list=True)
    assert by(event) == {who(BORIS): ("❤️",)}
    event = update([(HEART, 9)], (ME, HEART), min=True, can_see_list=True)
    assert [one.exact for one in event.by] == [False]


def test_a_channel_shows_what_its_subscribers_have_given() -> None:
    channel = Sender(RemoteUserID("c70"), anonymous=True)
    event = update([(HEART, 90), (FIRE, 1)], mine=(FIRE,), peer=tl.PeerChannel(CHANNEL))
    assert by(event) == {channel: ("❤️",), who(ME): ("🔥",)}
    assert not event.complete
    assert event.totals is None
    event = update([(HEART, 90)], peer=tl.PeerChannel(CHANNEL), min=True)
    assert by(event) == {}
    assert event.totals == {"❤️": 90}


def test_reactions_that_come_with_a_message_are_taken_along() -> None:
    shown = tl.MessageReactions(
        [tl.ReactionCount(HEART, 1)], recent_reactions=given_by((BORIS, HEART))
    )
    message = tl.Message(9, tl.PeerUser(BORIS), DATE, "hi", reactions=shown, edit_hide=True)
    *_, event = events_of(tl.UpdateNewMessage(message, 0, 0), AROUND)
    assert isinstance(event, RemoteReactions)
    assert by(event)[who(BORIS)] == ("❤️",)
    assert list(events_of(tl.UpdateEditMessage(message, 0, 0), AROUND)) == [event]


@pytest.mark.parametrize(("count", "complete"), [(2, True), (3, False)])
def test_a_list_is_complete_if_it_has_everybody(count: int, complete: bool) -> None:
    answer = tl.messages.MessageReactionsList(
        count, given_by((VERA, FIRE), (BORIS, HEART)), chats=[], users=[]
    )
    chat = AROUND.chat(tl.PeerChannel(CHANNEL))
    event = reactions_listed(chat, update([]).target, answer, AROUND)
    assert by(event) == {who(VERA): ("🔥",), who(BORIS): ("❤️",)}
    assert event.complete is complete


@given(st.integers(-(2**63), 2**63 - 1))
def test_custom_emoji_go_there_and_back(document: int) -> None:
    name = emoji_of(tl.ReactionCustomEmoji(document))
    assert name is not None
    assert reaction_of(name) == tl.ReactionCustomEmoji(document)
