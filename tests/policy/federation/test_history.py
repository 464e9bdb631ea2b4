# SPDX-License-Identifier: AGPL-3.0-or-later
"""What was said before a server came stays unsaid to it, also where a friend could hand it on.

A server that comes asks those who are there for what was said before. It is given the events of that
time without what they say. Evidence comes from its database, once it has the event itself: before that
moment its not knowing the words would prove nothing.
"""

import sqlite3
from contextlib import closing
from functools import partial
from urllib.parse import quote

import pytest

from tests.policy.federating import FederatingServer, Person
from tests.policy.federation.world import World, arrives, holds
from tests.support.waiting import eventually

pytestmark = pytest.mark.synapse


def has_event(server: FederatingServer, event_id: str) -> bool:
    """Whether a server has an event, whatever it knows of its content."""
    path = server.data / "homeserver.db"
    with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as database:
        query = "SELECT COUNT(*) FROM event_json WHERE event_id = ?"
        (count,) = database.execute(query, (event_id,)).fetchone()
    return bool(count)


async def said(person: Person, room: str, text: str) -> str:
    """Say something; give the event's id."""
    status, answer = await person.send(room, text)
    assert status == 200, answer
    return str(answer["event_id"])


async def looks_back(server: FederatingServer, person: Person, room: str, event_id: str) -> None:
    """Have somebody scroll back until their server has got an event from others."""

    async def fetched() -> bool:
        await person.ask("GET", f"rooms/{quote(room)}/messages?dir=b&limit=100")
        return has_event(server, event_id)

    await eventually(fetched, describe="the past to be fetched from another server")


async def test_who_is_admitted_later_is_not_told_what_was_said_before(world: World) -> None:
    alice, bob, carol = await world.people()
    await world.allow(world.near)
    room = await world.shared_room(alice, bob)
    of_home = await said(alice, room, "history of home")
    await arrives(world.near, "history of home")
    of_friend = await said(bob, room, "history of the friend")
    await arrives(world.home, "history of the friend")

    await world.allow(world.near, world.far)
    assert (await alice.invite(room, carol.mxid))[0] == 200
    assert (await carol.join(room, world.home.server_name))[0] == 200
    await alice.say(room, "history begins")
    await arrives(world.far, "history begins")
    for event_id in (of_home, of_friend):
        await looks_back(world.far, carol, room, event_id)
    assert not holds(world.far, "history of home")
    assert not holds(world.far, "history of the friend")


async def test_whom_a_friend_brings_in_is_not_told_what_was_said_before(world: World) -> None:
    """Nobody at home may remove the guest, whom the friend would no longer answer after that."""
    alice, bob, carol = await world.people()
    await world.allow(world.near)
    room = await world.shared_room(alice, bob, room_version="11")
    levels = {"users": {bob.mxid: 100}}
    path = f"rooms/{quote(room)}/state/m.room.power_levels/"
    assert (await alice.ask("PUT", path, levels))[0] == 200
    before = await said(alice, room, "hidden from guests of the friend")
    await arrives(world.near, "hidden from guests of the friend")
    assert (await bob.invite(room, carol.mxid))[0] == 200
    assert (await carol.join(room, world.near.server_name))[0] == 200
    await bob.say(room, "welcome of the friend")
    await arrives(world.far, "welcome of the friend")
    await looks_back(world.far, carol, room, before)
    assert not holds(world.far, "hidden from guests of the friend")


async def test_it_is_the_rooms_setting_that_hides_it(world: World) -> None:
    """In a room of the friend's that shows its past, the same way of looking finds it."""
    _, bob, carol = await world.people()
    alice = await world.person(world.home)
    await world.allow(world.near)
    shown = {"type": "m.room.history_visibility", "content": {"history_visibility": "shared"}}
    room = await world.shared_room(bob, alice, initial_state=[shown])
    await eventually(partial(alice.try_to_say, room, "shown to guests of the friend"))
    await arrives(world.near, "shown to guests of the friend")
    assert (await bob.invite(room, carol.mxid))[0] == 200
    assert (await carol.join(room, world.near.server_name))[0] == 200

    async def found() -> bool:
        await carol.ask("GET", f"rooms/{quote(room)}/messages?dir=b&limit=100")
        return holds(world.far, "shown to guests of the friend")

    await eventually(found, describe="the past of a room that shows it")
