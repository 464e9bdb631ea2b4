# SPDX-License-Identifier: AGPL-3.0-or-later
"""What we ask of the sandbox's networks over their control APIs.

They are ``sandbox/telegram/control.py`` and ``sandbox/whatsapp/control.py``.
"""

from collections.abc import Sequence
from typing import Any, Protocol

import aiohttp
from attrs import frozen

from karvon.stack.cues import Cue, phone_flow, shown_code

GREETING = (
    "Assalomu alaykum! This is {name}, from the sandbox's {network}. Write back from any Matrix client: "
    "your words travel to me in {network}'s own protocol."
)
WELCOME_BACK = "Welcome back! Everything you missed is here."


class UnexpectedError(Exception):
    """The bot said something that nobody knows an answer to; the text is what it said."""


@frozen
class Resident:
    """A made-up person of the sandbox; ``name`` is their first name."""

    name: str
    phone: str
    username: str


DEMO_RESIDENT = Resident("Nodira", "+99955500101", "nodira_sandbox")
"""Whom the demo user logs in as on Telegram."""
FRIEND = Resident("Farhod", "+99955500102", "farhod_sandbox")
"""Who writes to them."""
WHATSAPP_RESIDENT = Resident("Nodira", "+992555000101", "Nodira Sandbox")
"""Whom the demo user logs in as on WhatsApp."""
WHATSAPP_FRIEND = Resident("Farhod", "+992555000102", "Farhod Sandbox")
"""Who writes to them."""


class SandboxControl(Protocol):
    """One network's control API."""

    @property
    def login(self) -> str:
        """What is said to the bot to begin."""

    @property
    def questions(self) -> Sequence[Cue]:
        """What the bot may ask, each once."""

    async def answer(self, cue: Cue, body: str) -> str | None:
        """Do what a person would who is asked; give what they would type, None for nothing.

        Raises ``UnexpectedError``.
        """

    async def friend_says(self, text: str) -> None:
        """Let the friend write a text, exactly as it is, to the demo's resident."""

    async def heard_by_friend(self) -> list[str]:
        """Give all texts the friend was sent, oldest first."""


@frozen
class TelegramControl:
    """Telegram's; see ``SandboxControl``."""

    http: aiohttp.ClientSession
    url: str
    login: str = "login"
    questions: Sequence[Cue] = (Cue.CHOOSE_FLOW, Cue.PHONE, Cue.CODE)

    async def answer(self, cue: Cue, body: str) -> str | None:
        """Choose the phone number, type it, and the code that every login is answered with."""
        match cue:
            case Cue.CHOOSE_FLOW if flow := phone_flow(body):
                return flow
            case Cue.PHONE:
                return DEMO_RESIDENT.phone
            case Cue.CODE:
                return str((await _call(self.http, "GET", f"{self.url}/ready"))["login_code"])
        raise UnexpectedError(body)

    async def friend_says(self, text: str) -> None:
        """Let the friend write."""
        body = {"person": FRIEND.username, "chat": DEMO_RESIDENT.username, "text": text}
        await _call(self.http, "POST", f"{self.url}/people/send", body)

    async def heard_by_friend(self) -> list[str]:
        """Give what the friend has."""
        url = f"{self.url}/people/{FRIEND.username}/received"
        answer = await _call(self.http, "GET", url)
        return [
            one["text"] for one in answer["received"] if one["kind"] == "message" and not one["out"]
        ]


@frozen
class WhatsAppControl:
    """WhatsApp's; see ``SandboxControl``."""

    http: aiohttp.ClientSession
    url: str
    login: str = "login phone"
    questions: Sequence[Cue] = (Cue.PHONE, Cue.SHOWN_CODE)

    async def answer(self, cue: Cue, body: str) -> str | None:
        """Type the phone number, and on the phone the code that the bot shows."""
        match cue:
            case Cue.PHONE:
                return WHATSAPP_RESIDENT.phone
            case Cue.SHOWN_CODE if code := shown_code(body):
                typed = {"account": WHATSAPP_RESIDENT.phone, "code": code}
                await _call(self.http, "POST", f"{self.url}/phones/type-code", typed)
                return None
        raise UnexpectedError(body)

    async def friend_says(self, text: str) -> None:
        """Let the friend write."""
        await self._at_the_friend("send", text=text)

    async def heard_by_friend(self) -> list[str]:
        """Give what the friend has."""
        shown = (await self._at_the_friend("messages"))["messages"]
        return [one["text"] for one in shown if not one["mine"]]

    async def _at_the_friend(self, action: str, **fields: str) -> dict[str, Any]:
        body = {"person": WHATSAPP_FRIEND.phone, "chat": WHATSAPP_RESIDENT.phone, **fields}
        return await _call(self.http, "POST", f"{self.url}/people/{action}", body)


async def _call(
    http: aiohttp.ClientSession, method: str, url: str, body: dict[str, Any] | None = None
) -> dict[str, Any]:
    async with http.request(method, url, json=body) as response:
        response.raise_for_status()
        answer: dict[str, Any] = await response.json()
        return answer
