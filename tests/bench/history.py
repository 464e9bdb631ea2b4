# SPDX-License-Identifier: AGPL-3.0-or-later
"""How fast a homeserver puts a history behind what is in a room, and how fast it takes the same with `?ts=`.

Both come from one process without a bridge, as the same ghosts, into one room in which something is said.
"""

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

import aiohttp
from attrs import field, frozen

from bridges.core.config import BridgeSettings
from tests.bench.figures import SilentHistory
from tests.bench.throughput import timed

_AT_ONCE = 500
_GHOSTS = 8
_BEGINNING = 1_500_000_000_000
_TEXT = "long ago {number}: the caravan rests at the well until the evening star is up"


class HistoryLost(Exception):
    """What is in the room is not what was handed over."""


@frozen
class Insertion:
    """Asks a homeserver as a bridge does."""

    settings: BridgeSettings
    http: aiohttp.ClientSession
    ghosts: list[str] = field(factory=list)

    async def measure(self, messages: int, plainly: int) -> SilentHistory:
        """Put so many messages behind what is in a room, and send others with `?ts=`.

        Raises `HistoryLost` if they are not there afterwards, in their order.
        """
        room = await self._make_room()
        await self._send(room, 0, "now")

        async def insert() -> None:
            for first in range(0, messages, _AT_ONCE):
                batch = [self._event(n) for n in range(first, min(messages, first + _AT_ONCE))]
                await self._history(room, "events", {"events": batch})
            while (await self._history(room, "commit", {}))["left"]:
                pass

        async def send() -> None:
            for number in range(plainly):
                await self._send(room, number, "plainly", ts=str(_BEGINNING + number))

        silent = await timed(insert, messages)
        plain = await timed(send, plainly)
        await self._check(room, messages)
        return SilentHistory(silent, plain)

    def _event(self, number: int) -> dict[str, Any]:
        return {
            "key": str(number),
            "sender": self.ghosts[number % _GHOSTS],
            "type": "m.room.message",
            "origin_server_ts": _BEGINNING + 1000 * number,
            "content": {"msgtype": "m.text", "body": _TEXT.format(number=number)},
        }

    async def _make_room(self) -> str:
        for number in range(_GHOSTS):
            ghost = self.settings.ghost_mxid(f"history{number}")
            name = ghost[1:].partition(":")[0]
            body = {"type": "m.login.application_service", "username": name, "inhibit_login": True}
            await self._call("POST", "/_matrix/client/v3/register", body)
            self.ghosts.append(ghost)
        first, *others = self.ghosts
        body = {"preset": "private_chat", "invite": others}
        made = await self._call("POST", "/_matrix/client/v3/createRoom", body, user_id=first)
        room = str(made["room_id"])
        for ghost in others:
            await self._call("POST", f"/_matrix/client/v3/join/{quote(room)}", {}, user_id=ghost)
        return room

    async def _send(self, room: str, number: int, what: str, **query: str) -> None:
        path = f"/_matrix/client/v3/rooms/{quote(room)}/send/m.room.message/{what}{number}"
        content = {"msgtype": "m.text", "body": _TEXT.format(number=number)}
        await self._call("PUT", path, content, user_id=self.ghosts[number % _GHOSTS], **query)

    async def _history(self, room: str, what: str, body: Mapping[str, Any]) -> Any:
        return await self._call("POST", f"/_karvon/history/v1/rooms/{quote(room)}/{what}", body)

    async def _check(self, room: str, messages: int) -> None:
        """Read the room from its end, and compare what is in the past."""
        path = f"/_matrix/client/v3/rooms/{quote(room)}/messages"
        where: dict[str, str] = {}
        found: list[int] = []
        while True:
            query = {"dir": "b", "limit": "1000", "user_id": self.ghosts[0], **where}
            page = await self._call("GET", path, None, **query)
            found += [
                (one["origin_server_ts"] - _BEGINNING) // 1000
                for one in page["chunk"]
                if "org.karvon.past" in one["content"]
            ]
            if "end" not in page:
                break
            where = {"from": page["end"]}
        if found != list(reversed(range(messages))):
            raise HistoryLost(f"{len(found)} of {messages} messages are there, or out of order")

    async def _call(
        self, method: str, path: str, body: Mapping[str, Any] | None, **query: str
    ) -> Any:
        async with self.http.request(
            method,
            f"{self.settings.homeserver_url}{path}",
            json=body,
            params=query,
            headers={"Authorization": f"Bearer {self.settings.registration.as_token}"},
        ) as answer:
            answer.raise_for_status()
            return await answer.json()


async def silent_history(settings: BridgeSettings, messages: int, plainly: int) -> SilentHistory:
    """Measure both; raises `HistoryLost`."""
    async with aiohttp.ClientSession() as http:
        return await Insertion(settings, http).measure(messages, plainly)
