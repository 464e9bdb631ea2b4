# SPDX-License-Identifier: AGPL-3.0-or-later
"""An application service that brings histories, and somebody who reads the room."""

import contextlib
import sqlite3
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any
from urllib.parse import quote

import aiohttp
import asyncpg
from attrs import field, frozen

from policy_module.history.module import PATH
from policy_module.history.resource import ALSO_FOR
from tests.support.appservice import Registration, registration
from tests.support.synapse import SynapseServer
from tests.support.synapse_config import SERVER_NAME

MODULE = {"module": "policy_module.history.module.HistoryModule", "config": {}}
BEGINNING = 1_500_000_000_000
"""When the first of ``texts`` was said."""


class RefusedError(Exception):
    """The homeserver's answer was an error."""

    def __init__(self, status: int, answer: Mapping[str, Any]) -> None:
        super().__init__(f"{status} {answer}")
        self.status = status
        self.code = answer.get("errcode")
        self.sentence = str(answer.get("error"))


def bridge(
    name: str = "bridge", prefix: str = "b_", server_name: str = SERVER_NAME
) -> Registration:
    """A bridge's registration; it acts for nobody but its ghosts."""
    return registration(name, f"{name}bot", prefix, None, False, server_name)


def puppets() -> Registration:
    """A registration that acts for people."""
    return registration("puppets", "puppetbot", "nobody_", None, double_puppet=True)


@frozen
class Client:
    """Asks a homeserver with a token."""

    session: aiohttp.ClientSession
    url: str
    token: str

    async def call(
        self,
        method: str,
        path: str,
        body: Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | None = None,
        **query: Any,
    ) -> Any:
        """Give the answer. Raises ``RefusedError``."""
        async with self.session.request(
            method,
            self.url + path,
            json=body,
            params=query,
            headers={"Authorization": f"Bearer {self.token}", **(headers or {})},
        ) as response:
            answer = await response.json()
            if response.status != 200:
                raise RefusedError(response.status, answer)
            return answer

    async def room(self, room: str, path: str, **query: Any) -> Any:
        """Give what a room's page says."""
        return await self.call("GET", f"/_matrix/client/v1/rooms/{quote(room)}/{path}", **query)

    async def messages(
        self, room: str, direction: str = "b", page: int = 37, start: str | None = None
    ) -> list[dict[str, Any]]:
        """Give all events of a room as its reader finds them, page by page."""
        events: list[dict[str, Any]] = []
        where: dict[str, Any] = {} if start is None else {"from": start}
        while True:
            answer = await self.page(room, direction, page, **where)
            events += answer["chunk"]
            if "end" not in answer:
                return events
            where = {"from": answer["end"]}

    async def page(self, room: str, direction: str, limit: int, **query: Any) -> Any:
        """Give one page of a room's events."""
        path = f"/_matrix/client/v3/rooms/{quote(room)}/messages"
        return await self.call("GET", path, dir=direction, limit=str(limit), **query)

    async def texts(self, room: str) -> list[str]:
        """Give what was said in a room, oldest first."""
        return [
            event["content"]["body"]
            for event in reversed(await self.messages(room))
            if event["type"] == "m.room.message" and "body" in event["content"]
        ]

    async def say(self, room: str, text: str) -> str:
        """Say something now."""
        path = f"/_matrix/client/v3/rooms/{quote(room)}/send/m.room.message/{text.replace(' ', '')}"
        answer = await self.call("PUT", path, {"msgtype": "m.text", "body": text})
        return str(answer["event_id"])

    async def join(self, room: str) -> None:
        """Join a room."""
        await self.call("POST", f"/_matrix/client/v3/join/{quote(room)}", {})

    async def sync(self, since: str | None = None) -> Any:
        """Give what is new."""
        query: dict[str, Any] = {} if since is None else {"since": since}
        return await self.call("GET", "/_matrix/client/v3/sync", timeout="0", **query)

    async def slide(self, position: str | None = None) -> Any:
        """Give what a client of the newest kind sees (MSC4186)."""
        query: dict[str, Any] = {} if position is None else {"pos": position}
        body = {
            "conn_id": "history",
            "lists": {
                "all": {
                    "ranges": [[0, 99]],
                    "timeline_limit": 10,
                    "required_state": [],
                }
            },
        }
        path = "/_matrix/client/unstable/org.matrix.simplified_msc3575/sync"
        return await self.call("POST", path, body, **query)


