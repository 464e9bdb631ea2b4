# SPDX-License-Identifier: AGPL-3.0-or-later
"""The ledger sees whatever is lost, doubled, out of order, changed or said by nobody."""

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from tests.soak.book import Line, Shown, complaints


def lines(*texts: str) -> list[Line]:
    return [Line(text, 0.0) for text in texts]


def shown(*texts: str) -> list[Shown]:
    return [Shown(str(number), text) for number, text in enumerate(texts)]


@given(st.lists(st.text(min_size=1), unique=True))
def test_what_is_as_it_was_said_is_well(texts: list[str]) -> None:
    assert complaints(lines(*texts), shown(*texts)) == []


@pytest.mark.parametrize(
    ("there", "complaint"),
    [
        (["a", "c"], "lost: 'b'"),
        (["a", "b", "b", "c"], "there 2 times: 'b'"),
        (["a", "c", "b"], "out of order: 'c' where 'b' should be"),
        (["a", "b", "c", "d"], "nobody said: 'd'"),
    ],
)
def test_what_is_wrong_is_told(there: list[str], complaint: str) -> None:
    assert complaints(lines("a", "b", "c"), shown(*there)) == [complaint]


@given(st.lists(st.text(min_size=1), unique=True, min_size=1), st.randoms())
def test_any_loss_or_disorder_is_seen(texts: list[str], random: st.DataObject) -> None:
    spoilt = list(texts)
    random.shuffle(spoilt)  # type: ignore[attr-defined]
    spoilt = spoilt[:-1] if spoilt == texts else spoilt
    assert complaints(lines(*texts), shown(*spoilt))


def test_what_was_deleted_must_be_gone() -> None:
    said = lines("a", "b")
    said[1].deleted = True
    assert complaints(said, shown("a")) == []
    assert complaints(said, shown("a", "b")) == ["still there: 'b'"]


def test_answers_and_reactions_are_compared() -> None:
    said = lines("a", "b")
    said[1].answers, said[0].reaction = "x", "👍"
    right = [
        Shown("1", "a", reactions=frozenset({"👍"})),
        Shown("2", "b", answers="x"),
    ]
    assert complaints(said, right) == []
    assert complaints(said, [right[0], evolve(right[1], answers=None)])
    assert complaints(said, [evolve(right[0], reactions=frozenset()), right[1]])
