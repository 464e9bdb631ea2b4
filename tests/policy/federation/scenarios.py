# SPDX-License-Identifier: AGPL-3.0-or-later
"""What is played on more than one database, and what scenarios look at."""

import socket
from contextlib import suppress
from functools import partial
from pathlib import Path
from urllib.parse import quote

from tests.policy.federating import Person
from tests.policy.federation.world import World, arrives, holds
from tests.support.waiting import eventually

ESTABLISHED = "01"
"""State of a connection in /proc/net/tcp."""


async def hears_nothing_more_through_a_friend(world: World) -> None:
    """Remove a server from the policy while it is in a room with a friend.

    Evidence comes from the removed server's database: its clients are not shown everything it holds.
    """
    alice, bob, carol = await world.people()
    await world.allow(world.near, world.far)
    room = await world.shared_room(alice, bob, carol)
    await alice.say(room, "relay before")
    await arrives(world.far, "relay before")

    await world.allow(world.near)
    await eventually(partial(alice.try_to_say, room, "relay secret"))
    assert await member(alice, room, carol) == "leave"

    await carol.say(room, "relay injected")
    await arrives(world.near, "relay secret")
    await bob.say(room, "relay of the friend")
    await eventually(partial(heard_by, alice, room, "relay of the friend"))
    await eventually(partial(denies, bob, room, "127.0.0.3"))
    assert not holds(world.far, "relay secret")
    assert not await heard_by(alice, room, "relay injected")

    kinds = {record["event"] for record in world.audit() if record.get("room") == room}
    assert {"kicked", "acl_set"} <= kinds


async def heard_by(person: Person, room: str, text: str) -> bool:
    """Whether the person can read a text."""
    return text in await person.heard(room)


async def denies(viewer: Person, room: str, *servers: str) -> bool:
    """Whether these and no others are denied by the room's list of servers."""
    _, answer = await viewer.ask("GET", f"rooms/{quote(room)}/state/m.room.server_acl/")
    return answer.get("deny") == list(servers)


async def member(viewer: Person, room: str, whom: Person) -> str | None:
    """Give somebody's membership as the viewer's server knows it."""
    path = f"rooms/{quote(room)}/state/m.room.member/{quote(whom.mxid)}"
    _, answer = await viewer.ask("GET", path)
    membership: str | None = answer.get("membership")
    return membership


def kept_open(process: int, server: str) -> bool:
    """Whether a process has a connection to the listener of a server, named by address and port."""
    address, _, port = server.rpartition(":")
    remote = f"{socket.inet_aton(address)[::-1].hex().upper()}:{int(port):04X}"
    sockets = set()
    for link in Path(f"/proc/{process}/fd").iterdir():
        with suppress(OSError):
            sockets.add(str(link.readlink()))
    lines = [line.split() for line in Path(f"/proc/{process}/net/tcp").read_text().splitlines()]
    return any(
        parts[2] == remote and parts[3] == ESTABLISHED and f"socket:[{parts[9]}]" in sockets
        for parts in lines[1:]
    )
