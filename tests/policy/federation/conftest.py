# SPDX-License-Identifier: AGPL-3.0-or-later
"""The servers all scenarios of this package share; each has people and rooms of its own."""

from collections.abc import AsyncIterator

import pytest

from tests.policy.federation.world import World, three_servers


@pytest.fixture(scope="package")
async def world(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[World]:
    """Three running homeservers; nobody is allowed at the start."""
    async with three_servers(tmp_path_factory.mktemp("three")) as world:
        yield world
