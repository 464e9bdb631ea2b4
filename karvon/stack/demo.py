# SPDX-License-Identifier: AGPL-3.0-or-later
"""The beginning of the demo: the demo user logs in to the sandbox, as a person would.

Everything goes through the chat with the bot, so that what newcomers find is what they could have
done themselves. All that is known about the bot's words is in ``CUES``.
"""

import asyncio
import re
from collections.abc import AsyncIterator, Sequence
from enum import StrEnum

import aiohttp
from attrs import frozen

from karvon.stack.person import MatrixPerson, Message, logged_in
from karvon.stack.sandbox_control import Resident, SandboxControl

DEVICE = "KARVONUP"
LOGIN_SECONDS = 60
"""Longest time for the whole conversation with the bot."""


class DemoError(Exception):
    """The demo could not begin; the text says at which step."""


class Cue(StrEnum):
    """What a message of the bot asks for, or tells."""

    NOT_LOGGED_IN = "not logged in"
    ACCOUNTS = "list of accounts"
    CHOOSE_FLOW = "which way to log in"
    PHONE = "phone number"
    CODE = "login code"
    PASSWORD = "password"  # noqa: S105 - what is asked for
    DONE = "logged in"


CUES: Sequence[tuple[Cue, re.Pattern[str]]] = (
    (Cue.NOT_LOGGED_IN, re.compile(r"not logged in", re.IGNORECASE)),
    (Cue.ACCOUNTS, re.compile(r"your accounts", re.IGNORECASE)),
    (Cue.CHOOSE_FLOW, re.compile(r"how do you want to log in", re.IGNORECASE)),
    (Cue.DONE, re.compile(r"logged in|your chats appear", re.IGNORECASE)),
    (Cue.PASSWORD, re.compile(r"password", re.IGNORECASE)),
    (Cue.CODE, re.compile(r"\bcode\b", re.IGNORECASE)),
    (Cue.PHONE, re.compile(r"phone", re.IGNORECASE)),
)
"""The first that is found in a message of the bot tells what it is about."""

_PHONE_FLOW = re.compile(r"(\d+)\. .*phone", re.IGNORECASE)


@frozen
class Stage:
    """Where the demo plays."""

    homeserver_url: str
    username: str
    password: str
    bot: str
    """Matrix id of the bridge bot."""
    control_url: str
    """Control API of the sandbox."""


async def seed(http: aiohttp.ClientSession, stage: Stage) -> str:
    """Log the demo user in unless they are, and let the other person write; say what happened.

    Raises:
        DemoError: the bot did not answer as expected.
        MatrixError: the homeserver refused something.
        aiohttp.ClientError: homeserver or sandbox cannot be reached.
    """
    control = SandboxControl(http, stage.control_url)
    resident = await control.resident()
    async with logged_in(
        http, stage.homeserver_url, stage.username, stage.password, DEVICE
    ) as person:
        try:
            async with asyncio.timeout(LOGIN_SECONDS):
                fresh = await _log_in(person, stage.bot, resident, control)
        except TimeoutError:
            raise DemoError(f"{stage.bot} did not answer in {LOGIN_SECONDS} s") from None
    friend = await control.greet(resident, again=not fresh)
    return f"{friend} wrote to {stage.username} over the sandbox's Telegram: answer in any client"


async def _log_in(
    person: MatrixPerson, bot: str, resident: Resident, control: SandboxControl
) -> bool:
    """Give whether the demo user was logged in only now."""
    room = await person.direct_room(bot)
    await person.wait_for_member(room, bot)
    dialogue = _Dialogue(person, room, bot, person.messages(await person.sync_token()))
    if (await dialogue.ask("list-logins", Cue.ACCOUNTS, Cue.NOT_LOGGED_IN))[0] is Cue.ACCOUNTS:
        return False
    cue, body = await dialogue.ask("login", *Cue)
    while cue is not Cue.DONE:
        cue, body = await dialogue.ask(await _answer(cue, body, resident, control), *Cue)
    return True


async def _answer(cue: Cue, body: str, resident: Resident, control: SandboxControl) -> str:
    """Give what a person would type. Raises ``DemoError``."""
    match cue:
        case Cue.CHOOSE_FLOW:
            flow = _PHONE_FLOW.search(body)
            if flow is not None:
                return flow[1]
        case Cue.PHONE:
            return resident.phone
        case Cue.CODE:
            return await control.login_code(resident)
        case Cue.PASSWORD if resident.password is not None:
            return resident.password
    raise DemoError(f"the bot said something unexpected: {body!r}")


@frozen
class _Dialogue:
    """A conversation with the bot in one room."""

    person: MatrixPerson
    room: str
    bot: str
    messages: AsyncIterator[Message]

    async def ask(self, text: str, *expected: Cue) -> tuple[Cue, str]:
        """Say something and give the first answer that is one of ``expected``."""
        await self.person.say(self.room, text)
        async for message in self.messages:
            if message.room_id != self.room or message.sender != self.bot:
                continue
            cue = cue_of(message.body)
            if cue in expected:
                return cue, message.body
        raise DemoError("the conversation with the bot ended")


def cue_of(body: str) -> Cue | None:
    """Tell what a message of the bot is about."""
    return next((cue for cue, pattern in CUES if pattern.search(body)), None)
