# SPDX-License-Identifier: AGPL-3.0-or-later
"""What a new portal room is asked to be."""

from typing import Any

import pytest
from attrs import evolve
from mautrix.types import RoomID, UserID

from bridges.core.capabilities import RoomFeatures, Support
from bridges.core.chat import ChatKind
from bridges.core.ids import SHARED, ChatID, ChatKey, LoginID, RemoteUserID
from bridges.core.network import NetworkInfo
from bridges.core.portal.room_request import (
    RoomPlan,
    bridge_state_key,
    features_content,
    room_request,
)
from bridges.core.storage.portals import Portal

BOT, ALI, GHOST = UserID("@bot:home.test"), UserID("@ali:home.test"), UserID("@test_7:home.test")
NETWORK = NetworkInfo("test", "Test", "https://test.example")

DIRECT = RoomPlan(
    portal=Portal(
        ChatKey(ChatID("7"), LoginID("ali")), ChatKind.DIRECT, other_user=RemoteUserID("7")
    ),
    network=NETWORK,
    bot=BOT,
    server_name="home.test",
    title="Zarina",
    invite=[ALI, GHOST],
    power_levels={"users": {}, "events_default": 0},
    features=RoomFeatures("test", reply=Support.FULL),
    space=None,
)
GROUP = evolve(
    DIRECT,
    portal=Portal(
        ChatKey(ChatID("-9"), SHARED),
        ChatKind.GROUP,
        name="Bazaar",
        topic="Melons",
        avatar_uri="mxc://home.test/melon",
    ),
    title="Bazaar",
    space=RoomID("!space:home.test"),
)


def _state(plan: RoomPlan, event_type: str) -> dict[str, Any]:
    (event,) = [one for one in room_request(plan)["initial_state"] if one["type"] == event_type]
    content: dict[str, Any] = event["content"]
    return content


def test_a_direct_chat_leaves_the_bot_out_of_its_name() -> None:
    request = room_request(DIRECT)
    assert request["is_direct"]
    assert request["power_level_content_override"] == DIRECT.power_levels
    assert request["invite"] == [ALI, GHOST]
    assert _state(DIRECT, "io.element.functional_members") == {"service_members": [BOT]}
    assert "topic" not in request


def test_a_group_has_its_topic_picture_and_space() -> None:
    request = room_request(GROUP)
    assert (request["name"], request["topic"]) == ("Bazaar", "Melons")
    assert _state(GROUP, "m.room.avatar") == {"url": "mxc://home.test/melon"}
    assert _state(GROUP, "m.space.parent") == {"via": ["home.test"], "canonical": True}


@pytest.mark.parametrize("plan", [DIRECT, GROUP])
def test_the_room_says_what_it_bridges_and_what_can_be_done(plan: RoomPlan) -> None:
    content = _state(plan, "m.bridge")
    assert content == _state(plan, "uk.half-shot.bridge")
    assert content["bridgebot"] == BOT
    assert content["protocol"]["id"] == "test"
    assert content["channel"]["id"] == str(plan.portal.key.chat)
    assert _state(plan, "com.beeper.room_features")["reply"] == Support.FULL


def test_two_portals_never_have_the_same_bridge_state_key() -> None:
    keys = [
        ChatKey(ChatID("1"), SHARED),
        ChatKey(ChatID("1"), LoginID("ali")),
        ChatKey(ChatID("1"), LoginID("zarina")),
        ChatKey(ChatID("2"), LoginID("ali")),
    ]
    assert len({bridge_state_key(NETWORK, key) for key in keys}) == len(keys)


def test_features_that_are_not_decided_are_left_out() -> None:
    content = features_content(RoomFeatures("test", max_text_length=4096))
    assert content["max_text_length"] == 4096
    assert "edit_max_age" not in content
    assert "file" not in content
