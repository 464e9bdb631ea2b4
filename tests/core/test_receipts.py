# SPDX-License-Identifier: AGPL-3.0-or-later
"""Reading receipts of the homeserver, some of which come from elsewhere."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from bridges.core.matrix.receipts import public_receipts

ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["m.read", "m.read.private", "ts", "$1", "@a:b"]), inner, max_size=4
        )
    ),
    max_leaves=15,
)


def test_they_come_in_the_order_they_were_given() -> None:
    content = {
        "$late": {"m.read": {"@zarina:home.test": {"ts": 20, "thread_id": "$root"}}},
        "$early": {"m.read": {"@zarina:home.test": {"ts": 10}, "@rustam:home.test": {}}},
    }
    assert [(one.event, one.reader, one.given_at) for one in public_receipts(content)] == [
        ("$early", "@rustam:home.test", 0),
        ("$early", "@zarina:home.test", 10),
        ("$late", "@zarina:home.test", 20),
    ]


def test_private_ones_are_left_out() -> None:
    assert public_receipts({"$1": {"m.read.private": {"@zarina:home.test": {"ts": 1}}}}) == []


def test_nor_can_a_database_look_for_everything() -> None:
    assert public_receipts({"$\0": {"m.read": {"@zarina:home.test": {"ts": 1}}}}) == []


@given(ANYTHING)
def test_whatever_it_is(content: Any) -> None:
    found = public_receipts(content)
    assert [one.given_at for one in found] == sorted(one.given_at for one in found)
    assert all(one.given_at >= 0 for one in found)
