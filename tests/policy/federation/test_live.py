# SPDX-License-Identifier: AGPL-3.0-or-later
"""A server is allowed and denied while everything runs."""

import sqlite3
from contextlib import closing
from datetime import UTC, datetime, timedelta
from functools import partial

import pytest

from tests.policy.federating import FederatingServer, Person
from tests.policy.federation.scenarios import kept_open, member
from tests.policy.federation.world import World, arrives, holds
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

        await world.allow(world.near)
        await eventually(partial(alice.try_to_say, room, f"{turn} to friends"))
        # What the friend says next builds on it, and would have it fetched from the friend.
        await arrives(world.near, f"{turn} to friends")
        await bob.say(room, f"{turn} of a friend")
        await arrives(world.home, f"{turn} of a friend")

    assert not holds(world.far, "to friends")


async def test_a_permission_that_ends(world: World) -> None:
    """Nothing is written to any file when it ends."""
    await world.allow(world.near, world.far)
    alice, bob, carol = await world.people()
    room = await world.shared_room(alice, bob, carol)
    end = datetime.now(UTC) + timedelta(seconds=2)
    await world.allow_entries(
        world.near.server_name, {"server": world.far.server_name, "until": end.isoformat()}
    )
    assert await member(alice, room, carol) == "join"

    async def removed() -> bool:
        return await member(alice, room, carol) == "leave"

    await eventually(removed, describe="the guest to be removed")
    assert datetime.now(UTC) > end
    status, answer = await alice.invite(room, carol.mxid)
    assert (status, answer["org.karvon.reason"]) == (403, "expired")


async def test_what_was_said_while_it_was_refused_is_not_caught_up_with(world: World) -> None:
    """A server that was out of reach before it was refused is owed what was said until then."""
    alice, bob, carol = await world.people()
    await world.allow(world.near, world.far)
    room = await world.shared_room(alice, bob, carol)
    # Synapse catches up only with whom it has told something before.
    await alice.say(room, "told the guest")
    await arrives(world.far, "told the guest")
    await world.far.terminate()
    try:
        await alice.say(room, "owed to the guest")
        await take_another_device(alice)
        for what in ("rooms", "devices"):
            await eventually(partial(owed, world.home, world.far, what), describe=what)
        await world.allow(world.near)
        await eventually(lambda: not owed(world.home, world.far, "devices"))
        await eventually(partial(alice.try_to_say, room, "not for the guest"))
        await arrives(world.near, "not for the guest")
        await world.allow(world.near, world.far)
    finally:
        await world.far.start()

    another = await alice.create_room()

    async def invited() -> bool:
        # A server that could not be reached is left alone for some seconds.
        return (await alice.invite(another, carol.mxid))[0] == 200

    await eventually(invited, describe="the server being reached again")
    assert (await carol.join(another, world.home.server_name))[0] == 200
    await alice.say(another, "all is well again")
    # Whoever is owed something gets that first.
    await arrives(world.far, "all is well again")
    assert not holds(world.far, "not for the guest")


async def take_another_device(person: Person) -> None:
    """Log in once more, which the servers of those who know the person are to be told."""
    name = person.mxid[1:].partition(":")[0]
    body = {
        "type": "m.login.password",
        "identifier": {"type": "m.id.user", "user": name},
        "password": f"pass {name}",
    }
    assert (await person.ask("POST", "login", body))[0] == 200


OWED = {
    "rooms": "SELECT COUNT(*) FROM destination_rooms AS r JOIN destinations AS d USING (destination)"
    " WHERE destination = ? AND r.stream_ordering > d.last_successful_stream_ordering",
    "devices": "SELECT COUNT(*) FROM device_lists_outbound_pokes WHERE destination = ? AND NOT sent",
}


def owed(server: FederatingServer, destination: FederatingServer, what: str) -> bool:
    """Whether a server keeps in mind to tell another one something as soon as it can be reached."""
    path = server.data / "homeserver.db"
    with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as database:
        (count,) = database.execute(OWED[what], (destination.server_name,)).fetchone()
    return bool(count)


async def test_a_bad_policy_file_changes_nothing(world: World) -> None:
    await world.allow(world.near)
    alice, bob, carol = await world.people()
    room = await world.shared_room(alice, bob)
    good = world.policy.path.read_bytes()
    refused = len(world.audit("policy_refused"))
    world.policy.path.write_bytes(good[: len(good) // 2])
    await eventually(lambda: len(world.audit("policy_refused")) > refused)
    await alice.say(room, "half a policy")
    await arrives(world.near, "half a policy")
    assert (await alice.invite(room, carol.mxid))[0] == 403

    refused = len(world.audit("policy_refused"))
    world.policy.path.unlink()
    await eventually(lambda: len(world.audit("policy_refused")) > refused)
    await alice.say(room, "no policy")
    await arrives(world.near, "no policy")
    assert (await alice.invite(room, carol.mxid))[0] == 403


async def test_connections_are_not_kept_when_the_policy_changes(world: World) -> None:
    await world.allow(world.near)
    alice, bob, _ = await world.people()
    assert (await alice.ask("GET", f"profile/{bob.mxid}"))[0] == 200
    assert kept_open(world.home.pid, world.near.server_name)
    await world.allow(world.far)
    await eventually(lambda: not kept_open(world.home.pid, world.near.server_name), timeout=5)
