# SPDX-License-Identifier: AGPL-3.0-or-later
"""What we ask of the sandbox's Telegram over its control API."""

from typing import Any

import aiohttp
from attrs import field, frozen

GREETING = (
    "Assalomu alaykum! Welcome to Karvon. Write back: it goes through Telegram's own protocol."
)
WELCOME_BACK = "Welcome back! We were here all along."


@frozen
class Resident:
    """A made-up person of the sandbox, with what they log in with."""

    name: str
    phone: str
    password: str | None = field(repr=False)


@frozen
class SandboxControl:
    """The control API."""

    http: aiohttp.ClientSession
    url: str

    async def resident(self) -> Resident:
        """Give the person the demo user logs in as: the first one."""
        people = await self._people()
        return Resident(people[0]["name"], people[0]["phone"], people[0].get("password"))

    async def login_code(self, resident: Resident) -> str:
        """Give the login code that was sent to a person last."""
        answer = await self._call("GET", f"/people/{resident.phone}/code")
        return str(answer["code"])

    async def greet(self, resident: Resident, *, again: bool) -> str:
        """Let the other person write to ``resident``, and give their name."""
        friend = next(one for one in await self._people() if one["phone"] != resident.phone)
        text = WELCOME_BACK if again else GREETING
        body = {"to": resident.phone, "text": text}
        await self._call("POST", f"/people/{friend['phone']}/send", body)
        return str(friend["name"])

    async def _people(self) -> list[dict[str, Any]]:
        people: list[dict[str, Any]] = (await self._call("GET", "/people"))["people"]
        return people

    async def _call(
        self, method: str, path: str, body: dict[str, Any] | None = None
    ) -> dict[str, Any]:
        async with self.http.request(method, self.url + path, json=body) as response:
            response.raise_for_status()
            answer: dict[str, Any] = await response.json()
            return answer
