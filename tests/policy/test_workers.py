# SPDX-License-Identifier: AGPL-3.0-or-later
"""A homeserver of several processes: the policy holds on each, and changes on all of them."""

import json
import os
from collections.abc import AsyncIterator
from pathlib import Path
from urllib.parse import quote

import asyncpg
import pytest
from attrs import evolve, frozen

from tests.policy.federating import (
    HOST,
    FederatingServer,
    Person,
    federation_config,
    lets_in,
    make_certificate,
    running,
    tls_front,
)
from tests.policy.history.bringing import MODULE, RefusedError, bridge, bringer, past
from tests.policy.lists.making import Signer, content_today, signed
from tests.policy.policy_file import PolicyFile
from tests.support.appservice import Registration
from tests.support.ports import PortLease
from tests.support.postgres import PostgresServer
from tests.support.redis import RedisMissingError, RedisServer
from tests.support.synapse import SynapseSettings
from tests.support.synapse_workers import SynapseWithWorkers, WorkerSettings
from tests.support.waiting import eventually

pytestmark = [pytest.mark.synapse, pytest.mark.postgres]

SENDER, PERSISTER, READER, RECEIVER = "sender", "persister", "reader", "receiver"


@frozen
class World:
    """Ours with its processes, and another homeserver with one; somebody on each."""

    policy: PolicyFile
    home: SynapseWithWorkers
    near: FederatingServer
    bridge: Registration
    alice: Person
    bob: Person
    token: str
    """Alice's, for all processes."""

    def allow(self, *servers: str) -> None:
        self.policy.write(federation={"allow": list(servers)}, rooms={"default": "allowlisted"})

    async def let_in_by(self) -> set[str]:
        """Give the processes that would let the other server in."""
        near = self.near.server_name
        return {each.name for each in self.home.processes if await lets_in(each.url, near)}

    async def sender_has_seen_everything(self) -> bool:
        """Whether the process that sends has dealt with every event there is."""
        connection = await asyncpg.connect(self.home.settings.database_url)
        try:
            behind: int = await connection.fetchval(
                "SELECT (SELECT max(stream_ordering) FROM events) - stream_id"
                " FROM federation_stream_position WHERE type = 'events'"
            )
        finally:
            await connection.close()
        return behind <= 0

    def requests_at_near(self) -> int:
        """Count what the other server was asked over federation."""
        log = (self.near.data / "homeserver.log").read_text("utf-8")
        return sum(
            "Processed request" in line and "/_matrix/federation/" in line
            for line in log.splitlines()
        )


