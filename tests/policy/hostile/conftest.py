# SPDX-License-Identifier: AGPL-3.0-or-later
"""The servers all scenarios of this package share; each has people and rooms of its own."""

from collections.abc import AsyncIterator

import pytest

from tests.policy.hostile.border import Border, Shared, open_border


@pytest.fixture(scope="package")
async def border(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Border]:
    """Give a homeserver and its two peers."""
    async with open_border(tmp_path_factory.mktemp("hostile")) as border:
        yield border


@pytest.fixture(scope="package")
async def shared(border: Border) -> Shared:
    """Give a room in which somebody of each peer stays."""
    return await border.shared()
