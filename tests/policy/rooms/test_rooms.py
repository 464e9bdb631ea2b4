# SPDX-License-Identifier: AGPL-3.0-or-later
"""Classes of rooms inside a real homeserver that federates with another and carries a bridge."""

import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import aiohttp
import pytest
from attrs import frozen
from mautrix.types import UserID

from bridges.core.border.office import PolicyOffice
from bridges.core.clock import SystemClock
from bridges.core.matrix.client import Homeserver
from policy_module.rooms.residency import RESIDENCY
from policy_module.rules.edit import AddServer, Listing, RemoveServer
from tests.policy.federating import FederatingServer, Person, make_certificate, running
from tests.policy.policy_file import PolicyFile
from tests.support.appservice import registration as make_registration
from tests.support.ports import PortLease
from tests.support.waiting import eventually

pytestmark = pytest.mark.synapse


class MeasuredServer(FederatingServer):
    """A homeserver that shows its figures to Prometheus."""

    def _write_files(self) -> Path:
        path = super()._write_files()
        config = json.loads(path.read_text())
        config["listeners"][0]["resources"][0]["names"].append("metrics")
        path.write_text(json.dumps(config))
        return path


class Puppet(Person):
    """A user of the bridge, who acts with the bridge's token."""

    async def ask(self, method: str, path: str, body: Any = None) -> tuple[int, dict[str, Any]]:
        joined = "&" if "?" in path else "?"
        return await super().ask(method, f"{path}{joined}user_id={quote(self.mxid)}", body)


@frozen
class World:
    """``home`` carries the module and a bridge; ``near`` is allowed."""

    home: FederatingServer
    policy: PolicyFile
    sections: dict[str, Any]
    alice: Person
    dora: Person
    root: Person
    bob: Person
    bot: Puppet
    ghost: Puppet
    token: str


