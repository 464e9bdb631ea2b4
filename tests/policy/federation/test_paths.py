# SPDX-License-Identifier: AGPL-3.0-or-later
"""Directions, keys of servers never met, messages between devices, and the record of deliveries."""

import sqlite3
from contextlib import closing
from functools import partial
from pathlib import Path
from urllib.parse import quote

import pytest

from policy_module.audit.reading import entries_of
from policy_module.audit.segments import segments
from tests.policy.federating import ADDRESSES, FederatingServer, Person, running
from tests.policy.federation.world import World, arrives
from tests.support.ports import PortLease
from tests.support.waiting import eventually

pytestmark = pytest.mark.synapse


async def profile(asker: Person, whom: Person) -> int:
    """Ask for a profile, over federation; give the status."""
    return (await asker.ask("GET", f"profile/{quote(whom.mxid)}"))[0]


async def test_each_direction_is_decided_by_itself(world: World) -> None:
    alice, _, carol = await world.people()
    far = world.far.server_name
    # Whoever may only call us has to be known already, or through a friend: we cannot ask for its keys.
    await world.allow(world.far)
    assert (await profile(carol, alice), await profile(alice, carol)) == (200, 200)
    await world.allow_entries({"server": far, "direction": "in"})
    assert (await profile(carol, alice), await profile(alice, carol)) == (200, 403)
    await world.allow_entries({"server": far, "direction": "out"})
    assert (await profile(carol, alice), await profile(alice, carol)) == (403, 200)
    refused = {
        (record["direction"], record["rule"])
        for record in world.audit("refused")
        if record["action"] == "federate" and record["server"] == far
    }
    assert {("in", far), ("out", far)} <= refused


async def test_a_server_never_met_is_known_through_a_friend(world: World, tmp_path: Path) -> None:
    await world.allow(world.near)
    alice, bob, _ = await world.people()
    room = await world.shared_room(bob, alice)
    stranger = FederatingServer(tmp_path, world.certificate, PortLease(), host=ADDRESSES[3])
    async with running(stranger):
        dave = await world.person(stranger)
        assert (await bob.invite(room, dave.mxid))[0] == 200
        assert (await dave.join(room, world.near.server_name))[0] == 200

        async def known() -> bool:
            path = f"rooms/{quote(room)}/state/m.room.member/{quote(dave.mxid)}"
            return (await alice.ask("GET", path))[1].get("membership") == "join"

        # Its own keys are never asked for, so the friend has vouched for them.
        await eventually(known, describe="the stranger's membership to be believed")
        status, answer = await alice.send(room, "nothing for strangers")
        assert (status, answer["org.karvon.subjects"]) == (403, [stranger.server_name])


async def test_messages_between_devices_do_not_wait_for_a_refused_server(world: World) -> None:
    alice, _, carol = await world.people()
    _, who = await carol.ask("GET", "account/whoami")
    _, first = await carol.ask("GET", "sync?timeout=0")
    since = first["next_batch"]
    heard: list[str] = []

    async def tell(name: str) -> None:
        messages = {"messages": {carol.mxid: {who["device_id"]: {"name": name}}}}
        assert (await alice.ask("PUT", f"sendToDevice/m.test/{name}", messages))[0] == 200

    async def hears(name: str) -> bool:
        nonlocal since
        _, answer = await carol.ask("GET", f"sync?timeout=0&since={since}")
        since = answer["next_batch"]
        events = answer.get("to_device", {}).get("events", [])
        heard.extend(event["content"]["name"] for event in events)
        return name in heard

    await world.allow(world.near, world.far)
    await tell("before")
    await eventually(partial(hears, "before"))
    await world.allow(world.near)
    await tell("while refused")
    await world.allow(world.near, world.far)
    await tell("after")
    await eventually(partial(hears, "after"))
    assert heard == ["before", "after"]


async def test_what_waits_for_a_server_is_deleted_when_it_is_refused(world: World) -> None:
    alice = await world.person(world.home)
    out_of_reach = "out-of-reach.example"
    await world.allow_entries(out_of_reach)
    messages = {"messages": {f"@a:{out_of_reach}": {"DEVICE": {"name": "waiting"}}}}
    assert (await alice.ask("PUT", "sendToDevice/m.test/waiting", messages))[0] == 200
    assert waiting(world.home, out_of_reach) == 1
    await world.allow(world.near)
    await eventually(lambda: waiting(world.home, out_of_reach) == 0)
    await eventually(lambda: world.audit("to_device_dropped"))
    (record,) = world.audit("to_device_dropped")
    assert (record["server"], record["messages"]) == (out_of_reach, 1)


def waiting(server: FederatingServer, destination: str) -> int:
    """Count the messages between devices that wait for a server."""
    return len(kept(server, "device_federation_outbox", destination))


def kept(server: FederatingServer, table: str, destination: str) -> list[tuple[object, ...]]:
    """Give what a homeserver keeps in a table for another one."""
    path = server.data / "homeserver.db"
    with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as database:
        query = f"SELECT * FROM {table} WHERE destination = ?"
        return database.execute(query, (destination,)).fetchall()


async def test_nothing_is_kept_of_rooms_and_devices_for_a_refused_server(world: World) -> None:
    """In a room where nobody here has power the refused server stays, and devices change."""
    await world.allow(world.near, world.far)
    alice, bob, carol = await world.people()
    room = await world.shared_room(bob, alice, carol)
    await eventually(partial(alice.try_to_say, room, f"devices of {room}"))
    await arrives(world.far, f"devices of {room}")
    near, far = world.near.server_name, world.far.server_name
    tables = ("destination_rooms", "device_lists_outbound_last_success")
    await log_in_again(alice)
    for table in tables:
        await eventually(partial(kept, world.home, table, far))
    await world.allow(world.near)
    for table in tables:
        await eventually(partial(nothing_kept, world.home, table, far))
        assert kept(world.home, table, near)

    told = kept(world.home, "device_lists_outbound_last_success", near)
    await log_in_again(alice)
    await eventually(
        lambda: kept(world.home, "device_lists_outbound_last_success", near) != told,
        describe="the friend to be told of the new device",
    )
    for table in (*tables, "device_lists_outbound_pokes", "device_federation_outbox"):
        assert not kept(world.home, table, far)


def nothing_kept(server: FederatingServer, table: str, destination: str) -> bool:
    """Whether a homeserver keeps nothing in a table for another one."""
    return not kept(server, table, destination)


async def log_in_again(person: Person) -> None:
    """Give somebody one more device."""
    name = person.mxid[1:].partition(":")[0]
    identifier = {"type": "m.id.user", "user": name}
    login = {"type": "m.login.password", "identifier": identifier, "password": f"pass {name}"}
    assert (await person.ask("POST", "login", login))[0] == 200


async def test_deliveries_are_recorded_without_what_was_said(world: World) -> None:
    await world.allow(world.near)
    alice, bob, _ = await world.people()
    room = await world.shared_room(alice, bob)
    status, answer = await alice.send(room, "delivered to a friend")
    assert status == 200
    await arrives(world.near, "delivered to a friend")
    folder = world.policy.folder / "audit"

    def recorded() -> list[dict[str, object]]:
        return [
            dict(entry.record.details)
            for entry in entries_of(segments(folder)["main"])
            if entry.record.kind == "delivered"
            and answer["event_id"] in str(entry.record.details["events"])
        ]

    await eventually(recorded, describe="the delivery in the audit log")
    assert recorded()[0]["server"] == world.near.server_name
    assert recorded()[0]["certainty"] == "acknowledged"
    assert "delivered to a friend" not in str(recorded())
