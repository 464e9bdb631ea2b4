# SPDX-License-Identifier: AGPL-3.0-or-later
"""Which way things go is decided the same way everywhere: nothing goes two ways, and nothing none."""

from typing import Any

from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st
from mautrix.types import RoomID, UserID

from bridges.core.handover.codes import LENGTH, WORDS, hashed, is_same, new_code
from bridges.core.handover.state import (
    FOLLOWING,
    NATIVE,
    OVER,
    Handover,
    Step,
    asked_again,
    direct_rooms,
    is_as_before,
    is_federated,
    keeps_own,
    shown_elsewhere,
    stays_here,
    with_consent,
)
from bridges.core.ids import ChatID, ChatKey, LoginID, RemoteUserID

KEEPER, GUEST, THIRD = UserID("@a:home.test"), UserID("@b:home.test"), UserID("@c:home.test")
ROOM, ELSEWHERE = RoomID("!kept:home.test"), RoomID("!other:home.test")
KEPT, OTHER = ChatKey(ChatID("b"), LoginID("a")), ChatKey(ChatID("a"), LoginID("b"))

steps = st.sampled_from(Step)
handovers = st.builds(
    Handover,
    room=st.just(ROOM),
    kept=st.just(KEPT),
    other=st.sampled_from([OTHER, None]),
    keeper=st.just(KEEPER),
    guest=st.just(GUEST),
    guest_user=st.just(RemoteUserID("b")),
    asked_by=st.sampled_from([KEEPER, GUEST]),
    step=steps,
    changed_at=st.just(0),
    guest_stays=st.booleans(),
    keeper_only_here=st.booleans(),
    guest_only_here=st.booleans(),
    own_room=st.sampled_from([ELSEWHERE, None]),
)
rooms = st.sampled_from([ROOM, ELSEWHERE])
people = st.sampled_from([KEEPER, GUEST, THIRD])
directs = st.dictionaries(
    st.sampled_from([KEEPER, GUEST, THIRD]),
    st.lists(rooms, unique=True) | st.none() | st.integers(),
)


@given(steps)
def test_what_goes_on_by_itself_comes_to_rest(step: Step) -> None:
    passed = [step]
    while passed[-1] in FOLLOWING:
        passed.append(FOLLOWING[passed[-1]])
        assert passed.count(passed[-1]) == 1
    assert passed[-1] in {Step.ASKED, Step.DECLINED, Step.DUAL, Step.CLOSED, Step.UNDONE}


@given(handovers, rooms, people, st.booleans(), st.booleans())
def test_only_the_kept_room_is_different(
    one: Handover, room: RoomID, sender: UserID, attempted: bool, of_network: bool
) -> None:
    here = stays_here(one, room, sender, attempted=attempted, of_network=of_network)
    if room != ROOM or attempted:
        assert not here


@given(handovers)
def test_what_the_keeper_says_goes_one_way(one: Handover) -> None:
    """As long as it is carried, the guest's own chat shows it; once it is not, the guest is there."""
    one = evolve(one, own_room=None)
    here = stays_here(one, ROOM, KEEPER, attempted=False, of_network=False)
    assert here is (one.step in NATIVE)
    if here:
        assert one.guest_is_in
    if one.other is not None:
        assert shown_elsewhere(one, OTHER, keeper_listens=True) is here
    assert not shown_elsewhere(one, OTHER, keeper_listens=False)
    assert not shown_elsewhere(one, KEPT, keeper_listens=True)


@given(handovers)
def test_the_guest_never_speaks_over_the_keepers_chat(one: Handover) -> None:
    for of_network in (True, False):
        here = stays_here(one, ROOM, GUEST, attempted=False, of_network=of_network)
        assert here or not one.guest_is_in


