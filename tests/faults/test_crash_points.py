# SPDX-License-Identifier: AGPL-3.0-or-later
"""kill -9 of the bridge between any two steps, in both directions.

For each way a message can take, a first run notes the steps of the bridge; then it is walked again once
per step, and the bridge dies there.
"""

import itertools
from collections import Counter
from collections.abc import Awaitable, Callable

import pytest

from tests.faults.conftest import Report
from tests.faults.ledger import Thread, settle
from tests.faults.scene import Scene
from tests.support.waiting import eventually

pytestmark = [pytest.mark.synapse, pytest.mark.slow]

PATIENCE = 30.0
SETTLED = 15
"""Looks in a row at which all was there, before a message counts as through."""

RECEIVED = {"before Bridge.receive", "before a commit", "after a commit", "after Bridge.receive"}
TAKEN = {"before Inbox.take", "before a commit", "after a commit", "after Inbox.take"}
SENT_TO_ROOM = {"before Homeserver.send", "after Homeserver.send"}
SENT_TO_NETWORK = {"before TelegramSession.send", "after TelegramSession.send"}
GHOST_MADE = {
    f"{when} Homeserver.{what}"
    for when in ("before", "after")
    for what in ("register", "create_device", "set_displayname")
}
ROOM_MADE = {
    f"{when} Homeserver.{what}"
    for when in ("before", "after")
    for what in ("create_room", "join", "set_state")
} | {"before Database.execute", "after Database.execute"}

Deed = Callable[[], Awaitable[Thread]]
"""Says something; returns the thread it was said in."""


async def _die_at_every_step(scene: Scene, deed: Deed, recovered: Report) -> set[str]:
    """Repeat the deed with a death at each of its steps; returns the names of the steps."""
    scene.bridge.order()
    assert not await _died(scene, await deed())
    deaths = set()
    for name, times in Counter(scene.bridge.disarm()).items():
        for nth in range(1, times + 1):
            scene.bridge.order(name, nth)
            thread = await deed()
            if not await _died(scene, thread):
                scene.bridge.disarm()  # It came less often this time.
                continue
            deaths.add(name)
            recovered(f"{name} ({nth})", await _recover(scene, thread))
    return deaths


async def _died(scene: Scene, thread: Thread) -> bool:
    """Whether the bridge died of what was said; False once it is through and all is quiet."""
    bridge, settled = scene.bridge, 0

    async def decided() -> bool:
        nonlocal settled
        if not bridge.running:
            return True
        settled = settled + 1 if await thread.arrived() else 0
        return settled == SETTLED

    await eventually(decided, PATIENCE, lambda: f"an end; {bridge.tail()}", interval=0.1)
    return not bridge.running


async def _recover(scene: Scene, thread: Thread) -> float:
    """Start the bridge again; returns the seconds until what was under way is there."""
    await scene.bridge.start()
    seconds = await settle([thread], PATIENCE)
    await thread.hear("are you there?")
    await thread.say("I am here")
    await settle([thread], PATIENCE)
    assert not scene.bridge.unhandled()
    return seconds


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
