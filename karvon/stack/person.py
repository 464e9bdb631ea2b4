# SPDX-License-Identifier: AGPL-3.0-or-later
"""A person with a Matrix client, as small as can be: log in, open a room, write, read.

Source: Matrix client-server API v1.15. Rooms are not encrypted.
"""

import contextlib
from collections.abc import AsyncIterator
from typing import Any
from urllib.parse import quote

import aiohttp
from attrs import frozen

_SYNC_SECONDS = 30


class MatrixError(Exception):
    """The homeserver refused a request; the text is its answer."""


@frozen
class Message:
    """A message in a room."""

    room_id: str
    sender: str
    body: str


class MatrixPerson:
    """Somebody logged in; made with ``logged_in``."""

    def __init__(self, http: aiohttp.ClientSession, url: str, mxid: str, token: str) -> None:
        self.mxid = mxid
        self._http = http
        self._url = url
        self._token = token
        self._transactions = 0
        self._device = token[-16:]

    async def direct_room(self, other: str) -> str:
        """Give the room shared with ``other`` alone; open one and invite them if there is none."""
        path = f"/user/{quote(self.mxid)}/account_data/m.direct"
        try:
            direct = await self._call("GET", path)
        except MatrixError:
            direct = {}
        joined = (await self._call("GET", "/joined_rooms"))["joined_rooms"]
        for room in direct.get(other, ()):
            if room in joined and await self._has_member(room, other):
                return str(room)
        body = {"is_direct": True, "invite": [other], "preset": "trusted_private_chat"}
        room = str((await self._call("POST", "/createRoom", body))["room_id"])
        direct[other] = [room, *direct.get(other, ())]
        await self._call("PUT", path, direct)
        return room

    async def wait_for_member(self, room: str, other: str) -> None:
        """Wait until ``other`` has joined a room."""
        since = await self.sync_token()
        while not await self._has_member(room, other, invited=False):
            since, _ = await self._sync(since)

    async def say(self, room: str, body: str) -> None:
        """Write a message."""
        self._transactions += 1
        path = f"/rooms/{quote(room)}/send/m.room.message/{self._device}-{self._transactions}"
        await self._call("PUT", path, {"msgtype": "m.text", "body": body})

    async def sync_token(self) -> str:
        """Give the present, as a place from which ``messages`` reads on."""
        answer = await self._call("GET", "/sync", params={"timeout": "0", "filter": _NOTHING})
        return str(answer["next_batch"])

    async def messages(self, since: str) -> AsyncIterator[Message]:
        """Give the messages of all rooms from ``since`` on, as they come; never ends by itself."""
        while True:
            since, messages = await self._sync(since)
            for message in messages:
                yield message

    async def log_out(self) -> None:
        """End the session."""
        await self._call("POST", "/logout", {})

    async def _sync(self, since: str) -> tuple[str, list[Message]]:
        params = {"since": since, "timeout": str(_SYNC_SECONDS * 1000)}
        answer = await self._call("GET", "/sync", params=params)
        rooms = answer.get("rooms", {}).get("join", {})
        found = [
            Message(room_id, event["sender"], event["content"]["body"])
            for room_id, room in rooms.items()
            for event in room.get("timeline", {}).get("events", ())
            if event["type"] == "m.room.message" and isinstance(event["content"].get("body"), str)
        ]
        return str(answer["next_batch"]), found

    async def _has_member(self, room: str, other: str, *, invited: bool = True) -> bool:
        path = f"/rooms/{quote(room)}/state/m.room.member/{quote(other)}"
        try:
            membership = (await self._call("GET", path)).get("membership")
        except MatrixError:
            return False
        return membership == "join" or (invited and membership == "invite")

    async def _call(
        self,
        method: str,
        path: str,
        body: dict[str, Any] | None = None,
        params: dict[str, str] | None = None,
    ) -> dict[str, Any]:
        return await request(
            self._http, method, f"{self._url}/_matrix/client/v3{path}", self._token, body, params
        )


_NOTHING = '{"room": {"rooms": []}, "presence": {"limit": 0}}'


async def request(
    http: aiohttp.ClientSession,
    method: str,
    url: str,
    token: str | None,
    body: dict[str, Any] | None = None,
    params: dict[str, str] | None = None,
) -> dict[str, Any]:
    """Call the client API. Raises ``MatrixError`` and ``aiohttp.ClientError``."""
    headers = {} if token is None else {"Authorization": f"Bearer {token}"}
    async with http.request(method, url, json=body, params=params, headers=headers) as response:
        answer: dict[str, Any] = await response.json()
        if response.status != 200:
            raise MatrixError(f"{answer.get('errcode')}: {answer.get('error')}")
        return answer


@contextlib.asynccontextmanager
async def logged_in(
    http: aiohttp.ClientSession, homeserver_url: str, username: str, password: str, device: str
) -> AsyncIterator[MatrixPerson]:
    """Log in while the context lasts. Raises ``MatrixError`` and ``aiohttp.ClientError``."""
    body = {
        "type": "m.login.password",
        "identifier": {"type": "m.id.user", "user": username},
        "password": password,
        "device_id": device,
        "initial_device_display_name": "karvon up",
    }
    url = f"{homeserver_url}/_matrix/client/v3/login"
    answer = await request(http, "POST", url, None, body)
    person = MatrixPerson(http, homeserver_url, answer["user_id"], answer["access_token"])
    try:
        yield person
    finally:
        with contextlib.suppress(MatrixError, aiohttp.ClientError):
            await person.log_out()
