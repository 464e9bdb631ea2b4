# SPDX-License-Identifier: AGPL-3.0-or-later
"""Deaths of the bridge at a chosen step of what it does, and the recovery after them."""

from collections import Counter
from collections.abc import Awaitable, Callable, Sequence

from tests.faults.ledger import Thread, settle
from tests.faults.scene import Scene
from tests.support.waiting import eventually

PATIENCE = 60.0
SETTLED = 15
"""Looks in a row at which all was there, before a message counts as through."""

Deed = Callable[[], Awaitable[Thread]]
"""Says something; returns the thread it was said in."""


async def steps_of(scene: Scene, deed: Deed) -> Sequence[tuple[str, int]]:
    """The names of the steps the bridge takes for a deed; equal ones are numbered from 1."""
    scene.bridge.order()
    assert not await _died(scene, await deed())
    counted = Counter(scene.bridge.steps())
    return [(name, nth) for name, times in counted.items() for nth in range(1, times + 1)]


async def die_at(scene: Scene, deed: Deed, name: str, nth: int = 1) -> float | None:
    """Let the bridge die at a step of a deed, start it again, and check.

    Returns the seconds from readiness until all was there; None if the step did not come this time.
    """
    scene.bridge.order(name, nth)
    thread = await deed()
    if not await _died(scene, thread):
        return None
    await scene.bridge.start()
    try:
        seconds = await settle([thread], PATIENCE)
        await thread.hear("are you there?")
        await thread.say("I am here")
        await settle([thread], PATIENCE)
    except AssertionError as error:
        error.add_note(f"The bridge runs: {scene.bridge.running}\n{scene.bridge.tail()}")
        raise
    assert not scene.bridge.unhandled()
    return seconds


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
    return not await bridge.spared()
