# SPDX-License-Identifier: AGPL-3.0-or-later
"""Trying numbers reveals nobody who does not list the one who tries. ``enumerate`` does it with a million."""

import pytest

from bridges.contacts.directory.quota import Limits
from tests.contacts.directory.enumerate import NO_LIMITS, Found, try_all
from tests.contacts.directory.making import opened


def reveals_only_who_may_be_known(found: Found) -> None:
    here = found.residents
    assert len(here.everybody) >= 50
    assert here.acquainted
    assert here.public
    assert found.revealed == here.acquainted | here.public


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_without_limits(database_url: str) -> None:
    async with opened(database_url) as database:
        found = await try_all(database, 4_000, NO_LIMITS, at_once=1_000)
    reveals_only_who_may_be_known(found)
    assert found.days == 0


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_with_limits_it_takes_the_days_they_say(database_url: str) -> None:
    async with opened(database_url) as database:
        found = await try_all(database, 1_000, Limits(whole=100, added=100), at_once=100)
    reveals_only_who_may_be_known(found)
    assert found.days == 9
