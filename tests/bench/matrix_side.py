# SPDX-License-Identifier: AGPL-3.0-or-later
"""A person in Matrix with as little client as possible: it must not cost what is measured."""

import asyncio
import itertools
import json
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any
from urllib.parse import quote

import aiohttp
from attrs import frozen

_MESSAGES_ONLY = json.dumps(
    {
        "presence": {"types": []},
        "account_data": {"types": []},
        "room": {
            "ephemeral": {"types": []},
            "account_data": {"types": []},
            "state": {"types": []},
            "timeline": {"types": ["m.room.message"]},
        },
    }
)
_LONG_POLL = "30000"
_PAGE = "500"


@frozen
class MatrixSide:
    """The person whose Telegram account is bridged."""

    http: aiohttp.ClientSession
    mxid: str
    _numbers: "itertools.count[int]"

    async def say(self, room: str, text: str) -> None:
        """Send a text."""
        await self.send(room, {"msgtype": "m.text", "body": text})

    async def send(self, room: str, content: Mapping[str, Any]) -> None:
        """Send a message."""
        path = f"/rooms/{quote(room)}/send/m.room.message/bench{next(self._numbers)}"
        await self._request("PUT", path, json=content)

    async def newest_file(self, room: str) -> dict[str, Any]:
        """The content of the last message with a file in a room."""
        page = await self._request("GET", f"/rooms/{quote(room)}/messages", params={"dir": "b"})
        return next(
            event["content"]
            for event in page["chunk"]
            if event["content"].get("msgtype") == "m.file"
        )

    async def bodies(self, room: str) -> list[str]:
        """All messages of a room, oldest first."""
        found: list[str] = []
        token: str | None = None
        while True:
            parameters = {"dir": "b", "limit": _PAGE} | ({} if token is None else {"from": token})
            page = await self._request("GET", f"/rooms/{quote(room)}/messages", params=parameters)
            found += [
                event["content"]["body"]
                for event in page["chunk"]
                if event["type"] == "m.room.message" and "body" in event["content"]
            ]
            token = page.get("end")
            if token is None:
                return found[::-1]

    @asynccontextmanager
    async def listening(self) -> AsyncIterator["Ear"]:
        """Have a `/sync` open for the time of the block."""
        answer = await self._request("GET", "/sync", params={"filter": _MESSAGES_ONLY})
        ear = Ear()
        task = asyncio.create_task(self._listen(ear, answer["next_batch"]))
        try:
            yield ear
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    async def _listen(self, ear: "Ear", since: str) -> None:
        parameters = {"filter": _MESSAGES_ONLY, "timeout": _LONG_POLL}
        while True:
            answer = await self._request("GET", "/sync", params={**parameters, "since": since})
            now = time.perf_counter()
            since = answer["next_batch"]
            for room in answer.get("rooms", {}).get("join", {}).values():
                for event in room["timeline"]["events"]:
                    ear.note(str(event["content"].get("body")), now)

    async def _request(self, method: str, path: str, **options: Any) -> Any:
        async with self.http.request(method, f"/_matrix/client/v3{path}", **options) as response:
            answer = await response.json()
        if response.status != 200:
            raise RuntimeError(f"Synapse refused {method} {path}: {answer}")
        return answer


class Ear:
    """When which text was in an answer to `/sync` (`time.perf_counter`)."""

    def __init__(self) -> None:
        self._heard: dict[str, asyncio.Future[float]] = {}

    def note(self, text: str, moment: float) -> None:
        """A text has come."""
        future = self._of(text)
        if not future.done():
            future.set_result(moment)

    async def heard(self, text: str) -> float:
        """Wait until a text has come; returns when. Raises `TimeoutError` after a minute."""
        return await asyncio.wait_for(self._of(text), 60)

    def _of(self, text: str) -> asyncio.Future[float]:
        return self._heard.setdefault(text, asyncio.get_running_loop().create_future())


@asynccontextmanager
async def matrix_side(url: str, mxid: str, token: str) -> AsyncIterator[MatrixSide]:
    """Somebody with an access token at the homeserver at `url`."""
    headers = {"Authorization": f"Bearer {token}"}
    async with aiohttp.ClientSession(url, headers=headers) as http:
        yield MatrixSide(http, mxid, itertools.count())
