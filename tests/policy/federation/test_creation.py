# SPDX-License-Identifier: AGPL-3.0-or-later
"""What becomes of a request for a trusted chat."""

from typing import Any

import pytest

from policy_module.federation.relays.creation import tame_trusted_chat

ALICE, BOB, CAROL = "@alice:home.example", "@bob:home.example", "@carol:far.example"
TRUSTED = {"preset": "trusted_private_chat"}


def tamed(request: dict[str, Any], creators_stand_above: bool = True) -> dict[str, Any]:
    request = dict(request)
    tame_trusted_chat(request, ALICE, "home.example", creators_stand_above)
    return request


@pytest.mark.parametrize(
    "request_",
    [
        {},
        {"preset": "private_chat", "invite": [CAROL]},
        {**TRUSTED, "invite": [BOB]},
        {**TRUSTED},
        {**TRUSTED, "invite": CAROL},
        {**TRUSTED, "invite": [None, 3]},
    ],
)
def test_others_are_left_alone(request_: dict[str, Any]) -> None:
    assert tamed(request_) == request_


def test_guests_get_power_instead_of_becoming_creators() -> None:
    assert tamed({**TRUSTED, "invite": [BOB, CAROL]}) == {
        "preset": "private_chat",
        "invite": [BOB, CAROL],
        "power_level_content_override": {"users": {BOB: 100, CAROL: 100}},
    }


def test_where_creators_have_a_level_guests_stand_below() -> None:
    levels = tamed({**TRUSTED, "invite": [CAROL]}, creators_stand_above=False)
    assert levels["power_level_content_override"]["users"] == {ALICE: 100, CAROL: 99}


def test_what_was_asked_for_is_kept() -> None:
    asked = {"kick": 70, "users": {CAROL: 10}}
    request = {**TRUSTED, "invite": [CAROL], "power_level_content_override": asked}
    assert tamed(request)["power_level_content_override"] == asked
