# SPDX-License-Identifier: AGPL-3.0-or-later
"""What we ask of the sandbox's Telegram over its control API (``sandbox/telegram/control.py``)."""

from typing import Any

import aiohttp
from attrs import frozen

GREETING = (
    "Assalomu alaykum! This is {name}, from the sandbox's Telegram. Write back from any Matrix client: "
    "your words travel to me in Telegram's own protocol."
)
WELCOME_BACK = "Welcome back! Everything you missed is here."


@frozen
class Resident:
    """A made-up person of the sandbox."""

    name: str
    phone: str
    username: str


DEMO_RESIDENT = Resident("Nodira", "+99955500101", "nodira_sandbox")
"""Whom the demo user logs in as."""
FRIEND = Resident("Farhod", "+99955500102", "farhod_sandbox")
"""Who writes to them."""


@frozen
class SandboxControl:
    """The control API."""

    http: aiohttp.ClientSession
    url: str

    async def login_code(self) -> str:
        """Give the code that every login to the sandbox is answered with."""
        return str((await self._call("GET", "/ready"))["login_code"])

    async def greet(self, *, again: bool) -> None:
        """Let the friend write to the demo's resident."""
        await self.friend_says(WELCOME_BACK if again else GREETING.format(name=FRIEND.name))

    async def friend_says(self, text: str) -> None:
        """Let the friend write a text, exactly as it is, to the demo's resident."""
        body = {"person": FRIEND.username, "chat": DEMO_RESIDENT.username, "text": text}
        await self._call("POST", "/people/send", body)

    async def heard_by_friend(self) -> list[str]:
        """Give all texts the friend was sent, oldest first."""
        answer = await self._call("GET", f"/people/{FRIEND.username}/received")
        return [
            one["text"] for one in answer["received"] if one["kind"] == "message" and not one["out"]
        ]

    async def _call(
        self, method: str, path: str, body: dict[str, Any] | None = None
    ) -> dict[str, Any]:
        async with self.http.request(method, self.url + path, json=body) as response:
            response.raise_for_status()
            answer: dict[str, Any] = await response.json()
            return answer