@pytest.fixture(scope="module")
async def world(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[World]:
    folder = tmp_path_factory.mktemp("rooms")
    certificate = make_certificate(folder)
    leases = {name: PortLease() for name in ("home", "near")}
    for name in leases:
        (folder / name).mkdir()
    home_name, near_name = (f"localhost:{leases[name].port}" for name in ("home", "near"))
    policy = PolicyFile(folder / "policy")
    sections = {
        "federation": {"allow": [near_name]},
        "rooms": {"widest": "open"},
        "groups": [{"name": "guests", "members": [f"@dora:{home_name}"], "may": []}],
    }
    policy.write(**sections)
    registration = make_registration(
        "telegram", "telegrambot", "telegram_", None, server_name=home_name
    )
    file = folder / "registration.yaml"
    file.write_text(json.dumps(registration.as_dict()))
    home = MeasuredServer(
        folder / "home",
        certificate,
        leases["home"],
        {
            "modules": [policy.module()],
            "federation_domain_whitelist": [],
            "trusted_key_servers": [],
            "app_service_config_files": [str(file)],
            "allow_public_rooms_over_federation": True,
            "enable_metrics": True,
            "room_list_publication_rules": [{"action": "allow"}],
        },
    )
    near = FederatingServer(folder / "near", certificate, leases["near"])
    async with running(home, near):
        bot = Puppet(home, registration.bot, registration.as_token)
        ghost = Puppet(home, f"{registration.ghost_prefix}1", registration.as_token)
        for puppet in (bot, ghost):
            name = puppet.mxid.partition(":")[0][1:]
            body = {"type": "m.login.application_service", "username": name, "inhibit_login": True}
            status, answer = await Person.ask(puppet, "POST", "register", body)
            assert status == 200, answer
        yield World(
            home,
            policy,
            sections,
            await Person.register(home, "alice"),
            await Person.register(home, "dora"),
            await Person.register(home, "root", admin=True),
            await Person.register(near, "bob"),
            bot,
            ghost,
            registration.as_token,
        )


async def put_in_force(world: World, **sections: Any) -> None:
    """Change parts of the policy and wait until the homeserver follows."""
    before = await in_force(world)
    world.policy.write(**{**world.sections, **sections})

    async def changed() -> bool:
        return await in_force(world) != before

    await eventually(changed, describe="the new policy to be in force")


async def in_force(world: World) -> str:
    _, shown = await world.alice.ask("GET", "/_karvon/policy")
    return str(shown["digest"])


async def state(person: Person, room: str, kind: str) -> dict[str, Any]:
    status, answer = await person.ask("GET", f"rooms/{quote(room)}/state/{kind}/")
    assert status == 200, answer
    return answer


async def set_state(person: Person, room: str, kind: str, **content: Any) -> tuple[int, str]:
    status, answer = await person.ask("PUT", f"rooms/{quote(room)}/state/{kind}/", content)
    return status, answer.get("error", "")


async def test_a_room_is_domestic_and_says_so(world: World) -> None:
    for person in (world.alice, world.root):
        room = await person.create_room()
        assert (await state(person, room, RESIDENCY))["class"] == "domestic"
        assert (await state(person, room, "m.room.create"))["m.federate"] is False
        topic = (await state(person, room, "m.room.topic"))["topic"]
        assert topic == f"Only people of {world.home.server_name} can take part in this room."


async def test_a_room_says_so_in_the_words_of_the_policy(world: World) -> None:
    said = "Bu xonaga faqat {server} odamlari kira oladi."
    await put_in_force(world, rooms={**world.sections["rooms"], "words": {"domestic": said}})
    room = await world.alice.create_room()
    wanted = said.replace("{server}", world.home.server_name)
    assert (await state(world.alice, room, "m.room.topic"))["topic"] == wanted
    assert (await state(world.alice, room, RESIDENCY))["explanation"] == wanted
    await put_in_force(world)


async def test_nobody_from_elsewhere_comes_into_a_domestic_room(world: World) -> None:
    for person in (world.alice, world.root):
        room = await person.create_room(preset="public_chat", room_alias_name=person.mxid[1:4])
        status, answer = await person.invite(room, world.bob.mxid)
        assert status == 403
        if person is world.alice:
            assert answer["error"].startswith("This room is for people of this homeserver only")
        by_id, _ = await world.bob.join(room, world.home.server_name)
        by_alias, _ = await world.bob.join(f"#{person.mxid[1:4]}:{world.home.server_name}")
        assert by_id >= 400
        assert by_alias >= 400
        assert (await world.bob.rooms()) == (set(), set())


async def test_an_invite_by_e_mail_into_a_domestic_room(world: World) -> None:
    room = await world.alice.create_room()
    threepid = {
        "medium": "email",
        "address": "a@b.example",
        "id_server": "id.example",
        "id_access_token": "t",
    }
    status, _ = await world.alice.ask("POST", f"rooms/{quote(room)}/invite", threepid)
    assert status == 403
    status, _ = await world.alice.ask("POST", "createRoom", {"invite_3pid": [threepid]})
    assert status == 403


async def test_inviting_somebody_elsewhere_asks_for_a_shared_room(world: World) -> None:
    room = await world.alice.create_room(preset="private_chat", invite=[world.bob.mxid])
    assert (await state(world.alice, room, RESIDENCY))["class"] == "allowlisted"
    history = await state(world.alice, room, "m.room.history_visibility")
    assert history == {"history_visibility": "joined"}
    assert (await state(world.alice, room, "m.room.guest_access")) == {"guest_access": "forbidden"}
    await world.alice.say(room, "before")
    status, answer = await world.bob.join(room, world.home.server_name)
    assert status == 200, answer
    await world.alice.say(room, "after")

    async def heard() -> bool:
        return "after" in await world.bob.heard(room)

    await eventually(heard, describe="the message on the other server")
    assert "before" not in await world.bob.heard(room)


async def test_history_and_guests_stay_as_the_class_permits(world: World) -> None:
    shared = await world.root.create_room(creation_content={RESIDENCY: "allowlisted"})
    kind = "m.room.history_visibility"
    for visibility in ("shared", "world_readable"):
        status, error = await set_state(world.root, shared, kind, history_visibility=visibility)
        assert status == 403
        assert f"cannot be “{visibility}”" in error
    assert (await set_state(world.root, shared, kind, history_visibility="joined"))[0] == 200
    status, error = await set_state(
        world.root, shared, "m.room.guest_access", guest_access="can_join"
    )
    assert (status, error) == (403, "Guests cannot take part in a room of this class.")
    domestic = await world.alice.create_room()
    assert (await set_state(world.alice, domestic, kind, history_visibility="shared"))[0] == 200
    status, _ = await set_state(world.alice, domestic, kind, history_visibility="world_readable")
    assert status == 403


async def test_a_class_changes_only_as_far_as_it_can_be_held(world: World) -> None:
    domestic = await world.root.create_room()
    status, error = await set_state(world.root, domestic, RESIDENCY, **{"class": "allowlisted"})
    assert status == 403
    assert "Make a new room of that class" in error
    shared = await world.alice.create_room(creation_content={RESIDENCY: "allowlisted"})
    for wrong in ({"class": "domestic"}, {"class": "wide"}, {"class": "open", "bridged": True}):
        assert (await set_state(world.alice, shared, RESIDENCY, **wrong))[0] == 403
    assert (await set_state(world.alice, shared, RESIDENCY, **{"class": "open"}))[0] == 200
    kind = "m.room.history_visibility"
    status, _ = await set_state(world.alice, shared, kind, history_visibility="world_readable")
    assert status == 200


async def test_only_open_rooms_are_listed(world: World) -> None:
    for wanted, expected in (("domestic", 403), ("allowlisted", 403), ("open", 200)):
        room = await world.alice.create_room(creation_content={RESIDENCY: wanted})
        body = {"visibility": "public"}
        status, answer = await world.alice.ask("PUT", f"directory/list/room/{quote(room)}", body)
        assert status == expected, answer
        request = {"visibility": "public", "creation_content": {RESIDENCY: wanted}}
        status, answer = await world.alice.ask("POST", "createRoom", request)
        assert status == expected, answer


@pytest.mark.parametrize("wanted", ["domestic", "allowlisted"])
async def test_an_upgraded_room_keeps_its_class(world: World, wanted: str) -> None:
    room = await world.alice.create_room(creation_content={RESIDENCY: wanted})
    status, answer = await world.alice.ask(
        "POST", f"rooms/{quote(room)}/upgrade", {"new_version": "11"}
    )
    assert status == 200, answer
    replacement = answer["replacement_room"]
    assert (await state(world.alice, replacement, RESIDENCY))["class"] == wanted
    creation = await state(world.alice, replacement, "m.room.create")
    assert creation.get("m.federate", True) is (wanted != "domestic")


async def test_an_upgrade_follows_a_policy_that_has_become_narrower(world: World) -> None:
    wide = await world.alice.create_room(creation_content={RESIDENCY: "open"})
    shared = await world.alice.create_room(creation_content={RESIDENCY: "allowlisted"})
    try:
        await put_in_force(world, rooms={"widest": "allowlisted"})
        path = f"rooms/{quote(wide)}/upgrade"
        status, answer = await world.alice.ask("POST", path, {"new_version": "11"})
        assert status == 200, answer
        replacement = answer["replacement_room"]
        assert (await state(world.alice, replacement, RESIDENCY))["class"] == "allowlisted"
        history = await state(world.alice, replacement, "m.room.history_visibility")
        assert history == {"history_visibility": "joined"}
        await put_in_force(world, rooms={"widest": "domestic"})
        path = f"rooms/{quote(shared)}/upgrade"
        status, answer = await world.alice.ask("POST", path, {"new_version": "11"})
        assert (status, answer["error"]) == (
            403,
            "Rooms of the class allowlisted are not permitted here.",
        )
        status, _ = await world.alice.ask("GET", f"rooms/{quote(shared)}/state/m.room.tombstone/")
        assert status == 404
    finally:
        await put_in_force(world)


async def test_aliases_of_domestic_rooms_do_not_exist_elsewhere(world: World) -> None:
    for wanted, expected in (("domestic", 404), ("allowlisted", 200)):
        await world.alice.create_room(
            room_alias_name=f"the-{wanted}", creation_content={RESIDENCY: wanted}
        )
        path = f"directory/room/{quote(f'#the-{wanted}:{world.home.server_name}')}"
        status, answer = await world.bob.ask("GET", path)
        assert status == expected, answer
        assert (await world.alice.ask("GET", path))[0] == 200


async def test_bridges_stay_out_of_domestic_rooms_of_people(world: World) -> None:
    room = await world.alice.create_room(invite=[world.root.mxid])
    assert (await world.root.join(room))[0] == 200
    for inviter in (world.alice, world.root):
        for bridge in (world.bot, world.ghost):
            await inviter.invite(room, bridge.mxid)
            status, answer = await bridge.join(room)
            assert status == 403, answer
    status, answer = await world.alice.invite(room, world.bot.mxid)
    assert "Bridges do not take part in this room" in answer["error"]


async def test_a_room_with_a_bridge_alone_is_fine(world: World) -> None:
    room = await world.alice.create_room(invite=[world.bot.mxid], is_direct=True)
    assert (await state(world.alice, room, RESIDENCY))["bridged"] is True
    assert (await world.bot.join(room))[0] == 200
    later = await world.alice.create_room()
    assert (await world.alice.invite(later, world.bot.mxid))[0] == 200
    assert (await world.bot.join(later))[0] == 200


async def test_rooms_of_a_bridge_are_domestic_and_open_to_its_puppets(world: World) -> None:
    room = await world.bot.create_room(invite=[world.alice.mxid], name="a chat")
    content = await state(world.bot, room, RESIDENCY)
    assert (content["class"], content["bridged"]) == ("domestic", True)
    assert (await world.alice.join(room))[0] == 200
    assert (await world.bot.invite(room, world.root.mxid))[0] == 200
    assert (await world.root.join(room))[0] == 200
    assert (await world.bot.invite(room, world.ghost.mxid))[0] == 200
    assert (await world.ghost.join(room))[0] == 200
    status, _ = await world.bot.invite(room, world.bob.mxid)
    assert status == 403


async def test_who_may_not_use_a_bridge_or_meet_others(world: World) -> None:
    status, answer = await world.dora.ask("POST", "createRoom", {"invite": [world.bot.mxid]})
    assert (status, answer["error"][:36]) == (403, "Your account may not do this here (b")
    status, _ = await world.bot.ask("POST", "createRoom", {"invite": [world.dora.mxid]})
    assert status == 403
    status, _ = await world.dora.ask(
        "POST", "createRoom", {"creation_content": {RESIDENCY: "allowlisted"}}
    )
    assert status == 403
    shared = await world.alice.create_room(preset="public_chat", invite=[world.bob.mxid])
    assert (await world.bob.join(shared, world.home.server_name))[0] == 200
    status, answer = await world.dora.join(shared)
    assert (status, "federate" in answer["error"]) == (403, True)
    elsewhere = await world.bob.create_room(preset="public_chat")
    status, _ = await world.dora.join(elsewhere, world.bob.mxid.partition(":")[2])
    assert status == 403
    local = await world.alice.create_room(
        preset="public_chat", creation_content={RESIDENCY: "allowlisted"}
    )
    assert (await world.dora.join(local))[0] == 200
    status, answer = await world.alice.invite(local, world.bob.mxid)
    assert (status, f"{world.dora.mxid}: federate" in answer["error"]) == (403, True)


async def test_everybody_can_read_the_policy_in_force(world: World) -> None:
    url = f"{world.home.url}/_karvon/policy"
    async with aiohttp.ClientSession() as session:
        async with session.get(url) as response:
            shown, tag = await response.json(), response.headers["ETag"]
        assert tag == f'"{shown["digest"]}"'
        assert shown["policy"]["rooms"]["widest"] == "open"
        async with session.get(url, headers={"If-None-Match": tag}) as response:
            assert response.status == 304
        async with session.get(f"{url}/why") as response:
            assert response.status == 401


async def test_people_can_ask_why(world: World) -> None:
    path = "/_karvon/policy/why"
    room = await world.alice.create_room()
    await world.alice.invite(room, "@carol:far.example")
    await world.alice.join("#room:far.example")
    status, answer = await world.alice.ask("GET", path)
    assert status == 200
    join, invite = answer["refusals"][:2]
    assert (join["action"], invite["action"]) == ("join", "invite")
    for one in (join, invite):
        assert (one["reason"], one["subject"]) == ("not_listed", "far.example")
        assert one["rule"] == "default deny"
        assert "far.example is not on it" in one["sentence"]
    assert (await world.root.ask("GET", f"{path}?person={world.alice.mxid}"))[0] == 403


async def test_a_bot_may_ask_for_people_it_shares_a_room_with(world: World) -> None:
    room = await world.dora.create_room()
    await world.dora.invite(room, "@carol:far.example")
    path = f"/_karvon/policy/why?person={quote(world.dora.mxid)}"
    assert (await world.ghost.ask("GET", path))[0] == 403
    await public_room(world, world.ghost)
    status, answer = await world.ghost.ask("GET", path)
    assert (status, answer["refusals"][0]["action"]) == (200, "invite")


async def test_an_administrator_changes_the_policy_by_the_bot(world: World) -> None:
    room = await world.dora.create_room()
    await public_room(world, world.bot)
    await world.dora.invite(room, "@carol:far.example")
    bot = UserID(world.bot.mxid)
    connector = aiohttp.TCPConnector(limit=2)
    async with Homeserver.open(world.home.url, world.token, None, bot, connector) as homeserver:
        office = PolicyOffice(homeserver, world.home.server_name, world.policy.path, SystemClock())
        refusals = await office.refusals(UserID(world.dora.mxid))
        assert refusals is not None
        assert (refusals[0].reason, refusals[0].subject) == ("not_listed", "far.example")
        draft = office.draft(AddServer(Listing.ALLOW, "far.example"))
        assert await office.apply(draft)
        shown = await office.in_force()
        assert shown is not None
        allowed = [one["server"] for one in shown["policy"]["federation"]["allow"]]
        assert "far.example" in allowed
        assert await office.apply(office.draft(RemoveServer("far.example")))


async def test_figures_for_prometheus(world: World) -> None:
    await public_room(world)
    async with (
        aiohttp.ClientSession() as session,
        session.get(f"{world.home.url}/_synapse/metrics") as response,
    ):
        figures = await response.text()
    assert "\nkarvon_policy_audit_healthy 1.0\n" in figures
    assert 'karvon_policy_records_total{kind="room_class_set"}' in figures
    assert 'karvon_policy_decisions_total{request="roomclass",result="allowed"}' in figures


async def public_room(world: World, *puppets: Puppet) -> str:
    """Make a room that dora and bridges may be in, and have them come."""
    room = await world.root.create_room(
        preset="public_chat", creation_content={RESIDENCY: "allowlisted"}
    )
    for person in (world.dora, *puppets):
        assert (await person.join(room))[0] == 200
    return room
