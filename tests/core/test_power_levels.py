# SPDX-License-Identifier: AGPL-3.0-or-later
"""Power levels of portals: what rights amount to, and what members' powers become."""

import json

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st
from mautrix.types import UserID

from bridges.core.chat import ChatInfo, Member, Membership, Sender
from bridges.core.ids import RemoteUserID
from bridges.core.portal.power_levels import (
    MOST_USERS,
    creators_are_mighty,
    level_of_person,
    power_levels,
    says_the_same,
    told_powers,
)
from bridges.core.rights import EVERYBODY, NOBODY, RESTRICTED, ChatRights

BOT, ALI, GHOST = UserID("@bot:home.test"), UserID("@ali:home.test"), UserID("@test_7:home.test")
ONE, OTHER = RemoteUserID("1"), RemoteUserID("2")
CHANNEL = ChatRights(write=50)


@pytest.mark.parametrize(
    ("version", "mighty"),
    [("1", False), ("11", False), ("12", True), ("13", True), ("org.matrix.hydra.11", True)],
)
def test_creators_are_mighty_since_version_12(version: str, mighty: bool) -> None:
    assert creators_are_mighty(version) is mighty


def test_the_bot_rules_where_it_has_to_be_listed() -> None:
    assert power_levels(CHANNEL, {ALI: 95}, BOT)["users"] == {BOT: NOBODY, ALI: 95}
    assert power_levels(CHANNEL, {ALI: 95}, None)["users"] == {ALI: 95}


def test_who_is_like_everybody_is_not_listed() -> None:
    assert power_levels(CHANNEL, {ALI: EVERYBODY, GHOST: RESTRICTED}, None)["users"] == {
        GHOST: RESTRICTED
    }


def test_the_restricted_may_still_react_and_take_back() -> None:
    events = power_levels(ChatRights(), {}, None)["events"]
    assert events["m.reaction"] == events["m.room.redaction"] == RESTRICTED


def test_what_means_nothing_on_the_network_is_the_bridges() -> None:
    content = power_levels(ChatRights(), {}, None)
    assert content["state_default"] == NOBODY
    assert "m.room.encryption" not in content["events"]


def test_of_too_many_the_powerful_stay_and_the_event_fits() -> None:
    crowd = {UserID(f"@test_{n:010}:some-homeserver.example"): RESTRICTED for n in range(3000)}
    content = power_levels(CHANNEL, {**crowd, ALI: 95}, BOT)
    assert content["users"][ALI] == 95
    assert len(content["users"]) == MOST_USERS + 1
    assert len(json.dumps(content)) < 60_000


def test_foreign_keys_make_no_difference() -> None:
    content = power_levels(CHANNEL, {}, None)
    assert says_the_same(content | {"historical": 100, "notifications": {"room": 50}}, content)
    assert not says_the_same(content | {"ban": 0}, content)


@given(st.integers(RESTRICTED, EVERYBODY), st.sampled_from((EVERYBODY, 50)), st.booleans())
def test_a_login_knows_best_whether_its_owner_may_write(
    power: int, write: int, may_write: bool
) -> None:
    assert (level_of_person(power, write, may_write=may_write) >= write) is may_write


def test_an_administrator_who_may_not_post_keeps_the_rest() -> None:
    assert level_of_person(80, 50, may_write=False) == 80


def _member(user: RemoteUserID, power: int | None, there: Membership = Membership.JOIN) -> Member:
    return Member(Sender(user), there, power)


@pytest.mark.parametrize(
    ("known", "members", "told"),
    [
        ({}, [_member(ONE, 50)], {ONE: 50}),
        ({ONE: 50}, [_member(ONE, 50)], {}),
        ({ONE: 50}, [_member(ONE, None)], {}),
        ({ONE: 50}, [_member(ONE, 0)], {ONE: 0}),
        ({ONE: 50}, [_member(ONE, 50, Membership.LEAVE)], {ONE: 0}),
        ({ONE: 50}, [_member(OTHER, 95)], {OTHER: 95}),
    ],
)
def test_what_is_said_of_members_changes_their_power(
    known: dict[RemoteUserID, int], members: list[Member], told: dict[RemoteUserID, int]
) -> None:
    assert told_powers(known, ChatInfo(members=tuple(members))) == told


def test_who_is_missing_among_all_administrators_is_none() -> None:
    info = ChatInfo(members=(_member(ONE, 95),), admins_complete=True)
    assert told_powers({ONE: 95, OTHER: 50}, info) == {OTHER: EVERYBODY}
    restricted = {RemoteUserID("3"): RESTRICTED}
    assert told_powers({ONE: 95, **restricted}, info) == {}
    assert told_powers({OTHER: 50}, evolve(info, members=None)) == {}