@given(handovers, steps)
def test_who_has_stayed_is_in_the_room_whatever_is_asked_again(one: Handover, step: Step) -> None:
    stayed = evolve(one, step=Step.UNDONE, guest_stays=True)
    again = evolve(asked_again(evolve(one, guest_stays=False), stayed), step=step)
    assert again.guest_is_in
    assert stays_here(again, ROOM, GUEST, attempted=False, of_network=False)
    assert not asked_again(one, evolve(stayed, guest_stays=False)).guest_stays
    assert not asked_again(one, evolve(stayed, room=ELSEWHERE)).guest_stays
    assert not asked_again(one, None).guest_stays


@given(handovers, steps)
def test_only_what_people_decide_makes_a_difference(one: Handover, step: Step) -> None:
    question = {Step.ASKING, Step.ASKED}
    assert is_as_before(one, one)
    assert is_as_before(one, evolve(one, step=step)) is (
        step is one.step or {step, one.step} == question
    )
    assert not is_as_before(one, evolve(one, changed_at=1))
    assert not is_as_before(None, one)


@given(handovers, st.sampled_from([KEEPER, GUEST]))
def test_a_shared_room_is_no_way_to_the_network_at_any_step(one: Handover, who: UserID) -> None:
    """The two have talked there before; only what the network has may be changed by who has it there."""
    one = evolve(one, own_room=ELSEWHERE)
    assert stays_here(one, ROOM, who, attempted=False, of_network=False)
    assert stays_here(one, ROOM, who, attempted=False, of_network=True) is (who == GUEST)


@given(handovers)
def test_it_can_be_taken_back_whenever_something_has_begun(one: Handover) -> None:
    assert not (one.may_be_taken_back and (one.is_open or one.is_over))
    if one.is_native:
        assert one.may_be_taken_back
    assert one.is_over is (one.step in OVER)


@given(handovers, people)
def test_both_have_to_say_that_it_is_only_here(one: Handover, person: UserID) -> None:
    before = evolve(one, keeper_only_here=False, guest_only_here=False)
    first = with_consent(before, KEEPER)
    assert not first.guest_only_here
    both = with_consent(first, GUEST)
    assert both.keeper_only_here
    assert both.guest_only_here


@given(st.integers(0, 99), st.none() | st.integers(0, 99))
def test_the_longer_history_is_kept(asker: int, asked: int | None) -> None:
    kept = keeps_own(asker, asked)
    assert kept is (asked is None or asker >= asked)


@given(directs, rooms, st.none() | people)
def test_a_room_is_the_chat_with_one_person(
    direct: dict[str, Any], room: RoomID, person: UserID | None
) -> None:
    after = direct_rooms(direct, room, person)
    listed = {who for who, those in after.items() if isinstance(those, list) and room in those}
    assert listed == (set() if person is None else {person})
    assert direct_rooms(after, room, person) == after
    for who, those in direct.items():
        if isinstance(those, list):
            assert [one for one in those if one != room] == [
                one for one in after.get(who, []) if one != room
            ]
        elif who != person:
            assert after[who] == those


def test_rooms_are_federated_unless_they_say_not() -> None:
    assert is_federated({})
    assert is_federated({"m.federate": True})
    assert not is_federated({"m.federate": False})


@given(st.lists(st.integers(0, len(WORDS) - 1), min_size=LENGTH, max_size=LENGTH))
def test_codes_are_words(numbers: list[int]) -> None:
    given_out = iter(numbers)
    code = new_code(lambda _: next(given_out))
    assert [WORDS.index(one) for one in code.split("-")] == numbers


def test_codes_are_recognised_however_they_are_typed() -> None:
    stored = hashed("amber-apple-arrow-autumn-basket", "00ff")
    assert is_same("Amber apple ARROW, autumn – basket.", "00ff", stored)
    assert not is_same("amber-apple-arrow-autumn-bread", "00ff", stored)
    assert hashed("amber-apple-arrow-autumn-basket", "00fe") != stored
    assert len(set(WORDS)) == len(WORDS) == 64
