# SPDX-License-Identifier: AGPL-3.0-or-later
"""Which messages of a page are written, and which come another way."""

from hypothesis import given
from hypothesis import strategies as st

from bridges.core.history.store import Known, to_be_kept
from bridges.core.ids import MessageID
from bridges.core.storage.messages import milliseconds
from tests.core.history.town import past

PAGE = [past(number) for number in range(10)]
_NAMES = st.frozensets(st.integers(0, 9))


def _ids(numbers: frozenset[int] | set[int]) -> frozenset[MessageID]:
    return frozenset(MessageID(str(one)) for one in numbers)


def _kept(known: Known, since: int = 0) -> list[int]:
    return [int(one.message.id) for one in to_be_kept(PAGE, known, since)]


def test_all_of_a_chat_nobody_knows() -> None:
    assert _kept(Known()) == list(range(10))


def test_not_what_waits_in_the_queue_nor_what_comes_after_it() -> None:
    assert _kept(Known(waiting=_ids({7}))) == [0, 1, 2, 3, 4, 5, 6]


def test_what_came_through_the_queue_before_and_led_to_nothing() -> None:
    assert _kept(Known(waiting=_ids({7}), ended=_ids({8}))) == [0, 1, 2, 3, 4, 5, 6, 8]


def test_not_what_is_in_the_room() -> None:
    assert _kept(Known(ended=_ids({1, 2}), linked=_ids({2, 3}))) == [0, 1, 4, 5, 6, 7, 8, 9]


def test_not_what_is_older_than_the_room() -> None:
    assert _kept(Known(), milliseconds(PAGE[6].message.timestamp)) == [6, 7, 8, 9]


@given(_NAMES, _NAMES, _NAMES, st.integers(0, 9))
def test_nothing_twice_and_nothing_out_of_order(
    waiting: frozenset[int], ended: frozenset[int], linked: frozenset[int], since: int
) -> None:
    known = Known(_ids(waiting), _ids(ended - waiting), _ids(linked - waiting))
    kept = _kept(known, milliseconds(PAGE[since].message.timestamp))
    assert kept == sorted(set(kept))
    assert not set(kept) & (waiting | linked)
    unknown = set(range(since, min(waiting, default=10))) - linked
    assert unknown <= set(kept)
