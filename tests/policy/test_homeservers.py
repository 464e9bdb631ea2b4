# SPDX-License-Identifier: AGPL-3.0-or-later
"""The module inside real homeservers: ours, one that is allowed, one that is not."""

import json
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest
from attrs import frozen

from policy_module.audit.keys import PUBLIC_KEY, public_key
from policy_module.audit.lines import Entry
from policy_module.audit.reading import check_folder, entries_of
from policy_module.audit.segments import segments
from tests.policy.federating import FederatingServer, Person, make_certificate, running
from tests.policy.policy_file import PolicyFile
from tests.support.ports import PortLease
from tests.support.waiting import eventually

pytestmark = pytest.mark.synapse


@frozen
class World:
    """Three homeservers and somebody on each; ``home`` carries the module."""

    policy: PolicyFile
    home: FederatingServer
    near: FederatingServer
    far: FederatingServer
    alice: Person
    root: Person
    bob: Person
    carol: Person

    @property
    def refusal(self) -> str:
        """What people at home are told about the server that is not allowed."""
        return (
            "This homeserver only talks to servers on its allowlist, and"
            f" {self.far.server_name} is not on it."
            " Ask your administrator if it should be."
        )

    def audit(self) -> list[dict[str, Any]]:
        """Give the records of refusals written so far."""
        lines = [line for line in self.home.log().splitlines() if "policy_module.audit" in line]
        records = [json.loads(line[line.index("{") :]) for line in lines]
        return [record for record in records if record["event"] == "refused"]


