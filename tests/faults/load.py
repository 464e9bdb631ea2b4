# SPDX-License-Identifier: AGPL-3.0-or-later
"""Traffic in many chats both ways, while things die."""

import asyncio
import random
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from tests.faults.ledger import Thread, settle
from tests.faults.scene import Scene
from tests.support.waiting import eventually

PAUSE = 0.02
"""Seconds between two messages of one chat in one direction."""

Death = Callable[[], Awaitable[None]]
"""Has something die and come back."""

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

    async def bridge_dies() -> None:
        await scene.bridge.kill()
        await scene.bridge.start()

    async def homeserver_stops_once() -> None:
        scene.push.blackhole()
        enough = min(_count(threads) + IN_FLIGHT, chats + 2 * messages)
        await eventually(lambda: _count(threads) >= enough, patience, "more messages")
        await _end_homeserver(scene)

    deaths: list[Death] = [bridge_dies] * bridge_deaths
    deaths += [homeserver_stops_once] * homeserver_stops
    random.Random(seed).shuffle(deaths)
    seconds = await talk(threads, messages, deaths, patience)
    assert not scene.bridge.unhandled()
    return seconds


async def talk(
    threads: Sequence[Thread], messages: int, deaths: Sequence[Death], patience: float
) -> float:
    """Send `messages` each way, spread over chats, with the deaths spread over them; check it all.

    Returns the seconds from the last message until all were there.
    """
    each = messages // len(threads)
    talking = asyncio.gather(
        *(_hear(thread, each) for thread in threads), *(_say(thread, each) for thread in threads)
    )
    try:
        for number, death in enumerate(deaths, 1):
            wanted = 2 * messages * number // (len(deaths) + 1)
            await eventually(_when(talking, threads, wanted), patience, f"message {wanted}")
            await death()
        await talking
    finally:
        talking.cancel()
    return await settle(threads, patience)


async def _end_homeserver(scene: Scene) -> None:
    """Stop it while a transaction is on its way, and start it again."""
    await scene.server.terminate()
    scene.push.drop()
    await scene.push.resume()
    await scene.server.start()


def _when(
    talking: asyncio.Future[Any], threads: Sequence[Thread], wanted: int
) -> Callable[[], bool]:
    """Whether so much was said, or there is nothing more to come."""
    return lambda: talking.done() or _count(threads) >= wanted


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
