# SPDX-License-Identifier: AGPL-3.0-or-later
"""Three homeservers for the scenarios of this package: ours, a friend's, and one that comes and goes."""

import itertools
import json
import sqlite3
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, closing
from pathlib import Path
from typing import Any
from urllib.parse import quote

from attrs import field, frozen

from policy_module.live.source import PolicyFiles
from policy_module.rules.document import RoomClass
from policy_module.rules.policy import Policy
from tests.policy.federating import (
    ADDRESSES,
    Certificate,
    FederatingServer,
    Person,
    make_certificate,
    running,
)
from tests.policy.policy_file import PolicyFile
from tests.support.ports import PortLease
from tests.support.synapse import SynapseServer
from tests.support.waiting import eventually


@frozen
class World:
    """``home`` carries the module; ``near`` is a friend; ``far`` is allowed now and then.

    ``watcher`` is somebody at home who looks at the list in force.
    """

    home: FederatingServer
    near: FederatingServer
    far: FederatingServer
    policy: PolicyFile
    certificate: Certificate
    watcher: Person
    _numbers: Iterator[int] = field(factory=itertools.count)

    async def person(self, server: FederatingServer, *, admin: bool = False) -> Person:
        """Register somebody new."""
        return await Person.register(server, f"person{next(self._numbers)}", admin=admin)

    async def people(self) -> tuple[Person, Person, Person]:
        """Register somebody new at home, near and far."""
        return (
            await self.person(self.home),
            await self.person(self.near),
            await self.person(self.far),
        )

    async def allow(self, *servers: FederatingServer, timeout: float = 20.0) -> None:  # noqa: ASYNC109
        """Allow these and no others, and wait until that is in force."""
        await self.allow_entries(*(server.server_name for server in servers), timeout=timeout)

    async def allow_entries(
        self,
        *entries: str | dict[str, str],
        timeout: float = 20.0,  # noqa: ASYNC109
    ) -> None:
        """Allow what these entries of the policy say, and wait until that is in force."""
        self.policy.write(
            federation={"allow": list(entries)}, rooms={"default": RoomClass.ALLOWLISTED}
        )
        described = f"only {entries} to be allowed"
        await comes_into_force(self.policy, self.watcher, timeout, describe=described)

    async def shared_room(self, host: Person, *guests: Person, **request: Any) -> str:
        """Have ``host`` make a room and the guests come in, until all know of each other."""
        room = await host.create_room(invite=[guest.mxid for guest in guests], **request)
        for guest in guests:
            status, answer = await guest.join(room, host.mxid.partition(":")[2])
            assert status == 200, answer
        everybody = {host.mxid, *(guest.mxid for guest in guests)}

        async def all_know() -> bool:
            path = f"rooms/{quote(room)}/joined_members"
            answers = [(await person.ask("GET", path))[1] for person in (host, *guests)]
            return all(set(answer.get("joined", ())) == everybody for answer in answers)

        await eventually(all_know, describe="everybody to know of everybody")
        return room

    def audit(self, kind: str | None = None) -> list[dict[str, Any]]:
        """Give what home recorded, of one kind if it is given."""
        return audited(self.home, kind)


async def comes_into_force(
    policy: PolicyFile,
    watcher: Person,
    timeout: float = 20.0,  # noqa: ASYNC109
    describe: str = "the policy in force",
) -> None:
    """Wait until somebody is told that the homeserver goes by the policy file as it is now."""
    own_server = watcher.mxid.partition(":")[2]
    wanted = PolicyFiles(policy.path, own_server).read().outcome

    async def in_force() -> bool:
        _, answer = await watcher.ask("GET", "/_karvon/policy")
        return isinstance(wanted, Policy) and answer["digest"] == wanted.digest

    await eventually(in_force, timeout, describe=describe)


def audited(server: SynapseServer, kind: str | None = None) -> list[dict[str, Any]]:
    """Give what a homeserver recorded, of one kind if it is given."""
    lines = [line for line in server.log().splitlines() if "policy_module.audit" in line]
    records = [json.loads(line[line.index("{") :]) for line in lines]
    return [record for record in records if kind in (None, record["event"])]


def holds(server: FederatingServer, text: str) -> bool:
    """Whether a server has an event with this text, shown to anybody or not.

    Looks into its database: clients are not shown everything a server holds.
    """
    path = server.data / "homeserver.db"
    with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as database:
        query = "SELECT COUNT(*) FROM event_json WHERE json LIKE ?"
        (count,) = database.execute(query, (f"%{text}%",)).fetchone()
    return bool(count)


async def arrives(server: FederatingServer, text: str) -> None:
    """Wait until a server holds an event with this text."""
    await eventually(lambda: holds(server, text), describe=f"{text!r} at {server.server_name}")


@asynccontextmanager
async def three_servers(folder: Path, database_url: str | None = None) -> AsyncIterator[World]:
    """Start the three; home with PostgreSQL if a ``database_url`` is given."""
    certificate = make_certificate(folder)
    policy = PolicyFile(folder / "policy")
    policy.allow()
    home_only = {
        "modules": [policy.module()],
        "federation_domain_whitelist": [],
        "room_list_publication_rules": [{"action": "allow"}],
    }

    def server(name: str, address: str, **options: Any) -> FederatingServer:
        data = folder / name
        data.mkdir()
        return FederatingServer(data, certificate, PortLease(), host=address, **options)

    home = server("home", ADDRESSES[0], extra=home_only, database_url=database_url)
    near, far = server("near", ADDRESSES[1]), server("far", ADDRESSES[2])
    async with running(home, near, far):
        yield World(home, near, far, policy, certificate, await Person.register(home, "watcher"))
