# SPDX-License-Identifier: AGPL-3.0-or-later
"""Allowed servers that say, when asked where they are, that they are abroad."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack

import pytest
from attrs import frozen

from tests.policy.egress.listeners import Answer, Heard, Listener
from tests.policy.federating import ADDRESSES, FederatingServer, Person, make_certificate, running
from tests.policy.federation.world import comes_into_force
from tests.policy.policy_file import PolicyFile
from tests.policy.streets import Streets
from tests.support.ports import PortLease
from tests.support.waiting import eventually

pytestmark = pytest.mark.synapse

OWN, HOME, ABROAD = ADDRESSES[:3]
MOVED, MOVED_BY_DNS = "moved.test", "moved-by-dns.test"
"""Servers that have moved abroad, as their .well-known or their SRV record says."""
SENT_AWAY, SENT_TO_A_FRIEND, FAR = "sent-away.test", "sent-to-a-friend.test", "far.test"
"""Two that answer from abroad where they are, and one that is there."""
NAMES = MOVED, MOVED_BY_DNS, SENT_AWAY, SENT_TO_A_FRIEND, FAR
ELSEWHERE = "elsewhere.test"
WHERE = "/.well-known/matrix/server"


@frozen
class World:
    """``here`` says where servers are; ``there`` is abroad. Both speak TLS and keep what they hear."""

    home: FederatingServer
    policy: PolicyFile
    alice: Person
    here: Listener
    there: Listener

    async def put_in_force(self, *allowed: str, networks: tuple[str, ...]) -> None:
        """Allow servers as long as they are at one of these addresses."""
        self.policy.write(
            federation={"allow": list(allowed)},
            territories={"home": {"networks": [f"{each}/32" for each in networks]}},
            residency={"territory": "home", "federation": True},
        )
        await comes_into_force(self.policy, self.alice)
        self.here.forget()
        self.there.forget()

    async def asks(self, server: str) -> int:
        """Have home ask a server for a profile; give the status."""
        return (await self.alice.ask("GET", f"profile/@somebody:{server}"))[0]


@pytest.fixture(scope="module")
async def world(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[World]:
    folder = tmp_path_factory.mktemp("delegation")
    certificate = make_certificate(folder, *NAMES, ELSEWHERE)
    there = Listener()

    def tell(heard: Heard) -> Answer:
        if heard.headers["host"] == MOVED:
            return Answer(body=f'{{"m.server": "{ELSEWHERE}:{there.port}"}}'.encode())
        if heard.headers["host"] == MOVED_BY_DNS:
            return Answer(404)
        return Answer(302, {"Location": f"https://{ELSEWHERE}{WHERE}"})

    here = Listener(tell)
    policy = PolicyFile(folder / "policy")
    policy.allow()
    (folder / "home").mkdir()
    async with AsyncExitStack() as stack:
        await stack.enter_async_context(here.listening(certificate, HOME))
        await stack.enter_async_context(there.listening(certificate, ABROAD))
        streets = Streets(
            {
                **dict.fromkeys(NAMES, HOME),
                **dict.fromkeys((ELSEWHERE, FAR), ABROAD),
            },
            {HOME: here.port, ABROAD: there.port},
            {MOVED_BY_DNS: (ELSEWHERE, there.port)},
        )
        extra = {
            "modules": [policy.module(), streets.module()],
            "federation_domain_whitelist": [],
        }
        home = FederatingServer(folder / "home", certificate, PortLease(), extra, host=OWN)
        await stack.enter_async_context(running(home))
        yield World(home, policy, await Person.register(home, "alice"), here, there)


@pytest.mark.parametrize("server", [MOVED, MOVED_BY_DNS])
async def test_nothing_is_asked_where_a_server_says_it_is_abroad(world: World, server: str) -> None:
    await world.put_in_force(server, networks=(OWN, HOME))
    assert await world.asks(server) != 200
    assert [(heard.path, "authorization" in heard.headers) for heard in world.here.heard] == [
        (WHERE, False)
    ]
    assert world.there.silent
    assert f"{ELSEWHERE}:{world.there.port} ({ABROAD})" in world.home.log()

    await world.put_in_force(server, networks=(OWN, HOME, ABROAD))

    async def answered() -> bool:
        # A server that could not be reached is left alone for a second.
        return await world.asks(server) == 200

    await eventually(answered, describe="the server being asked where it says it is")
    (asked,) = world.there.heard
    assert asked.headers["authorization"].startswith("X-Matrix ")

    await world.put_in_force(server, networks=(OWN, HOME))
    assert await world.asks(server) != 200
    assert (world.there.silent, world.there.heard) == (True, [])


async def test_nobody_abroad_is_asked_where_a_server_is(world: World) -> None:
    await world.put_in_force(SENT_AWAY, FAR, networks=(OWN, HOME))
    assert await world.asks(SENT_AWAY) != 200
    assert [heard.path for heard in world.here.heard] == [WHERE]
    assert await world.asks(FAR) != 200
    assert world.there.silent

    allowed = SENT_TO_A_FRIEND, ELSEWHERE
    await world.put_in_force(*allowed, networks=(OWN, HOME, ABROAD))
    assert await world.asks(SENT_TO_A_FRIEND) != 200  # the answer names nobody
    assert [heard.path for heard in world.there.heard] == [WHERE]
