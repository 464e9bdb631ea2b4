# SPDX-License-Identifier: AGPL-3.0-or-later
"""kill -9 of the bridge between any two steps, in both directions.

For each way a message can take, a first run notes the steps of the bridge; then it is walked again once
per step, and the bridge dies there.
"""

import itertools
from pathlib import Path

import pytest

from tests.faults.conftest import Report
from tests.faults.deaths import Deed, die_at, steps_of
from tests.faults.ledger import Thread
from tests.faults.scene import Scene, scene
from tests.support.synapse import SynapseFactory

pytestmark = [pytest.mark.synapse, pytest.mark.slow]

RECEIVED = {"before Bridge.receive", "before a commit", "after a commit", "after Bridge.receive"}
TAKEN = {"before Inbox.take", "before a commit", "after a commit", "after Inbox.take"}
SENT_TO_ROOM = {"before Homeserver.send", "after Homeserver.send"}
SENT_TO_NETWORK = {"before TelegramSession.send", "after TelegramSession.send"}
GHOST_MADE = {
    f"{when} Homeserver.{what}"
    for when in ("before", "after")
    for what in ("register", "create_device", "set_displayname")
}
HISTORIES = 110
"""At least as many as there are steps."""

HISTORY_READ = {
    f"{when} {what}"
    for when in ("before", "after")
    for what in (
        "TelegramSession.history",
        "TelegramSession.read_marks",
        "Homeserver.set_push_rule",
        "Homeserver.read",
    )
}
ROOM_MADE = {
    f"{when} Homeserver.{what}"
    for when in ("before", "after")
    for what in ("create_room", "join", "set_state")
} | {"before Database.execute", "after Database.execute"}


async def _die_at_every_step(
    scene: Scene, deed: Deed, recovered: Report, besides: str = "nothing"
) -> set[str]:
    """Repeat the deed with a death at each of its steps; returns the names of the steps.

    Steps with `besides` in their names are passed over.
    """
    deaths = set()
    for name, nth in await steps_of(scene, deed):
        if besides in name:
            continue
        seconds = await die_at(scene, deed, name, nth)
        if seconds is not None:
            deaths.add(name)
            recovered(f"{name} ({nth})", seconds)
    return deaths


async def test_from_the_network_into_a_room(stage_set: Scene, recovered: Report) -> None:
    thread = await stage_set.thread()
    texts = (f"{number} from the network" for number in itertools.count())

    async def deed() -> Thread:
        await thread.hear(next(texts))
        return thread

    assert await _die_at_every_step(stage_set, deed, recovered) >= RECEIVED | SENT_TO_ROOM


async def test_from_a_room_to_the_network(stage_set: Scene, recovered: Report) -> None:
    thread = await stage_set.thread()
    texts = (f"{number} from Matrix" for number in itertools.count())

    async def deed() -> Thread:
        await thread.say(next(texts))
        return thread

    assert await _die_at_every_step(stage_set, deed, recovered) >= TAKEN | SENT_TO_NETWORK


async def test_the_first_message_of_a_group_that_has_no_room_yet(
    stage_set: Scene, recovered: Report
) -> None:
    async def deed() -> Thread:
        return await stage_set.first_words()

    assert (
        await _die_at_every_step(stage_set, deed, recovered) >= RECEIVED | ROOM_MADE | SENT_TO_ROOM
    )


async def test_the_first_message_of_somebody_nobody_knows_yet(
    stage_set: Scene, recovered: Report
) -> None:
    """A direct chat: the ghost is registered and named too."""

    async def deed() -> Thread:
        return await stage_set.first_words_of_a_stranger()

    assert (
        await _die_at_every_step(stage_set, deed, recovered)
        >= RECEIVED | GHOST_MADE | ROOM_MADE | SENT_TO_ROOM
    )


async def test_what_was_written_on_the_own_phone(stage_set: Scene, recovered: Report) -> None:
    """Shown as the resident's own, and not taken for the echo of what the bridge has sent."""
    thread = await stage_set.thread()
    texts = (f"{number} from my phone" for number in itertools.count())

    async def deed() -> Thread:
        await thread.say_by_phone(next(texts))
        return thread

    assert await _die_at_every_step(stage_set, deed, recovered) >= RECEIVED | SENT_TO_ROOM


async def test_the_history_of_a_chat_that_has_no_room_yet(
    synapse_factory: SynapseFactory, tmp_path: Path, recovered: Report
) -> None:
    """It is read, kept and written before what is said now, and nobody is woken by it."""
    async with scene(synapse_factory, tmp_path, old_friends=HISTORIES) as running:
        # What the homeserver tells of all this is another way, which is tested elsewhere.
        passed = await _die_at_every_step(running, running.hello_again, recovered, "Inbox")
    assert passed >= RECEIVED | ROOM_MADE | SENT_TO_ROOM | HISTORY_READ


async def test_a_group_that_becomes_a_supergroup(stage_set: Scene, recovered: Report) -> None:
    """It goes on in its room, with everything that was and is said."""
    ready: list[Thread] = []

    async def deed() -> Thread:
        thread = ready.pop()
        await stage_set.move(thread)
        return thread

    ready.append(await stage_set.small_thread())
    deaths = set()
    for name, nth in await steps_of(stage_set, deed):
        ready.append(await stage_set.small_thread())
        seconds = await die_at(stage_set, deed, name, nth)
        if seconds is not None:
            deaths.add(name)
            recovered(f"{name} ({nth})", seconds)
    assert deaths >= RECEIVED | SENT_TO_ROOM | {"before Homeserver.set_state"}


async def test_the_first_message_in_a_topic_of_a_forum_nobody_knows_yet(
    stage_set: Scene, recovered: Report
) -> None:
    """The space comes first, then the topic's room in it."""
    passed = await _die_at_every_step(
        stage_set, stage_set.first_words_in_a_topic, recovered, "Inbox"
    )
    assert passed >= RECEIVED | ROOM_MADE | SENT_TO_ROOM
