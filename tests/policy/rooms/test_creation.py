# SPDX-License-Identifier: AGPL-3.0-or-later
"""Which class a new room gets, and what its request becomes."""

import copy
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from policy_module.rooms.creation import MalformedRequestError, Surroundings, plan, shape
from policy_module.rooms.residency import RESIDENCY, Residency, residency_of, unstated_class
from policy_module.rules.decide import decide
from policy_module.rules.document import WIDTH, PolicyDocument, RoomClass, RoomsSection
from policy_module.rules.policy import Policy
from policy_module.rules.requests import Deny, Reason

HERE = "home.example"
ALICE = f"@alice:{HERE}"
BOT = f"@bridge_bot:{HERE}"
SAID = "Only we."
PUPPET = f"@bridge_1:{HERE}"
BOB = "@bob:near.example"


def around(
    creator: str = ALICE, *, shared_directory: bool = False, **sections: Any
) -> Surroundings:
    document = PolicyDocument.model_validate(
        {"federation": {"allow": ["near.example"]}, **sections}
    )
    policy = Policy.of(HERE, document)
    return Surroundings(
        server=HERE,
        creator=creator,
        is_service=lambda user: user.startswith("@bridge_"),
        decide=lambda request: decide(policy, request, 0.0),
        rooms=document.rooms,
        directory_is_shared=shared_directory,
    )


def reason(answer: Residency | Deny) -> Reason | RoomClass:
    return answer.reason if isinstance(answer, Deny) else answer.room_class


NOBODY_WIDENS = {"everyone": ["federate", "invite_abroad", "bridge"]}


@pytest.mark.parametrize(
    ("request_", "sections", "expected"),
    [
        ({}, {}, RoomClass.DOMESTIC),
        ({}, {"rooms": {"default": "allowlisted"}}, RoomClass.ALLOWLISTED),
        ({"invite": [BOB]}, {}, RoomClass.ALLOWLISTED),
        ({"invite": [BOB]}, NOBODY_WIDENS, Reason.NOT_PERMITTED),
        ({"invite": [BOB]}, {"rooms": {"widest": "domestic"}}, Reason.TOO_WIDE),
        ({"creation_content": {RESIDENCY: "allowlisted"}}, {}, RoomClass.ALLOWLISTED),
        ({"creation_content": {RESIDENCY: "allowlisted"}}, NOBODY_WIDENS, Reason.NOT_PERMITTED),
        ({"creation_content": {RESIDENCY: "open"}}, {}, Reason.TOO_WIDE),
        ({"creation_content": {RESIDENCY: "open"}}, {"rooms": {"widest": "open"}}, RoomClass.OPEN),
        ({"creation_content": {RESIDENCY: 7}}, {}, Reason.NO_SUCH_CLASS),
        ({"creation_content": {"m.federate": False}, "invite": [BOB]}, {}, Reason.DOMESTIC_ROOM),
        ({"creation_content": {"m.federate": None}}, {}, RoomClass.DOMESTIC),
        (
            {"creation_content": {"m.federate": False, RESIDENCY: "allowlisted"}},
            {},
            Reason.CLASS_IS_FINAL,
        ),
        (
            {"initial_state": [{"type": RESIDENCY, "content": {"class": "domestic"}}]},
            {"rooms": {"default": "allowlisted"}},
            RoomClass.DOMESTIC,
        ),
        ({"invite_3pid": [{}]}, {}, Reason.DOMESTIC_ROOM),
        ({"visibility": "public"}, {}, RoomClass.DOMESTIC),
    ],
)
def test_the_class_of_a_persons_room(
    request_: dict[str, Any], sections: dict[str, Any], expected: RoomClass | Reason
) -> None:
    assert reason(plan(request_, around(**sections))) == expected


def test_only_open_rooms_are_listed_where_others_see_the_list() -> None:
    listed = {"visibility": "public"}
    there = around(shared_directory=True, rooms={"widest": "open"})
    assert reason(plan(listed, there)) is Reason.NOT_PUBLISHED
    listed_open = {**listed, "creation_content": {RESIDENCY: "open"}}
    assert reason(plan(listed_open, there)) is RoomClass.OPEN


