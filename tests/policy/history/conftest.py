# SPDX-License-Identifier: AGPL-3.0-or-later
"""A homeserver with the module, with both databases."""

import secrets
from collections.abc import AsyncIterator

import pytest

from tests.policy.history.bringing import MODULE, Client, World, bridge, bringer, puppets
from tests.support.postgres import PostgresServer
from tests.support.synapse import SynapseFactory, SynapseSettings


@pytest.fixture(
    scope="package", params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)]
)
def database(request: pytest.FixtureRequest) -> PostgresServer | None:
    """Where the homeserver keeps everything; SQLite if None."""
    if request.param == "sqlite":
        return None
    found: PostgresServer = request.getfixturevalue("postgres")
    return found


@pytest.fixture(scope="package")
async def world(
    database: PostgresServer | None, synapse_factory: SynapseFactory
) -> AsyncIterator[World]:
    """The same homeserver for all tests of this folder."""
    name = f"history_{secrets.token_hex(4)}"  # A folder may be set up more than once.
    url = None if database is None else await database.create_database(name)
    ours, acting, other = bridge(), puppets(), bridge("other", "o_")
    settings = SynapseSettings(
        registrations=[ours, acting, other],
        modules=[MODULE],
        database_url=url,
        # The same request a little later is to be answered anew.
        extra_config={"caches": {"sync_response_cache_duration": "0s"}},
    )
    async with (
        synapse_factory.running(settings) as server,
        bringer(server, ours, 3) as found,
        bringer(server, other, 1) as stranger,
    ):
        token = await server.register_user("reader", "pass reader")
        reader = Client(found.client.session, server.url, token)
        yield World(server, found, acting, reader, server.mxid("reader"), stranger)


@pytest.fixture(scope="package")
async def shared_room(world: World) -> str:
    """A room for tests that leave it as it is."""
    return await world.room()
