# SPDX-License-Identifier: AGPL-3.0-or-later
"""Decisions about changes people make in rooms."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from mautrix.types import EventID, UserID

from bridges.core.ids import ChatID, ChatKey, MessageID
from bridges.core.portal.changes.pins import difference
from bridges.core.portal.changes.transition import Transition, transition
from bridges.core.portal.pins import MOST_PINS, after, pinned_events, shown
from bridges.core.portal.power_levels import (
    changed_users,
    power_levels,
    rights_in,
    with_changed_rights,
)
from bridges.core.rights import ChatRights
from tests.core.strategies import json_values

CHAT = ChatKey(ChatID("c"))
ONE, TWO, THREE = MessageID("1"), MessageID("2"), MessageID("3")
ALI = UserID("@ali:home.test")
_levels = st.integers(-100, 100)
_rights = st.builds(ChatRights, *[_levels] * 11)


@pytest.mark.parametrize(
    ("before", "now", "is_own", "meaning"),
    [
        ("join", "leave", True, Transition.LEAVE),
        ("invite", "join", True, Transition.NOTHING),
        (None, "invite", False, Transition.INVITE),
        ("join", "leave", False, Transition.KICK),
        ("join", "ban", False, Transition.BAN),
        ("ban", "leave", False, Transition.UNBAN),
        ("ban", "ban", False, Transition.NOTHING),
        ("leave", "leave", False, Transition.NOTHING),
        ("join", "knock", False, Transition.NOTHING),
    ],
)
def test_what_a_membership_means(
    before: str | None, now: str, is_own: bool, meaning: Transition
) -> None:
    assert transition(before, now, is_own=is_own) is meaning


def test_a_ban_is_no_kick() -> None:
    kicked = transition("join", "leave", is_own=False)
    assert kicked is not transition("join", "ban", is_own=False)


def test_pins_are_added_at_the_end_and_taken_from_anywhere() -> None:
    assert after([ONE], [TWO, ONE], pinned=True) == [ONE, TWO]
    assert after([ONE, TWO, THREE], [ONE, THREE], pinned=False) == [TWO]


def test_what_is_pinned_here_alone_stays() -> None:
    local, old, new = EventID("$local"), EventID("$old"), EventID("$new")
    assert shown([local, old], {old}, [new]) == [local, new]


def test_the_latest_of_too_many_pins_are_shown() -> None:
    wanted = [EventID(f"${number}") for number in range(MOST_PINS + 5)]
    assert shown([], set(), wanted) == wanted[5:]


@given(json_values)
def test_any_content_of_pinned_events_is_read(content: object) -> None:
    assert all(isinstance(one, str) for one in pinned_events({"pinned": content}))


def test_only_who_empties_the_list_wants_nothing_pinned() -> None:
    some = difference(CHAT, [ONE, TWO], [ONE], [], nothing_is_left=False)
    assert (some.unpin, some.clear) == ((ONE,), False)
    assert difference(CHAT, [ONE, TWO], [ONE, TWO], [], nothing_is_left=True).clear
    assert not difference(CHAT, [], [ONE], [], nothing_is_left=True).clear
    assert difference(CHAT, [ONE], [], [ONE, TWO], nothing_is_left=False).pin == (TWO,)


@given(_rights)
def test_rights_survive_power_levels(rights: ChatRights) -> None:
    assert rights_in(power_levels(rights, {}, None)) == rights


@given(st.dictionaries(st.sampled_from(("ban", "kick", "invite", "events", "users")), json_values))
def test_any_power_levels_are_read(content: dict[str, object]) -> None:
    assert all(isinstance(one, int) for one in (rights_in(content).ban, rights_in(content).name))
    changed_users({}, content)


@given(_rights, _levels)
def test_only_what_somebody_has_changed_is_changed(known: ChatRights, level: int) -> None:
    before = power_levels(ChatRights(), {}, None)
    now = with_changed_rights(known, before, before | {"events_default": level})
    assert now == with_changed_rights(now, before, before)
    assert now.ban == known.ban
    if level != before["events_default"]:
        assert now.write == level


def test_who_is_no_longer_listed_is_like_everybody() -> None:
    assert changed_users({"users": {ALI: 70}}, {"users": {}}) == {ALI: 0}
