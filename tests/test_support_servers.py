# SPDX-License-Identifier: AGPL-3.0-or-later
"""The servers that other tests stand on work: PostgreSQL, Synapse, and people on it."""

import pytest

from tests.support.people import People
from tests.support.synapse import SynapseFactory, SynapseSettings


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def settings(request: pytest.FixtureRequest) -> SynapseSettings:
    if request.param == "sqlite":
        return SynapseSettings()
    return SynapseSettings(database_url=request.getfixturevalue("postgres_url"))


@pytest.mark.synapse
async def test_a_user_talks_to_itself_across_a_kill_of_the_homeserver(
    synapse_factory: SynapseFactory, settings: SynapseSettings, people: People
) -> None:
    async with synapse_factory.running(settings) as server:
        zarina = await people.join(server, "zarina")
        room = await zarina.create_room(name="Notes")
        await zarina.say(room, "bread", html="<b>bread</b>")
        await zarina.wait_message("bread", room)
        await server.kill()
        assert not server.running
        await server.restart()
        sent = await zarina.say(room, "milk")
        seen = await zarina.wait_message("milk", room)
        assert seen["event_id"] == sent
        assert zarina.bodies(room) == ["bread", "milk"]
        await server.restart()
        await zarina.say(room, "tea")
        await zarina.wait_message("tea", room)


@pytest.mark.synapse
async def test_rooms_have_the_chosen_version(
    synapse_factory: SynapseFactory, people: People
) -> None:
    async with synapse_factory.running(SynapseSettings(room_version="11")) as server:
        farid = await people.join(server, "farid")
        room = await farid.create_room()
        create = await farid.wait_for(lambda event: event["type"] == "m.room.create", room)
        assert room.endswith(f":{server.server_name}")
        assert create["content"]["room_version"] == "11"