@pytest.fixture(scope="module")
async def world(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[World]:
    folder = tmp_path_factory.mktemp("federation")
    certificate = make_certificate(folder)
    leases = {name: PortLease() for name in ("home", "near", "far")}
    for name in leases:
        (folder / name).mkdir()
    policy = PolicyFile(folder / "policy")
    policy.allow("*.allowed.example", f"localhost:{leases['near'].port}")
    home = FederatingServer(
        folder / "home",
        certificate,
        leases["home"],
        {
            "modules": [policy.module()],
            "federation_domain_whitelist": [],
            "federation_whitelist_endpoint_enabled": True,
        },
    )
    near = FederatingServer(folder / "near", certificate, leases["near"])
    far = FederatingServer(folder / "far", certificate, leases["far"])
    async with running(home, near, far):
        yield World(
            policy,
            home,
            near,
            far,
            await Person.register(home, "alice"),
            await Person.register(home, "root", admin=True),
            await Person.register(near, "bob"),
            await Person.register(far, "carol"),
        )


async def test_an_allowed_server_takes_part(world: World) -> None:
    room = await world.alice.create_room(invite=[world.bob.mxid])
    status, answer = await world.bob.join(room, world.home.server_name)
    assert status == 200, answer
    await world.alice.say(room, "from home")
    await world.bob.say(room, "from near")

    async def both_heard_both() -> bool:
        heard = [await person.heard(room) for person in (world.alice, world.bob)]
        return all(set(texts) == {"from home", "from near"} for texts in heard)

    await eventually(both_heard_both, describe="the messages on both servers")


async def test_profile_of_an_allowed_server(world: World) -> None:
    status, _ = await world.alice.ask("GET", f"profile/{world.bob.mxid}")
    assert status == 200


async def test_an_invite_elsewhere_is_refused_with_the_reason(world: World) -> None:
    room = await world.alice.create_room()
    for _ in range(2):
        status, answer = await world.alice.invite(room, world.carol.mxid)
        assert (status, answer["errcode"], answer["error"]) == (403, "M_FORBIDDEN", world.refusal)
    assert await world.carol.rooms() == (set(), set())

    (record,) = [record for record in world.audit() if record["action"] == "invite"]
    assert record == {
        "event": "refused",
        "action": "invite",
        "rule": "default deny",
        "reason": "not_listed",
        "server": world.far.server_name,
        "user": world.alice.mxid,
    }


async def test_a_room_with_such_an_invitee_does_not_come_into_being(world: World) -> None:
    before, _ = await world.alice.rooms()
    status, answer = await world.alice.ask(
        "POST", "createRoom", {"invite": [world.bob.mxid, world.carol.mxid]}
    )
    assert (status, answer["error"]) == (403, world.refusal)
    assert (await world.alice.rooms())[0] == before


@pytest.mark.parametrize("invite", ["@x", ["nonsense"], ["@x:far.example "], [7], {"a": 1}, None])
async def test_a_malformed_room_request_is_left_to_synapse(world: World, invite: Any) -> None:
    status, answer = await world.alice.ask("POST", "createRoom", {"invite": invite})
    assert answer.get("error") != world.refusal
    assert status != 403


async def test_administrators_are_bound_by_it_too(world: World) -> None:
    room = await world.root.create_room()
    status, answer = await world.root.invite(room, world.carol.mxid)
    assert status == 403
    assert world.far.server_name in answer["error"]
    status, answer = await world.root.ask("POST", "createRoom", {"invite": [world.carol.mxid]})
    assert (status, answer["error"]) == (403, world.refusal)
    assert await world.carol.rooms() == (set(), set())


async def test_joining_elsewhere_is_refused_with_the_reason(world: World) -> None:
    room = await world.carol.create_room(preset="public_chat", room_alias_name="open")
    alias = f"#open:{world.far.server_name}"
    by_alias = await world.alice.join(alias)
    by_id = await world.alice.join(room, world.far.server_name)
    looked_up = await world.alice.ask("GET", f"directory/room/{alias.replace('#', '%23')}")
    for status, answer in (by_alias, by_id, looked_up):
        assert (status, answer["errcode"], answer["error"]) == (403, "M_FORBIDDEN", world.refusal)


async def test_a_broken_but_allowed_server_is_not_blamed_on_the_allowlist(world: World) -> None:
    status, answer = await world.alice.join("#room:unreachable.allowed.example")
    assert status == 502
    assert answer["error"] == "Failed to fetch alias"


async def test_profiles_elsewhere_are_refused(world: World) -> None:
    status, answer = await world.alice.ask("GET", f"profile/{world.carol.mxid}")
    assert status == 403
    assert answer["error"] == f"Federation denied with {world.far.server_name}."


async def test_the_other_side_is_refused(world: World) -> None:
    room = await world.alice.create_room(preset="public_chat", room_alias_name="square")
    status, _ = await world.carol.join(f"#square:{world.home.server_name}")
    assert status >= 400
    status, _ = await world.carol.join(room, world.home.server_name)
    assert status >= 400
    status, _ = await world.carol.invite(await world.carol.create_room(), world.alice.mxid)
    assert status == 403
    _, invited = await world.alice.rooms()
    assert invited == set()
    assert ("federate", world.far.server_name, "in") in {
        (record["action"], record["server"], record.get("direction")) for record in world.audit()
    }


@pytest.mark.parametrize(
    "header",
    [
        "Bearer nobody",
        'X-Matrix origin="x.allowed.example.evil",key="ed25519:a",sig="a"',
        f'X-Matrix origin="{"a" * 4000}",key="ed25519:a",sig="a"',
    ],
)
async def test_a_strange_caller_gets_a_refusal_not_an_error(world: World, header: str) -> None:
    async with (
        aiohttp.ClientSession() as session,
        session.get(
            f"{world.home.url}/_matrix/federation/v1/publicRooms",
            headers={"Authorization": header},
        ) as response,
    ):
        assert response.status == 403
        assert (await response.json())["errcode"] == "M_FORBIDDEN"


async def test_local_people_can_see_the_list(world: World) -> None:
    status, answer = await world.alice.ask("GET", "/_synapse/client/v1/config/federation_whitelist")
    assert status == 200
    assert answer["whitelist_enabled"] is True
    assert set(answer["whitelist"]) == {"*.allowed.example", world.near.server_name}


async def test_what_was_refused_stands_in_a_log_that_outsiders_can_check(world: World) -> None:
    room = await world.alice.create_room()
    await world.alice.invite(room, world.carol.mxid)
    folder = world.policy.folder / "audit"

    def refusals() -> list[Entry]:
        written = entries_of(segments(folder)["main"])
        return [entry for entry in written if entry.record.details.get("action") == "invite"]

    await eventually(lambda: bool(refusals()), describe="the refusal in the audit log")
    assert refusals()[0].record.details["server"] == world.far.server_name
    assert world.alice.mxid not in str(refusals())
    checked = check_folder(folder, public_key(folder / PUBLIC_KEY), ())
    assert checked.holds


async def test_without_its_audit_log_the_homeserver_talks_to_nobody_else(world: World) -> None:
    """Its disk goes away and comes back; what was refused meanwhile is in the log all the same."""
    room = await world.alice.create_room()
    folder = world.policy.folder / "audit"
    away = folder.with_name("away")
    folder.rename(away)
    try:
        status, answer = await world.alice.invite(room, "@a:unheard-of.example")
        assert status == 403, answer

        async def closed() -> bool:
            return (await world.alice.ask("GET", f"profile/{world.bob.mxid}"))[0] == 403

        await eventually(closed, describe="the allowed server refused as well")
        await world.alice.say(room, "at home we go on")
        assert await world.alice.heard(room) == ["at home we go on"]
    finally:
        away.rename(folder)

    async def open_again() -> bool:
        return (await world.alice.ask("GET", f"profile/{world.bob.mxid}"))[0] == 200

    await eventually(open_again, describe="the allowed server is reached again")
    refused = {
        str(entry.record.details.get("server"))
        for entry in entries_of(segments(folder)["main"])
        if entry.record.kind == "refused"
    }
    assert "unheard-of.example" in refused
    assert check_folder(folder, public_key(folder / PUBLIC_KEY), ()).holds
