# SPDX-License-Identifier: AGPL-3.0-or-later
"""People who talk in a room while it is filled, and a push gateway that notes what rings."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from itertools import zip_longest
from typing import Any
from urllib.parse import quote

from aiohttp import web
from attrs import define, field

from tests.policy.history.bringing import Client
from tests.support.ports import LOOPBACK, PortLease
from tests.support.waiting import eventually

_PAUSE = 0.5
"""Seconds between two things that are said."""


@define
class Gateway:
    """Notes the events phones are woken for, by the key of each phone."""

    url: str
    rung: dict[str, set[str]] = field(factory=dict)

    async def notify(self, request: web.Request) -> web.Response:
        """Take a notification (push gateway API)."""
        told = (await request.json())["notification"]
        for device in told["devices"]:
            if "event_id" in told:
                self.rung.setdefault(device["pushkey"], set()).add(told["event_id"])
        return web.json_response({"rejected": []})

    async def ring_for(self, client: Client, key: str) -> None:
        """Have somebody's phone woken."""
        body = {
            "kind": "http",
            "app_id": "bench",
            "app_display_name": "bench",
            "device_display_name": "bench",
            "pushkey": key,
            "lang": "en",
            "data": {"url": self.url, "format": "event_id_only"},
        }
        await client.call("POST", "/_matrix/client/v3/pushers/set", body)


@asynccontextmanager
async def gateway() -> AsyncIterator[Gateway]:
    """Run one for the time of the block."""
    with PortLease() as lease:
        found = Gateway(f"http://{LOOPBACK}:{lease.port}/_matrix/push/v1/notify")
        app = web.Application()
        app.router.add_post("/_matrix/push/v1/notify", found.notify)
        runner = web.AppRunner(app)
        await runner.setup()
        await web.TCPSite(runner, LOOPBACK, lease.port).start()
        try:
            yield found
        finally:
            await runner.cleanup()


@define
class Talk:
    """The owner brings a friend into the new room, and both talk there in turn.

    The friend has read the first thing the owner says there, and nothing after it.

    Attributes:
        room: where, once it is there.
        is_over: whether they are to stop.
        by_owner, by_friend: ids of what they have said.
    """

    owner: Client
    friend: Client
    friend_mxid: str
    room: str = ""
    is_over: bool = False
    by_owner: list[str] = field(factory=list)
    by_friend: list[str] = field(factory=list)
    _since: str = ""

    def in_order(self) -> list[str]:
        """Give the ids of all of it: they take turns, and the owner begins."""
        turns = zip_longest(self.by_owner, self.by_friend)
        return [one for turn in turns for one in turn if one is not None]

    async def go_on(self) -> None:
        """Accept the invitation to the room, and talk there until it is over."""
        await eventually(self._has_room, 120, "the owner is in the room")
        if not self.room:
            return
        path = f"/_matrix/client/v3/rooms/{quote(self.room)}/invite"
        await self.owner.call("POST", path, {"user_id": self.friend_mxid})
        await self.friend.join(self.room)
        self.by_owner.append(await self.owner.say(self.room, "salom"))
        # Until something is read the invitation counts as well.
        path = f"/_matrix/client/v3/rooms/{quote(self.room)}/receipt/m.read/"
        await self.friend.call("POST", path + quote(self.by_owner[0]), {})
        await self.answer()
        while not self.is_over:
            await asyncio.sleep(_PAUSE)
            self.by_owner.append(await self.owner.say(self.room, f"now {len(self.by_owner)}"))
            await asyncio.sleep(_PAUSE)
            await self.answer()

    async def answer(self) -> None:
        """Have the friend say something."""
        text = f"now and here {len(self.by_friend)}"
        self.by_friend.append(await self.friend.say(self.room, text))

    async def _has_room(self) -> bool:
        # A first answer is remembered by the homeserver for whoever asks the same again, and what the owner
        # sees in the end shall not be that one.
        query: dict[str, Any] = {"timeout": "1"} | ({"since": self._since} if self._since else {})
        news = await self.owner.call("GET", "/_matrix/client/v3/sync", **query)
        self._since = news["next_batch"]
        for room in news.get("rooms", {}).get("invite", {}):
            await self.owner.join(room)
            self.room = room
        return bool(self.room) or self.is_over
