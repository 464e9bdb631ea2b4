# SPDX-License-Identifier: AGPL-3.0-or-later
"""A server is allowed and denied while everything runs."""

import time
from functools import partial

import pytest

from tests.policy.federation.world import IN_FORCE, USABLE, World, arrives, holds
from tests.support.waiting import eventually

pytestmark = pytest.mark.synapse


async def test_allow_deny_allow_deny(world: World) -> None:
    await world.allow(world.near)
    alice, bob, carol = await world.people()
    status, answer = await alice.ask("POST", "createRoom", {"invite": [bob.mxid, carol.mxid]})
    assert (status, answer["org.karvon.reason"]) == (403, "not_listed")

    for turn in ("first", "second"):
        await world.allow(world.near, world.far)
        room = await world.shared_room(alice, bob, carol)
        await alice.say(room, f"{turn} to all")
        await arrives(world.far, f"{turn} to all")

        changed = time.monotonic()
        await world.allow(world.near)
        assert time.monotonic() - changed < IN_FORCE

        await eventually(partial(alice.try_to_say, room, f"{turn} to friends"))
        assert time.monotonic() - changed < USABLE
        # What the friend says next builds on it, and would have it fetched from the friend.
        await arrives(world.near, f"{turn} to friends")
        await bob.say(room, f"{turn} of a friend")
        await arrives(world.home, f"{turn} of a friend")

    assert not holds(world.far, "to friends")
