# SPDX-License-Identifier: AGPL-3.0-or-later
"""`eventually` polls, returns what it found, and explains what it did not find."""

import pytest

from tests.support.waiting import eventually


async def test_it_returns_the_first_truthy_value() -> None:
    answers = iter([0, 0, 7])
    assert await eventually(lambda: next(answers), timeout=5) == 7


async def test_it_awaits_async_conditions() -> None:
    answers = iter([False, True])

    async def condition() -> bool:
        return next(answers)

    assert await eventually(condition, timeout=5)


async def test_it_tells_what_was_seen() -> None:
    with pytest.raises(TimeoutError, match="waited 0 s for 3 rows, found 2"):
        await eventually(lambda: False, timeout=0, describe=lambda: "3 rows, found 2")


async def test_an_error_of_the_condition_goes_through() -> None:
    def broken() -> bool:
        raise LookupError("no such table")

    with pytest.raises(LookupError, match="no such table"):
        await eventually(broken)