@frozen
class Bringer:
    """A bridge with some ghosts."""

    client: Client
    registration: Registration
    ghosts: list[str] = field(factory=list)

    async def make_ghosts(self, number: int) -> None:
        """Register ghosts."""
        for index in range(number):
            name = f"{self.registration.ghost_prefix}{index}"
            await self.client.call(
                "POST",
                "/_matrix/client/v3/register",
                {"type": "m.login.application_service", "username": name, "inhibit_login": True},
            )
            self.ghosts.append(self.registration.ghost_mxid(str(index)))

    async def make_room(self, *people: str, **options: Any) -> str:
        """Make a room of all ghosts, to which people are invited."""
        body = {"preset": "private_chat", "invite": [*self.ghosts[1:], *people], **options}
        path = "/_matrix/client/v3/createRoom"
        room = str((await self.client.call("POST", path, body, user_id=self.ghosts[0]))["room_id"])
        for ghost in self.ghosts[1:]:
            await self.client.call(
                "POST", f"/_matrix/client/v3/join/{quote(room)}", {}, user_id=ghost
            )
        return room

    async def say(self, room: str, text: str, ghost: int = 0) -> str:
        """Have a ghost say something now."""
        path = f"/_matrix/client/v3/rooms/{quote(room)}/send/m.room.message/{text.replace(' ', '')}"
        body = {"msgtype": "m.text", "body": text}
        return str(
            (await self.client.call("PUT", path, body, user_id=self.ghosts[ghost]))["event_id"]
        )

    async def hand_over(
        self,
        room: str,
        events: Sequence[Mapping[str, Any]],
        also_for: Registration | None = None,
    ) -> dict[str, str]:
        """Hand a batch over; returns the ids by key. Raises ``RefusedError``."""
        headers = {} if also_for is None else {ALSO_FOR: also_for.as_token}
        path = f"{PATH}/v1/rooms/{quote(room)}/events"
        answer = await self.client.call("POST", path, {"events": list(events)}, headers)
        found: dict[str, str] = answer["events"]
        return found

    async def commit(self, room: str) -> int:
        """Put into the room what waits, until nothing is left; returns how much it was."""
        entered = 0
        while True:
            path = f"{PATH}/v1/rooms/{quote(room)}/commit"
            answer = await self.client.call("POST", path, {})
            entered += int(answer["entered"])
            if not answer["left"]:
                return entered

    def texts(self, first: int, end: int) -> list[dict[str, Any]]:
        """Messages of the past as they are handed over, said one after another by all ghosts."""
        return [
            {
                "key": f"message {index}",
                "sender": self.ghosts[index % len(self.ghosts)],
                "type": "m.room.message",
                "origin_server_ts": BEGINNING + 1000 * index,
                "content": {"msgtype": "m.text", "body": f"past {index}"},
            }
            for index in range(first, end)
        ]


def past(first: int, end: int) -> list[str]:
    """What ``Bringer.texts`` says."""
    return [f"past {index}" for index in range(first, end)]


@asynccontextmanager
async def bringer(
    server: SynapseServer, registered: Registration, ghosts: int
) -> AsyncIterator[Bringer]:
    """A bridge at a homeserver, with ghosts."""
    async with aiohttp.ClientSession() as session:
        found = Bringer(Client(session, server.url, registered.as_token), registered)
        await found.make_ghosts(ghosts)
        yield found


@frozen
class World:
    """A homeserver with the module, a bridge and somebody who reads."""

    server: SynapseServer
    bridge: Bringer
    puppets: Registration
    reader: Client
    reader_mxid: str
    stranger: Bringer
    """Another bridge, which is in none of the rooms."""

    async def room(self, **options: object) -> str:
        """Make a room with all ghosts and the reader."""
        room = await self.bridge.make_room(self.reader_mxid, **options)
        await self.reader.join(room)
        return room

    async def count(self, table: str, room: str) -> int:
        """Count what the homeserver's database has of a room."""
        url = self.server.settings.database_url
        if url is None:
            path = self.server.data / "homeserver.db"
            with contextlib.closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as opened:
                query = f"SELECT COUNT(*) FROM {table} WHERE room_id = ?"
                return int(opened.execute(query, (room,)).fetchone()[0])
        connection = await asyncpg.connect(url)
        try:
            query = f"SELECT COUNT(*) FROM {table} WHERE room_id = $1"
            return int(await connection.fetchval(query, room))
        finally:
            await connection.close()
