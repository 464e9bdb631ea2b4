# SPDX-License-Identifier: AGPL-3.0-or-later
"""Rooms shared with a server that is refused: nothing said there reaches it, through friends either.

Evidence comes from the refused server's database: its clients are not shown everything it holds.
"""

import secrets
from functools import partial
from urllib.parse import quote

import pytest

from tests.policy.federating import Person
from tests.policy.federation.scenarios import (
    denies,
    hears_nothing_more_through_a_friend,
    member,
)
from tests.policy.federation.world import World, arrives, holds
from tests.support.waiting import eventually

pytestmark = pytest.mark.synapse


async def frozen(person: Person, room: str) -> bool:
    """Whether the person is told that nothing can be said in the room."""
    # Each time another text: the answer to one that was accepted would be given again.
    status, answer = await person.send(room, f"probe {secrets.token_hex(8)}")
    return status == 403 and answer["error"].startswith("Nothing can be said here")


async def test_a_removed_server_hears_nothing_more_through_a_friend(world: World) -> None:
    await hears_nothing_more_through_a_friend(world)


async def test_who_is_allowed_again_leaves_the_rooms_list(world: World) -> None:
    alice, bob, carol = await world.people()
    await world.allow(world.near, world.far)
    theirs = {"allow": ["*"], "deny": ["elsewhere.example"], "allow_ip_literals": True}
    state = {"type": "m.room.server_acl", "state_key": "", "content": theirs}
    room = await world.shared_room(alice, bob, carol, initial_state=[state])
    await world.allow(world.near)

    await eventually(partial(denies, alice, room, "elsewhere.example", "127.0.0.3"))
    await world.allow(world.near, world.far)
    await eventually(partial(denies, alice, room, "elsewhere.example"))


async def test_a_room_stays_frozen_where_nobody_here_has_power(world: World) -> None:
    alice, bob, carol = await world.people()
    await world.allow(world.near, world.far)
    room = await world.shared_room(bob, alice, carol)
    await eventually(partial(alice.try_to_say, room, "powerless before"))
    await world.allow(world.near)

    await eventually(partial(frozen, alice, room))
    await eventually(lambda: [r for r in world.audit("no_power") if r["room"] == room])
    assert await frozen(alice, room)

    # The friend removes the refused server's people: the room thaws by itself.
    kick = {"user_id": carol.mxid}
    assert (await bob.ask("POST", f"rooms/{quote(room)}/kick", kick))[0] == 200
    await eventually(partial(alice.try_to_say, room, "powerless after"))
    await eventually(lambda: [r for r in world.audit("thawed") if r["room"] == room])
    await arrives(world.near, "powerless after")
    await bob.say(room, "powerless friend")
    await arrives(world.home, "powerless friend")
    assert not holds(world.far, "powerless after")


async def test_nothing_of_any_kind_is_said_in_a_frozen_room(world: World) -> None:
    alice, bob, carol = await world.people()
    await world.allow(world.near, world.far)
    levels = {"state_default": 0, "users": {}}
    room = await world.shared_room(bob, alice, carol, power_level_content_override=levels)
    status, said = await alice.send(room, "kinds before")
    assert status == 200, said
    await world.allow(world.near)
    await eventually(partial(frozen, alice, room))

    path = f"rooms/{quote(room)}"
    encrypted = {"algorithm": "m.megolm.v1.aes-sha2", "ciphertext": "kinds", "session_id": "x"}
    relation = {"rel_type": "m.annotation", "event_id": said["event_id"], "key": "kinds"}
    for way, content in (
        ("send/m.room.encrypted/1", encrypted),
        ("send/m.reaction/2", {"m.relates_to": relation}),
        ("send/org.example.anything/3", {"body": "kinds"}),
        (f"redact/{quote(said['event_id'])}/4", {"reason": "kinds"}),
        ("state/m.room.topic/", {"topic": "kinds"}),
        ("state/org.example.anything/kinds", {}),
    ):
        status, answer = await alice.ask("PUT", f"{path}/{way}", content)
        assert (status, answer.get("org.karvon.subjects")) == (403, [world.far.server_name]), way
    assert await frozen(alice, room)


@pytest.mark.parametrize("joins", [False, True], ids=["invited", "joined"])
async def test_a_friend_brings_a_refused_server_in(world: World, joins: bool) -> None:
    alice, bob, carol = await world.people()
    await world.allow(world.near)
    room = await world.shared_room(bob, alice)
    await eventually(partial(alice.try_to_say, room, "hidden before"))
    assert (await bob.invite(room, carol.mxid))[0] == 200
    if joins:
        assert (await carol.join(room, world.near.server_name))[0] == 200
    await eventually(partial(frozen, alice, room))

    async def known() -> bool:
        return await member(alice, room, carol) == ("join" if joins else "invite")

    await eventually(known, describe="the membership to be known here")


async def test_people_of_a_friend_cannot_be_outnumbered_by_creators(world: World) -> None:
    alice, _, carol = await world.people()
    await world.allow(world.near, world.far)
    room = await world.shared_room(alice, carol, preset="trusted_private_chat", is_direct=True)
    status, levels = await alice.ask("GET", f"rooms/{quote(room)}/state/m.room.power_levels/")
    assert (status, levels["users"]) == (200, {carol.mxid: 100})
    await world.allow(world.near)

    async def gone() -> bool:
        return await member(alice, room, carol) == "leave"

    await eventually(gone, describe="the guest to be removed")
    await eventually(partial(alice.try_to_say, room, "creators after"))


@pytest.mark.parametrize("admin", [False, True], ids=["person", "administrator"])
async def test_creators_elsewhere_are_refused(world: World, admin: bool) -> None:
    alice = await world.person(world.home, admin=admin)
    _, bob, _ = await world.people()
    await world.allow(world.near)
    creators = {"additional_creators": [bob.mxid]}
    status, answer = await alice.ask("POST", "createRoom", {"creation_content": creators})
    assert (status, answer["org.karvon.reason"]) == (403, "foreign_creator")

    room = await world.shared_room(alice, bob)
    upgrade = {"new_version": "12", **creators}
    status, answer = await alice.ask("POST", f"rooms/{quote(room)}/upgrade", upgrade)
    assert (status, answer["org.karvon.reason"]) == (403, "foreign_creator")


@pytest.mark.parametrize("kind", ["m.room.policy", "org.matrix.msc4284.policy"])
async def test_a_refused_server_is_not_shown_every_message(world: World, kind: str) -> None:
    alice = await world.person(world.home, admin=True)
    await world.allow(world.near)
    content = {"via": world.far.server_name, "public_keys": {"ed25519": "a" * 43}}
    event = {"type": kind, "state_key": "", "content": content}
    status, answer = await alice.ask("POST", "createRoom", {"initial_state": [event]})
    assert (status, answer["org.karvon.reason"]) == (403, "not_listed")
    room = await alice.create_room()
    status, answer = await alice.ask("PUT", f"rooms/{quote(room)}/state/{kind}/", content)
    assert (status, answer["org.karvon.reason"]) == (403, "not_listed")
    friend = {**content, "via": world.near.server_name}
    assert (await alice.ask("PUT", f"rooms/{quote(room)}/state/{kind}/", friend))[0] == 200
