# SPDX-License-Identifier: AGPL-3.0-or-later
"""What passes is waited out, the rest is somebody else's."""

import sqlite3
from collections.abc import Awaitable, Callable

import pytest

from bridges.core.matrix.errors import HomeserverUnavailable
from bridges.guide.matrix.errors import GuideUnavailable, LoggedOut
from bridges.guide.persevering import PASSING, persevere
from tests.support.clock import HastyClock

CLOCK = HastyClock(10_000)


def steps(
    *outcomes: bool | Exception,
) -> tuple[list[bool | Exception], Callable[[], Awaitable[bool]]]:
    """What is left of some outcomes, and what brings them about one after the other."""
    left = list(outcomes)

    async def step() -> bool:
        outcome = left.pop(0)
        if isinstance(outcome, Exception):
            raise outcome
        return outcome

    return left, step


@pytest.mark.parametrize(
    "fault",
    [GuideUnavailable("gone"), HomeserverUnavailable("gone"), sqlite3.OperationalError("locked")],
)
async def test_a_step_is_taken_again_until_nothing_is_left(fault: Exception) -> None:
    assert isinstance(fault, PASSING)
    left, step = steps(True, fault, fault, True, False, True)
    await persevere(step, CLOCK)
    assert left == [True]


async def test_who_is_logged_out_does_no_more() -> None:
    left, step = steps(True, LoggedOut("elsewhere"), True)
    await persevere(step, CLOCK)
    assert left == [True]


async def test_what_nobody_has_thought_of_is_not_hidden() -> None:
    left, step = steps(ValueError("what is this"), True)
    with pytest.raises(ValueError, match="what is this"):
        await persevere(step, CLOCK)
    assert left == [True]
