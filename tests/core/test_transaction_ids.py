# SPDX-License-Identifier: AGPL-3.0-or-later
"""Transaction ids: equal for the same thing, different for everything else."""

import re

from hypothesis import assume, given
from hypothesis import strategies as st

from bridges.core.matrix.transaction_ids import transaction_id

parts = st.lists(st.text(max_size=6) | st.integers(), max_size=5)


@given(parts, parts)
def test_other_parts_give_another_id(one: list[str | int], other: list[str | int]) -> None:
    assume([str(part) for part in one] != [str(part) for part in other])
    assert transaction_id(*one) != transaction_id(*other)


@given(st.text(max_size=20), st.data())
def test_where_a_text_is_cut_into_parts_counts(text: str, data: st.DataObject) -> None:
    first, second = (data.draw(st.integers(0, len(text))) for _ in range(2))
    assume(first != second)
    assert transaction_id(text[:first], text[first:]) != transaction_id(
        text[:second], text[second:]
    )


@given(parts)
def test_the_same_parts_always_give_the_same_id_and_it_fits_into_a_path(
    some: list[str | int],
) -> None:
    txn = transaction_id(*some)
    assert txn == transaction_id(*some)
    assert re.fullmatch(r"k[0-9a-f]{40}", txn)


def test_ids_do_not_change_between_releases() -> None:
    """A release that changed them would send what is under way a second time."""
    assert (
        transaction_id("karvon-telegram", "chat", 1) == "kcb524293479e7634dea6b662d047d76586601263"
    )
