# SPDX-License-Identifier: AGPL-3.0-or-later
"""Who may do what in a room."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from policy_module.federation.relays.power import Powers

ALICE, BOB, CAROL = "@alice:home.example", "@bob:home.example", "@carol:far.example"

levels = st.none() | st.booleans() | st.integers(-5, 150) | st.text(max_size=3)
contents = st.none() | st.fixed_dictionaries(
    {},
    optional={
        "users": st.dictionaries(st.sampled_from([ALICE, BOB, CAROL]), levels) | levels,
        "events": st.dictionaries(st.just("m.room.server_acl"), levels) | levels,
        "kick": levels,
        "users_default": levels,
        "state_default": levels,
    },
)


@given(contents, st.sets(st.sampled_from([ALICE, BOB, CAROL])))
def test_anything_gives_an_answer(content: dict[str, Any] | None, above: set[str]) -> None:
    powers = Powers(content, ALICE, frozenset(above))
    strongest = powers.strongest([BOB, CAROL, ALICE])
    assert strongest is not None
    assert all(powers.of(strongest) >= powers.of(user) for user in (ALICE, BOB, CAROL))
    for user in (ALICE, BOB, CAROL):
        assert not powers.may_remove(user, user)
        assert not powers.may_remove(user, strongest)
        powers.may_set(user, "m.room.server_acl")
    assert not any(powers.may_remove(ALICE, creator) for creator in above)


@pytest.mark.parametrize(
    ("content", "above", "may"),
    [
        ({"users": {ALICE: 100}}, [], True),
        ({"users": {ALICE: 50}}, [], True),
        ({"users": {ALICE: 49}}, [], False),
        ({"users": {ALICE: "60"}}, [], True),
        ({"users": {ALICE: 60, CAROL: 60}}, [], False),
        ({"users": {ALICE: 60}, "users_default": 70}, [], False),
        ({"users": {ALICE: 60}, "kick": 61}, [], False),
        ({"users": {CAROL: 100}}, [ALICE], True),
        ({"users": {ALICE: 100}}, [ALICE, CAROL], False),
        (None, [], True),
    ],
)
def test_removing_somebody(content: dict[str, Any] | None, above: list[str], may: bool) -> None:
    assert Powers(content, ALICE, frozenset(above)).may_remove(ALICE, CAROL) is may


@pytest.mark.parametrize(
    ("content", "may"),
    [
        ({"users": {BOB: 50}}, True),
        ({"users": {BOB: 50}, "events": {"m.room.server_acl": 100}}, False),
        ({"users": {BOB: 50}, "state_default": 51}, False),
        (None, True),
    ],
)
def test_setting_state(content: dict[str, Any] | None, may: bool) -> None:
    assert Powers(content, ALICE).may_set(BOB, "m.room.server_acl") is may


def test_nobody_is_the_strongest_of_nobody() -> None:
    assert Powers(None, ALICE).strongest([]) is None
