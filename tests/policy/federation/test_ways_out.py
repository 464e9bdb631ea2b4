# SPDX-License-Identifier: AGPL-3.0-or-later
"""Frozen rooms nobody here has power in: leaving, and going on in a new one."""

from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any
from urllib.parse import quote

import pytest

from tests.policy.federating import Person
from tests.policy.federation.world import World, arrives, holds
from tests.support.waiting import eventually

pytestmark = pytest.mark.synapse

ROOMS = "/_karvon/admin/rooms"


@pytest.fixture
async def root(world: World) -> Person:
    return await world.person(world.home, admin=True)


async def powerless(
    world: World,
    arrange: Callable[[Person, Person, str], Awaitable[None]] | None = None,
    **request: Any,
) -> tuple[Person, Person, Person, str]:
    """Make a friend's room with somebody of a server that is refused then.

    ``arrange`` is called before that, with somebody at home, the friend and the room.
    """
    await world.allow(world.near, world.far)
    alice, bob, carol = await world.people()
    room = await world.shared_room(bob, alice, carol, **request)
    await eventually(partial(alice.try_to_say, room, f"all of {room}"))
    await arrives(world.far, f"all of {room}")
    if arrange is not None:
        await arrange(alice, bob, room)
    await world.allow(world.near)
    await eventually(lambda: [r for r in world.audit("no_power") if r["room"] == room])
    return alice, bob, carol, room


async def test_only_administrators_may(world: World, root: Person) -> None:
    alice = await world.person(world.home)
    assert (await alice.ask("GET", ROOMS))[0] == 403
    assert (await alice.ask("POST", f"{ROOMS}/{quote('!a:b')}/leave"))[0] == 403
    assert (await root.ask("POST", f"{ROOMS}/{quote('!a:b')}/leave"))[0] == 404
    assert (await root.ask("POST", f"{ROOMS}/{quote('!a:b')}/dance"))[0] == 404


async def test_leaving(world: World, root: Person) -> None:
    alice, _, _, room = await powerless(world)
    status, answer = await root.ask("GET", ROOMS)
    assert status == 200
    assert {"room_id": room, "refused": [world.far.server_name]} in answer["rooms"]

    status, answer = await root.ask("POST", f"{ROOMS}/{quote(room)}/leave")
    assert (status, answer) == (200, {"left": 1})
    assert room not in (await alice.rooms())[0]
    _, answer = await root.ask("GET", ROOMS)
    assert room not in str(answer["rooms"])


@pytest.mark.parametrize("preset", ["private_chat", "trusted_private_chat"])
async def test_going_on_in_a_new_room(world: World, root: Person, preset: str) -> None:
    """In a trusted chat everybody is a creator: nobody can be removed, but the room can say where to."""
    alice, bob, carol, room = await powerless(world, preset=preset, name="Bazaar", topic="Melons")
    status, answer = await root.ask("POST", f"{ROOMS}/{quote(room)}/replace")
    assert status == 200, answer
    assert (set(answer["came"]), answer["missing"]) == ({alice.mxid, bob.mxid}, [])
    new_room = answer["room_id"]
    assert (await bob.join(new_room, world.home.server_name))[0] == 200
    await alice.say(new_room, f"on here from {room}")
    await arrives(world.near, f"on here from {room}")
    await bob.say(new_room, f"so do we from {room}")
    await arrives(world.home, f"so do we from {room}")
    assert not holds(world.far, f"on here from {room}")

    contents = await state(alice, new_room)
    assert contents["m.room.name"]["name"] == "Bazaar"
    assert contents["m.room.topic"]["topic"] == "Melons"
    assert contents["m.room.create"]["predecessor"]["room_id"] == room
    _, answer_members = await alice.ask("GET", f"rooms/{quote(new_room)}/members")
    assert carol.mxid not in str(answer_members)

    pointed_to = (await state(alice, room)).get("m.room.tombstone", {}).get("replacement_room")
    assert answer["pointed_to"] is (preset == "trusted_private_chat")
    assert pointed_to == (new_room if answer["pointed_to"] else None)
    assert str(await alice.heard(new_room)).count("takes the place of") == (not pointed_to)


async def test_names_and_settings_go_along_and_the_old_room_stays_readable(
    world: World, root: Person
) -> None:
    async def name(alice: Person, bob: Person, room: str) -> None:
        for alias in (main, other):
            status, told = await alice.ask(
                "PUT", f"directory/room/{quote(alias)}", {"room_id": room}
            )
            assert status == 200, told
        content = {"alias": main, "alt_aliases": [other]}
        path = f"rooms/{quote(room)}/state/m.room.canonical_alias"
        assert (await bob.ask("PUT", path, content))[0] == 200
        visibility = {"history_visibility": "invited"}
        path = f"rooms/{quote(room)}/state/m.room.history_visibility"
        assert (await bob.ask("PUT", path, visibility))[0] == 200
        levels = (await state(bob, room))["m.room.power_levels"]
        path = f"rooms/{quote(room)}/state/m.room.power_levels"
        await bob.ask("PUT", path, {**levels, "users": {**levels["users"], alice.mxid: 50}})
        await eventually(lambda: has_power(alice, room, 50))
        listed = await alice.ask(
            "PUT", f"directory/list/room/{quote(room)}", {"visibility": "public"}
        )
        assert listed[0] == 200, listed
        await bob.ask("PUT", path, levels)
        await eventually(lambda: has_power(alice, room, 0))

    main, other = (f"#{one}:{world.home.server_name}" for one in ("bazaar", "market"))
    alice, _, _, room = await powerless(world, name, preset="public_chat", name="Bazaar")
    amir = await world.person(world.home)
    path = f"{ROOMS}/{quote(room)}/replace"
    status, answer = await root.ask("POST", path)
    assert status == 200, answer
    new_room = answer["room_id"]
    for alias in (main, other):
        assert (await amir.ask("GET", f"directory/room/{quote(alias)}"))[1]["room_id"] == new_room
    assert (await amir.join(main))[0] == 200
    contents = await state(alice, new_room)
    assert contents["m.room.canonical_alias"] == {"alias": main, "alt_aliases": [other]}
    assert contents["m.room.join_rules"] == {"join_rule": "public"}
    # What the policy permits shared rooms, which is less than the old room allowed.
    assert contents["m.room.history_visibility"] == {"history_visibility": "joined"}
    assert f"all of {room}" in await alice.heard(room)
    _, listed = await amir.ask("GET", "publicRooms")
    assert [one["room_id"] for one in listed["chunk"]] == [new_room]
    assert answer["published"] is True

    status, again = await root.ask("POST", path)
    assert (status, again) == (200, answer)
    assert str(await alice.heard(new_room)).count("takes the place of") == 1


async def test_a_room_that_only_claims_to_take_the_place_is_not_believed(
    world: World, root: Person
) -> None:
    alice, _, _, room = await powerless(world)
    mine = await alice.create_room(creation_content={"predecessor": {"room_id": room}})
    _, answer = await root.ask("POST", f"{ROOMS}/{quote(room)}/replace")
    assert answer["room_id"] != mine


async def has_power(person: Person, room: str, level: int) -> bool:
    """Whether the person has this power, as their homeserver knows."""
    users: dict[str, int] = (await state(person, room))["m.room.power_levels"]["users"]
    return users.get(person.mxid, 0) == level


async def state(person: Person, room: str) -> dict[str, dict[str, Any]]:
    """Give the contents of the room's state with an empty key, by type."""
    answer: Any = (await person.ask("GET", f"rooms/{quote(room)}/state"))[1]
    return {event["type"]: event["content"] for event in answer if event["state_key"] == ""}
