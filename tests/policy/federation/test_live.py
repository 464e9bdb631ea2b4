# SPDX-License-Identifier: AGPL-3.0-or-later
"""A server is allowed and denied while everything runs."""

import time
from urllib.parse import quote

import pytest

from tests.policy.federating import Person
from tests.policy.federation.world import WITHIN_A_SECOND, World, arrives, holds
from tests.support.waiting import eventually

pytestmark = pytest.mark.synapse


async def said(person: Person, room: str, text: str) -> tuple[int, dict[str, object]]:
    content = {"msgtype": "m.text", "body": text}
    return await person.ask("PUT", f"rooms/{room}/send/m.room.message/{text}", content)


async def comes_in(person: Person, room: str, world: World) -> None:
    """Join as soon as the room's list of servers lets them in again."""

    async def joined() -> bool:
        return (await person.join(room, world.home.server_name))[0] == 200

    await eventually(joined, describe=f"{person.mxid} to be let in")


async def test_allow_deny_allow_deny(world: World) -> None:
    alice, bob, carol = await world.people()
    await world.allow(world.near)
    room = await alice.create_room(invite=[bob.mxid])
    assert (await bob.join(room, world.home.server_name))[0] == 200
    status, answer = await alice.invite(room, carol.mxid)
    assert status == 403, answer

    for number in (1, 2):
        await world.allow(world.near, world.far)
        assert (await alice.invite(room, carol.mxid))[0] == 200
        await comes_in(carol, room, world)
        await alice.say(room, f"all {number}")
        await arrives(world.far, f"all {number}")

        changed = time.monotonic()
        await world.allow(world.near)
        assert time.monotonic() - changed < WITHIN_A_SECOND

        async def usable(number: int = number) -> bool:
            return (await said(alice, room, f"friends {number}"))[0] == 200

        await eventually(usable, describe="the room to be usable again")
        assert time.monotonic() - changed < 2
        # What the friend says next builds on it, and would have it fetched from the friend.
        await arrives(world.near, f"friends {number}")
        await bob.say(room, f"and us {number}")
        await arrives(world.home, f"and us {number}")

        # Nobody has told her server that she was removed.
        assert (await carol.ask("POST", f"rooms/{quote(room)}/leave", {}))[0] == 200

    assert not holds(world.far, "friends")
