# SPDX-License-Identifier: AGPL-3.0-or-later
"""A homeserver with the module between two made-up ones."""

import itertools
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import quote

import aiohttp
from attrs import field, frozen

from tests.policy.federating import (
    ADDRESSES,
    FederatingServer,
    Person,
    make_certificate,
    running,
)
from tests.policy.federation.world import comes_into_force
from tests.policy.hostile.membership import Membership
from tests.policy.hostile.peer import Peer, peer_of
from tests.policy.policy_file import PolicyFile
from tests.support.ports import PortLease
from tests.support.waiting import eventually


@frozen
class Shared:
    """A room in which nobody at home may remove anybody, so that guests stay whoever is refused."""

    room: str
    alice: Person
    friend: Membership
    other: Membership


@frozen
class Border:
    """``home`` carries the module; ``friend`` is usually allowed, ``other`` comes and goes."""

    home: FederatingServer
    policy: PolicyFile
    watcher: Person
    friend: Peer
    other: Peer
    _numbers: Iterator[int] = field(factory=itertools.count)

    async def person(self, *, admin: bool = False) -> Person:
        """Register somebody new at home."""
        return await Person.register(self.home, f"person{next(self._numbers)}", admin=admin)

    async def allow(self, *peers: Peer) -> None:
        """Allow these and no others, and wait until that is in force."""
        self.policy.allow(*(peer.name for peer in peers))
        await comes_into_force(self.policy, self.watcher)

    async def shared(self) -> Shared:
        """Have somebody make a room, somebody of each peer join, and nobody at home keep power."""
        await self.allow(self.friend, self.other)
        alice = await self.person()
        guests = {
            peer.user(f"guest{next(self._numbers)}"): peer for peer in (self.friend, self.other)
        }
        room = await alice.create_room(room_version="11", invite=list(guests))
        levels = {"users": dict.fromkeys(guests, 100)}
        path = f"rooms/{quote(room)}/state/m.room.power_levels/"
        status, answer = await alice.ask("PUT", path, levels)
        assert status == 200, answer
        friend, other = [await Membership.join(peer, room, user) for user, peer in guests.items()]
        await eventually(partial(alice.try_to_say, room, "everybody is here"))
        return Shared(room, alice, friend, other)


async def download(person: Person, peer: Peer, file: str) -> tuple[int, bytes]:
    """Have somebody at home fetch a file of a peer; give the status and what came."""
    url = f"{peer.home.url}/_matrix/client/v1/media/download/{peer.name}/{file}"
    async with (
        aiohttp.ClientSession(headers=person._headers) as session,
        session.get(url) as response,
    ):
        return response.status, await response.read()


@asynccontextmanager
async def open_border(folder: Path, *modules: Mapping[str, Any]) -> AsyncIterator[Border]:
    """Start the homeserver and its peers; nobody is allowed at the start.

    ``modules`` are entries of homeserver.yaml that follow on policy_module.
    """
    certificate = make_certificate(folder)
    policy = PolicyFile(folder / "policy")
    policy.allow()
    data = folder / "home"
    data.mkdir()
    extra = {
        "modules": [policy.module(), *modules],
        "federation_domain_whitelist": [],
        "presence": {"enabled": True},
        "allow_public_rooms_over_federation": True,
    }
    home = FederatingServer(data, certificate, PortLease(), extra, host=ADDRESSES[0])
    async with AsyncExitStack() as stack:
        await stack.enter_async_context(running(home))
        friend = await stack.enter_async_context(peer_of(home, certificate, ADDRESSES[3]))
        other = await stack.enter_async_context(peer_of(home, certificate, ADDRESSES[4]))
        friend.knows.append(other.who)
        watcher = await Person.register(home, "watcher")
        yield Border(home, policy, watcher, friend, other)
