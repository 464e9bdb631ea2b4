# SPDX-License-Identifier: AGPL-3.0-or-later
"""The same with PostgreSQL beneath our homeserver."""

from collections.abc import AsyncIterator

import pytest

from tests.policy.federation.scenarios import hears_nothing_more_through_a_friend
from tests.policy.federation.world import World, three_servers
from tests.support.postgres import PostgresServer

pytestmark = [pytest.mark.synapse, pytest.mark.postgres]


@pytest.fixture
async def world_on_postgres(
    postgres: PostgresServer, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[World]:
    url = await postgres.create_database("border")
    async with three_servers(tmp_path_factory.mktemp("border"), url) as world:
        yield world


async def test_a_removed_server_hears_nothing_more_through_a_friend(
    world_on_postgres: World,
) -> None:
    await hears_nothing_more_through_a_friend(world_on_postgres)
