# SPDX-License-Identifier: AGPL-3.0-or-later
"""A short version of the fault suite (`make faults`): nothing lost, nothing doubled, order kept."""

import asyncio
import itertools
from collections.abc import AsyncIterator

import pytest

from tests.faults.deaths import die_at
from tests.faults.ledger import Thread, settle
from tests.faults.load import talk_while_dying
from tests.faults.scene import Scene, scene
from tests.support.synapse import SynapseFactory
from tests.support.waiting import eventually

pytestmark = pytest.mark.synapse


HISTORY_STEPS = [
    "after TelegramSession.history",
    "before Homeserver.set_push_rule",
    "after Homeserver.send",
    "after TelegramSession.read_marks",
]


@pytest.fixture(scope="module")
async def stage_set(
    synapse_factory: SynapseFactory, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Scene]:
    """One scene for all of these, which looks for missed events often."""
    folder = tmp_path_factory.mktemp("nothing-lost")
    async with scene(
        synapse_factory, folder, reconcile_interval=5.0, old_friends=2 * len(HISTORY_STEPS)
    ) as running:
        yield running


async def test_r1_the_homeserver_dies_with_a_transaction_in_flight(stage_set: Scene) -> None:
    thread = await stage_set.thread()
    stage_set.push.blackhole()
    for number in range(40):
        await thread.say(f"{number} in flight")
    await stage_set.server.kill()
    stage_set.push.drop()
    await stage_set.push.resume()
    await stage_set.server.start()
    await settle([thread])


async def test_r4_two_people_say_the_same_at_the_same_time(stage_set: Scene) -> None:
    nodira = await stage_set.driver.person("Nodira")
    thread = await stage_set.thread(nodira)
    await asyncio.gather(thread.hear("salom"), nodira.send(thread.chat, "salom"))
    ghosts = [stage_set.stage.ghost(one) for one in (stage_set.rustam, nodira)]
    user = stage_set.zarina.user
    await eventually(lambda: all("salom" in user.bodies(thread.room, one) for one in ghosts))
    assert [user.bodies(thread.room, one).count("salom") for one in ghosts] == [1, 1]


async def test_r5_r6_answers_are_lost_and_the_homeserver_dies(stage_set: Scene) -> None:
    thread = await stage_set.thread()
    stage_set.client.drop()
    stage_set.client.reset_after(0, "to_client")
    await thread.hear("without an answer")
    await stage_set.zarina.user.wait_message("without an answer", thread.room)
    await stage_set.server.kill()
    await stage_set.server.start()
    await stage_set.client.resume()
    await settle([thread])


async def test_r7_the_bridge_has_stored_what_it_could_not_answer(stage_set: Scene) -> None:
    thread = await stage_set.thread()
    stage_set.push.drop()
    stage_set.push.reset_after(0, "to_client")
    before = stage_set.push.resets
    await thread.say("stored, not answered")
    await eventually(lambda: stage_set.push.resets >= before + 2, 60)
    await stage_set.push.resume()
    await settle([thread])


@pytest.mark.parametrize(
    "step",
    ["after a commit", "before Homeserver.send", "after Homeserver.send"],
)
async def test_kill_9_on_the_way_into_a_room(stage_set: Scene, step: str) -> None:
    thread = await stage_set.thread()

    async def deed() -> Thread:
        await thread.hear("from the network")
        return thread

    assert await die_at(stage_set, deed, step) is not None


@pytest.mark.parametrize("step", ["before Homeserver.create_room", "after Homeserver.create_room"])
async def test_kill_9_while_a_room_is_made(stage_set: Scene, step: str) -> None:
    assert await die_at(stage_set, stage_set.first_words, step) is not None


@pytest.mark.parametrize("step", HISTORY_STEPS)
async def test_kill_9_while_a_history_is_brought_in(stage_set: Scene, step: str) -> None:
    assert await die_at(stage_set, stage_set.hello_again, step) is not None


@pytest.mark.parametrize(
    "step",
    [
        "after Inbox.take",
        "before TelegramSession.send",
        "after TelegramSession.send",
    ],
)
async def test_kill_9_on_the_way_to_the_network(stage_set: Scene, step: str) -> None:
    thread = await stage_set.thread()
    texts = (f"{number} from Matrix" for number in itertools.count())

    async def deed() -> Thread:
        await thread.say(next(texts))
        return thread

    assert await die_at(stage_set, deed, step) is not None


async def test_a_hundred_each_way_while_everything_dies(stage_set: Scene) -> None:
    await talk_while_dying(
        stage_set,
        chats=5,
        messages=100,
        bridge_deaths=2,
        homeserver_stops=1,
        seed=20300101,
        patience=60,
    )
