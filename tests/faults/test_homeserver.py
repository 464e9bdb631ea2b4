# SPDX-License-Identifier: AGPL-3.0-or-later
"""The homeserver stops, dies, loses answers, or finds nobody at the other end."""

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from tests.faults.conftest import Report
from tests.faults.ledger import settle
from tests.faults.scene import Scene
from tests.support.synapse import SynapseServer
from tests.support.waiting import eventually

pytestmark = [pytest.mark.synapse, pytest.mark.slow]

MESSAGES = 40

Stop = Callable[[SynapseServer], Awaitable[None]]
STOPS = {"TERM": SynapseServer.terminate, "KILL": SynapseServer.kill}


@pytest.fixture(params=list(STOPS))
def stop(request: pytest.FixtureRequest) -> Stop:
    """How the homeserver goes down."""
    return STOPS[request.param]


async def test_r1_r2_a_transaction_is_in_flight_when_the_homeserver_goes(
    stage_set: Scene, stop: Stop, recovered: Report
) -> None:
    """Synapse forgets all it had queued in memory but the one transaction it sends again, late."""
    thread = await stage_set.thread()
    stage_set.push.blackhole()
    for number in range(MESSAGES):
        await thread.say(f"{number} in flight")
    await stop(stage_set.server)
    stage_set.push.drop()
    await stage_set.push.resume()
    await stage_set.server.start()
    recovered("from the restart of Synapse", await settle([thread]))


async def test_r1_both_ways_while_the_homeserver_goes_mid_stream(
    stage_set: Scene, stop: Stop, recovered: Report
) -> None:
    thread = await stage_set.thread()

    async def both(first: int) -> None:
        for number in range(first, first + MESSAGES):
            await thread.hear(f"{number} from the network")
            await thread.say(f"{number} from Matrix")

    talking = asyncio.create_task(both(0))
    await eventually(lambda: len(thread.to_network) > MESSAGES // 4)
    await stop(stage_set.server)
    await stage_set.server.start()
    await talking
    recovered("from the last message", await settle([thread]))


async def test_r4_two_people_say_the_same_at_the_same_time(stage_set: Scene) -> None:
    """Transaction ids count per room in Synapse, so they have to differ by sender."""
    nodira = await stage_set.driver.person("Nodira")
    thread = await stage_set.thread(nodira)
    await asyncio.gather(thread.hear("salom"), nodira.send(thread.chat, "salom"))
    ghosts = [stage_set.stage.ghost(one) for one in (stage_set.rustam, nodira)]
    user = stage_set.zarina.user
    await eventually(lambda: all("salom" in user.bodies(thread.room, one) for one in ghosts))
    assert [user.bodies(thread.room, one).count("salom") for one in ghosts] == [1, 1]


async def test_r5_r6_answers_are_lost_and_the_homeserver_dies(
    stage_set: Scene, recovered: Report
) -> None:
    """Synapse has stored the events; what is sent again after its restart is the same event."""
    thread = await stage_set.thread()
    stage_set.client.drop()
    stage_set.client.reset_after(0, "to_client")
    for number in range(5):
        await thread.hear(f"{number} without an answer")
    await stage_set.zarina.user.wait_message("0 without an answer", thread.room)
    await stage_set.server.kill()
    await stage_set.server.start()
    await stage_set.client.resume()
    recovered("from the restart of Synapse", await settle([thread]))


async def test_r7_the_bridge_has_stored_what_it_could_not_answer(
    stage_set: Scene, recovered: Report
) -> None:
    thread = await stage_set.thread()
    stage_set.push.drop()
    stage_set.push.reset_after(0, "to_client")
    before = stage_set.push.resets
    for number in range(10):
        await thread.say(f"{number} stored, not answered")
    await eventually(lambda: stage_set.push.resets >= before + 2, 60)
    await stage_set.push.resume()
    recovered("from the first answer that went through", await settle([thread]))


async def test_r8_the_bridge_is_away_for_a_while(stage_set: Scene, recovered: Report) -> None:
    thread = await stage_set.thread()
    await stage_set.bridge.kill()
    for number in range(60):
        await thread.say(f"{number} while you were away")
    await asyncio.sleep(10)  # Synapse retries less and less often.
    await stage_set.bridge.start()
    recovered("from readiness", await settle([thread], 20))


async def test_the_line_to_the_homeserver_is_cut_again_and_again(
    stage_set: Scene, recovered: Report
) -> None:
    thread = await stage_set.thread()
    for number in range(20):
        await thread.hear(f"{number} from the network")
        await thread.say(f"{number} from Matrix")
        if number % 4 == 0:
            stage_set.client.drop()
            stage_set.push.drop()
    recovered("from the last message", await settle([thread]))
