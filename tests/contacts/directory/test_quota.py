# SPDX-License-Identifier: AGPL-3.0-or-later
"""Limits of comparing, at their borders and in any sequence."""

from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from bridges.contacts.directory.quota import Allowance, Charge, Limits, allowance
from tests.contacts.directory.making import START

DAY = timedelta(days=1)
INSTANT = timedelta(milliseconds=1)
LIMITS = Limits()
SMALL = Limits(whole=20, added=20)


def test_a_whole_book_has_ten_days() -> None:
    assert allowance([[]], 20_000, 0, START, LIMITS) == Allowance(20_000)
    full = [Charge(START, 20_000, whole=True)]
    for moment in (START + DAY, START + 10 * DAY - INSTANT):
        assert allowance([full], 1, 0, moment, LIMITS) == Allowance(0, START + 10 * DAY)
    assert allowance([full], 1, 0, START + 10 * DAY, LIMITS) == Allowance(1)


def test_what_does_not_fit_at_first_goes_on_the_next_day() -> None:
    assert allowance([[]], 30_000, 0, START, LIMITS) == Allowance(20_000, START + DAY)
    charged = [Charge(START, 20_000, whole=True)]
    assert allowance([charged], 10_000, 20_000, START + DAY - INSTANT, LIMITS) == Allowance(
        0, START + DAY
    )
    assert allowance([charged], 10_000, 20_000, START + DAY, LIMITS) == Allowance(10_000)


def test_additions_have_a_day() -> None:
    charged = [Charge(START, 19_999, whole=False)]
    later = START + timedelta(hours=3)
    assert allowance([charged], 1, 50_000, later, LIMITS) == Allowance(1)
    assert allowance([charged], 2, 50_000, later, LIMITS) == Allowance(1, START + DAY)
    assert allowance([charged], 2, 50_000, START + DAY, LIMITS) == Allowance(2)


def test_to_begin_with_one_contact_makes_the_others_no_addition() -> None:
    used = [Charge(START, 20_000, whole=True)]
    later = START + 2 * DAY
    assert allowance([used], 20_000, 1, later, LIMITS) == Allowance(0, START + 10 * DAY)


def test_every_account_pays() -> None:
    used = [Charge(START, 15_000, whole=False)]
    assert allowance([[], used], 9_000, 50_000, START, LIMITS).amount == 5_000


attempts = st.lists(
    st.tuples(st.integers(0, 60), st.integers(0, 60), st.integers(0, 72)), max_size=40
)


@given(attempts)
def test_no_window_ever_holds_more(sequence: list[tuple[int, int, int]]) -> None:
    now, charges = START, list[Charge]()
    for new, kept, hours in sequence:
        now += timedelta(hours=hours)
        found = allowance([charges], new, kept, now, SMALL)
        assert 0 <= found.amount <= new
        assert (found.more_at is None) == (found.amount == new)
        if found.amount:
            charges.append(Charge(now, found.amount, SMALL.is_whole(new, kept)))
        for end in charges:
            recent = [one for one in charges if end.at - DAY < one.at <= end.at]
            assert sum(one.amount for one in recent) <= 20
            wholes = [one for one in charges if one.whole and end.at - 10 * DAY < one.at <= end.at]
            assert sum(one.amount for one in wholes) <= 20


@given(attempts, st.integers(1, 60), st.integers(0, 60))
def test_when_it_goes_on_is_told_rightly(
    sequence: list[tuple[int, int, int]], new: int, kept: int
) -> None:
    now, charges = START, list[Charge]()
    for size, before, hours in sequence:
        now += timedelta(hours=hours)
        if amount := allowance([charges], size, before, now, SMALL).amount:
            charges.append(Charge(now, amount, SMALL.is_whole(size, before)))
    found = allowance([charges], new, kept, now, SMALL)
    if found.more_at is None:
        return
    if found.amount:
        charges.append(Charge(now, found.amount, SMALL.is_whole(new, kept)))
    left, has = new - found.amount, kept + found.amount
    assert allowance([charges], left, has, found.more_at, SMALL).amount > 0
    if found.more_at > now:
        too_early = max(now, found.more_at - INSTANT)
        assert allowance([charges], left, has, too_early, SMALL).amount == 0
