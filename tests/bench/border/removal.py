# SPDX-License-Identifier: AGPL-3.0-or-later
"""How long it takes until a removed server gets nothing more, and until people can go on."""

import statistics
from functools import partial
from pathlib import Path
from time import monotonic

from tests.policy.federation.world import World, arrives, three_servers
from tests.support.waiting import eventually


async def removals(folder: Path, times: int) -> dict[str, float]:
    """Remove a server from rooms it shares with a friend; seconds after the policy file changed.

    ``in_force_s`` ends with the first answer that names the new policy, ``usable_s`` with the first
    message that is accepted in the room again.
    """
    in_force: list[float] = []
    usable: list[float] = []
    async with three_servers(folder) as world:
        for number in range(times):
            one, other = await _removal(world, number)
            in_force.append(one)
            usable.append(other)
    return {
        "in_force_s_median": round(statistics.median(in_force), 2),
        "in_force_s_worst": round(max(in_force), 2),
        "usable_s_median": round(statistics.median(usable), 2),
        "usable_s_worst": round(max(usable), 2),
    }


async def _removal(world: World, number: int) -> tuple[float, float]:
    alice, bob, carol = await world.people()
    await world.allow(world.near, world.far)
    room = await world.shared_room(alice, bob, carol)
    await alice.say(room, f"before {number}")
    await arrives(world.far, f"before {number}")
    changed = monotonic()
    await world.allow(world.near)
    in_force = monotonic() - changed
    await eventually(partial(alice.try_to_say, room, f"after {number}"))
    return in_force, monotonic() - changed