@pytest.fixture(scope="module")
async def redis(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[RedisServer]:
    try:
        server = RedisServer(tmp_path_factory.mktemp("redis"))
    except RedisMissingError as error:
        if os.environ.get("CI"):
            raise
        pytest.skip(str(error))
    async with server:
        yield server


@pytest.fixture(scope="module")
async def world(
    tmp_path_factory: pytest.TempPathFactory, postgres: PostgresServer, redis: RedisServer
) -> AsyncIterator[World]:
    folder = tmp_path_factory.mktemp("workers")
    certificate = make_certificate(folder)
    for name in ("home", "near"):
        (folder / name).mkdir()
    policy = PolicyFile(folder / "policy")
    policy.allow()
    near = FederatingServer(folder / "near", certificate, PortLease())
    log_requests(near.data)
    with PortLease() as federation:
        server_name = f"{HOST}:{federation.port}"
        service = bridge(server_name=server_name)
        home = SynapseWithWorkers(
            folder / "home",
            SynapseSettings(
                database_url=await postgres.create_database("workers"),
                registrations=[service],
                modules=[policy.module(), MODULE],
                server_name=server_name,
                extra_config={
                    **federation_config(certificate),
                    "federation_domain_whitelist": [],
                },
            ),
            [
                WorkerSettings(SENDER, sends=True),
                WorkerSettings(PERSISTER, writes=["events"]),
                WorkerSettings(READER),
                WorkerSettings(RECEIVER),
            ],
            redis.port,
        )
        receiver = home.process(RECEIVER).port
        async with tls_front(certificate, federation.port, receiver), running(home, near):
            token = await home.register_user("alice", "pass alice")
            yield World(
                policy,
                home,
                near,
                service,
                Person(home.process(READER), "alice", token),
                await Person.register(near, "bob"),
                token,
            )


def log_requests(data: Path) -> None:
    """Have a homeserver log each request it gets."""
    path = data / "log.yaml"
    config = json.loads(path.read_text())
    path.write_text(json.dumps(config | {"loggers": {"synapse.access": {"level": "INFO"}}}))


async def test_the_policy_holds_on_every_process_and_changes_on_all(world: World) -> None:
    assert await world.let_in_by() == set()

    world.allow(world.near.server_name)
    await everybody(world, allows=True)
    room = await talk(world, "hello")

    world.allow()
    await everybody(world, allows=False)
    await nothing_passes(world, room)

    world.allow(world.near.server_name)
    await everybody(world, allows=True)
    await talk(world, "hello again")


async def test_a_signed_list_counts_on_every_process_and_so_does_the_next(world: World) -> None:
    anna, folder = Signer.new("anna"), world.policy.folder
    (folder / "anna.pem").write_bytes(anna.key.public.pem())
    lists = [
        {"name": "clinics", "source": "list.jws", "keys": [{"id": "anna", "file": "anna.pem"}]}
    ]
    world.policy.write(federation={"lists": lists})
    for version, server in enumerate((world.near.server_name, "elsewhere.example") * 2, 1):
        (folder / "list.new").write_bytes(signed(content_today(version, server), anna))
        (folder / "list.new").rename(folder / "list.jws")
        await everybody(world, allows=server == world.near.server_name)


async def test_a_refusal_is_explained_by_another_process(world: World) -> None:
    world.allow()
    await everybody(world, allows=False)
    room = await world.alice.create_room()
    assert (await world.alice.invite(room, world.bob.mxid))[0] == 403
    for each in world.home.processes:
        asked = Person(each, "alice", world.token)

        async def knows(asked: Person = asked) -> bool:
            status, answer = await asked.ask("GET", "/_karvon/policy/why")
            assert status == 200, answer
            return any(
                (one["action"], one["subject"]) == ("invite", world.near.server_name)
                for one in answer["refusals"]
            )

        await eventually(knows, describe=f"{each.name} to know of it")


async def test_a_history_is_stored_by_the_process_that_stores_the_room_and_stays_at_home(
    world: World,
) -> None:
    world.allow(world.near.server_name)
    await everybody(world, allows=True)
    async with bringer(world.home, world.bridge, 1) as ours:
        (ghost,) = ours.ghosts
        room = await talk(world, "hello")
        assert (await world.alice.invite(room, ghost))[0] == 200
        path = f"/_matrix/client/v3/join/{quote(room)}"
        await ours.client.call("POST", path, {}, user_id=ghost)
        ids = await ours.hand_over(room, ours.texts(0, 5))
        await ours.commit(room)
        elsewhere = evolve(ours, client=evolve(ours.client, url=world.home.process(READER).url))
        with pytest.raises(RefusedError, match="main process") as refused:
            await elsewhere.hand_over(room, ours.texts(5, 6))
        assert refused.value.status == 501

    async def is_around() -> bool:
        last = quote(ids["message 4"])
        status, around = await world.alice.ask("GET", f"rooms/{quote(room)}/context/{last}")
        before = [one["content"].get("body") for one in around.get("events_before", ())]
        return status == 200 and before[:4] == past(0, 4)[::-1]

    await eventually(is_around, describe=world.home.log)
    await world.alice.say(room, "afterwards")
    await eventually(lambda: knows_of(world.bob, room, "afterwards"), describe=world.home.log)
    # Reading backwards also shows what a homeserver has fetched from another.
    _, page = await world.bob.ask("GET", f"rooms/{quote(room)}/messages?dir=b&limit=100")
    there = [one["content"].get("body") for one in page["chunk"]]
    assert "afterwards" in there
    assert not set(past(0, 5)) & set(there)


async def knows_of(person: Person, room: str, said: str) -> bool:
    """Whether somebody has heard it."""
    return said in await person.heard(room)


async def everybody(world: World, *, allows: bool) -> None:
    """Wait until all processes agree about the other server."""
    wanted = {each.name for each in world.home.processes} if allows else set()

    async def agreed() -> bool:
        return await world.let_in_by() == wanted

    await eventually(agreed, describe=world.home.log)


async def talk(world: World, greeting: str) -> str:
    """Invite somebody of the other server into a new room, hear each other there; give its id."""
    room = await world.alice.create_room()
    status, answer = await world.alice.invite(room, world.bob.mxid)
    assert status == 200, answer
    status, answer = await world.bob.join(room, world.home.server_name)
    assert status == 200, answer
    for speaker, listener in ((world.alice, world.bob), (world.bob, world.alice)):
        said = f"{greeting} from {speaker.mxid}"
        await speaker.say(room, said)

        async def heard(listener: Person = listener, said: str = said) -> bool:
            return said in await listener.heard(room)

        await eventually(heard, describe=world.home.log)
    return room


async def nothing_passes(world: World, room: str) -> None:
    """Try everything in both directions, and find that the other server was not asked once."""
    asked = world.requests_at_near()
    alice, bob = world.alice, world.bob

    status, answer = await alice.invite(await alice.create_room(), bob.mxid)
    assert status == 403
    assert "only talks to servers on its allowlist" in answer["error"]
    status, answer = await alice.ask("GET", f"profile/{quote(bob.mxid)}")
    assert (status, answer["error"]) == (403, f"Federation denied with {world.near.server_name}.")
    for path, body in (
        (f"rooms/{quote(room)}/send/m.room.message/1", {"msgtype": "m.text", "body": "secret"}),
        (f"rooms/{quote(room)}/typing/{quote(alice.mxid)}", {"typing": True, "timeout": 9000}),
        ("sendToDevice/m.test/1", {"messages": {bob.mxid: {"*": {"body": "secret"}}}}),
    ):
        # Whether it is refused or only not passed on: it must not arrive.
        await alice.ask("PUT", path, body)

    status, _ = await bob.invite(await bob.create_room(), alice.mxid)
    assert status == 403
    assert (await bob.ask("GET", f"profile/{quote(alice.mxid)}"))[0] == 403
    await bob.say(room, "from outside")

    await eventually(lambda: swept(alice, room, bob), describe=world.home.log)
    await alice.say(room, "among us")
    await eventually(world.sender_has_seen_everything, describe=world.home.log)
    assert world.requests_at_near() == asked
    assert not {"secret", "among us"} & set(await bob.heard(room))
    assert "from outside" not in await alice.heard(room)


async def swept(alice: Person, room: str, bob: Person) -> bool:
    """Whether somebody was taken out of a room."""
    _, answer = await alice.ask("GET", f"rooms/{quote(room)}/joined_members")
    return bob.mxid not in answer["joined"]