def test_rooms_of_bridges_have_their_own_class() -> None:
    rooms = {"bridged": "allowlisted"}
    assert plan({"invite": [ALICE]}, around(BOT, rooms=rooms)) == Residency(
        RoomClass.ALLOWLISTED, bridged=True
    )
    assert plan({"invite": [PUPPET]}, around(rooms=rooms)) == Residency(
        RoomClass.ALLOWLISTED, bridged=True
    )
    assert plan({}, around(rooms=rooms)) == Residency(RoomClass.DOMESTIC)


@pytest.mark.parametrize(("creator", "invitee"), [(BOT, ALICE), (ALICE, BOT)])
def test_who_may_not_use_bridges_gets_no_room_with_one(creator: str, invitee: str) -> None:
    group = {"name": "no bridges", "members": [ALICE], "may": ["federate"]}
    answer = plan({"invite": [invitee]}, around(creator, groups=[group]))
    assert reason(answer) is Reason.NOT_PERMITTED


@pytest.mark.parametrize(
    "broken",
    [
        {"invite": None},
        {"invite": {"a": 1}},
        {"creation_content": []},
        {"initial_state": "x"},
        {"initial_state": [7]},
        {"initial_state": [{"type": "a"}]},
    ],
)
def test_a_malformed_request_is_refused_whole(broken: dict[str, Any]) -> None:
    with pytest.raises(MalformedRequestError):
        plan(broken, around())


def test_a_shared_room_hides_what_was_said_before() -> None:
    request: dict[str, Any] = {
        "initial_state": [
            {
                "type": "m.room.history_visibility",
                "content": {"history_visibility": "world_readable"},
            },
            {"type": "m.room.guest_access", "content": {"guest_access": "can_join"}},
            {"type": "m.room.encryption", "content": {"algorithm": "x"}},
        ],
        "topic": "ours",
    }
    shape(request, Residency(RoomClass.ALLOWLISTED), SAID)
    state = {event["type"]: event["content"] for event in request["initial_state"]}
    assert state["m.room.history_visibility"] == {"history_visibility": "joined"}
    assert state["m.room.guest_access"] == {"guest_access": "forbidden"}
    assert state["m.room.encryption"] == {"algorithm": "x"}
    assert state[RESIDENCY]["class"] == "allowlisted"
    assert request["topic"] == "ours"
    assert "m.federate" not in request["creation_content"]


requests = st.fixed_dictionaries(
    {},
    optional={
        "invite": st.lists(st.sampled_from([ALICE, BOB, BOT, PUPPET, "nonsense"]), max_size=3),
        "visibility": st.sampled_from(["public", "private"]),
        "is_direct": st.booleans(),
        "creation_content": st.fixed_dictionaries(
            {},
            optional={
                "m.federate": st.booleans(),
                RESIDENCY: st.sampled_from([*map(str, RoomClass), "wide"]),
            },
        ),
        "initial_state": st.lists(
            st.fixed_dictionaries(
                {
                    "type": st.sampled_from([RESIDENCY, "m.room.history_visibility"]),
                    "content": st.fixed_dictionaries(
                        {},
                        optional={
                            "class": st.sampled_from([*map(str, RoomClass)]),
                            "history_visibility": st.sampled_from(["shared", "world_readable"]),
                        },
                    ),
                }
            ),
            max_size=3,
        ),
    },
)


@given(
    request_=requests,
    creator=st.sampled_from([ALICE, BOT]),
    widest=st.sampled_from(RoomClass),
    default=st.sampled_from(RoomClass),
)
def test_a_room_becomes_what_was_decided(
    request_: dict[str, Any], creator: str, widest: RoomClass, default: RoomClass
) -> None:
    rooms = RoomsSection.model_validate({"default": default.value, "widest": "open"})
    planned = plan(request_, around(creator, rooms={**rooms.model_dump(), "widest": widest.value}))
    if isinstance(planned, Deny):
        return
    assert WIDTH[planned.room_class] <= WIDTH[widest]
    shaped = copy.deepcopy(request_)
    shape(shaped, planned, SAID)
    if not planned.stated:
        assert shaped == request_
        assert default is planned.room_class is RoomClass.OPEN
        return
    federates = shaped["creation_content"].get("m.federate", True)
    (stated,) = [e["content"] for e in shaped["initial_state"] if e["type"] == RESIDENCY]
    assert stated["explanation"] == SAID
    assert shaped.get("topic", SAID) == SAID
    assert residency_of(federates, stated, unstated_class(rooms)) == planned
    again = copy.deepcopy(shaped)
    shape(again, planned, SAID)
    assert again == shaped
