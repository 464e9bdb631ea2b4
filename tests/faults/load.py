# SPDX-License-Identifier: AGPL-3.0-or-later
"""Traffic in many chats both ways, while things die."""

import asyncio
import random
from collections.abc import Sequence

from tests.faults.ledger import Thread, settle
from tests.faults.scene import Scene
from tests.support.waiting import eventually

PAUSE = 0.02
"""Seconds between two messages of one chat in one direction."""

IN_FLIGHT = 20
"""Messages that are said while the homeserver's push hangs, before it stops."""


async def talk_while_dying(
    scene: Scene,
    *,
    chats: int,
    messages: int,
    bridge_deaths: int,
    homeserver_stops: int,
    seed: int,
    patience: float,
) -> float:
    """Send `messages` each way in so many chats, and kill; check it all.

    Returns the seconds from the last message until all were there.
    """
    threads = [await scene.thread() for _ in range(chats)]
    choice = random.Random(seed)
    dying = ["bridge"] * bridge_deaths + ["homeserver"] * homeserver_stops
    choice.shuffle(dying)
    each = messages // chats
    talking = asyncio.gather(
        *(_hear(thread, each) for thread in threads), *(_say(thread, each) for thread in threads)
    )

    async def said(wanted: int) -> None:
        await eventually(
            lambda: talking.done() or _count(threads) >= wanted, patience, f"message {wanted}"
        )

    try:
        for number, victim in enumerate(dying, 1):
            await said(2 * messages * number // (len(dying) + 1))
            if victim == "bridge":
                await scene.bridge.kill()
                await scene.bridge.start()
            else:
                scene.push.blackhole()
                await said(_count(threads) + IN_FLIGHT)
                await _end_homeserver(scene)
        await talking
    finally:
        talking.cancel()
    seconds = await settle(threads, patience)
    assert not scene.bridge.unhandled()
    return seconds


async def _end_homeserver(scene: Scene) -> None:
    """Stop it while a transaction is on its way, and start it again."""
    await scene.server.terminate()
    scene.push.drop()
    await scene.push.resume()
    await scene.server.start()


def _count(threads: Sequence[Thread]) -> int:
    return sum(len(one.to_matrix) + len(one.to_network) for one in threads)


async def _hear(thread: Thread, count: int) -> None:
    for number in range(count):
        await thread.hear(f"{number} from the network")
        await asyncio.sleep(PAUSE)


async def _say(thread: Thread, count: int) -> None:
    for number in range(count):
        await thread.say(f"{number} from Matrix")
        await asyncio.sleep(PAUSE)
