# SPDX-License-Identifier: AGPL-3.0-or-later
"""Names that can be one person's, in the alphabets and spellings people use."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridges.contacts.people.names import distinct_names, may_be_one, name_words


def alike(one: str, other: str) -> bool:
    return may_be_one(name_words(one), name_words(other))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Нодира Мисолова", "Nodira Misolova"),
        ("Misolova Nodira", "nodira"),
        ("Хуршед", "Khurshed"),
        ("Хуршид", "Xurshid"),
        ("Жасур", "Jasur"),
        ("Юлия", "Yuliya"),
        ("Юлия", "Iuliia"),
        ("Ғайрат", "G‘ayrat"),
        ("Ўткир", "O'tkir"),
        ("Шаҳло", "Shakhlo"),
        ("Zoë", "Zoe"),
        ("Андрей", "Andrey"),
        ("Алёна", "Елена Алена"),
        ("Anna (work) 2", "Anna Work"),
    ],
)
def test_spellings_of_one_name(one: str, other: str) -> None:
    assert alike(one, other)
    assert alike(other, one)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Anna Example", "Boris Example"),
        ("Mum", "Nodira"),
        ("Ali Example", "Ali Sample"),
        ("Нодира", "Надира"),
        ("Anna", ""),
    ],
)
def test_different_names(one: str, other: str) -> None:
    assert not alike(one, other)


@pytest.mark.parametrize(
    "written", ["", "+992 92 700 00 01", "someone@contacts.example", "🐫", "--"]
)
def test_what_is_no_name(written: str) -> None:
    assert distinct_names([written]) == frozenset()


@given(st.text(max_size=60), st.text(max_size=60))
def test_no_text_is_a_problem(one: str, other: str) -> None:
    assert alike(one, other) == alike(other, one)
    assert name_words(one) == name_words(one.upper().lower()) or not one.isascii()
