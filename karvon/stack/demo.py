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
from karvon.stack.sandbox_control import DEMO_RESIDENT, FRIEND, SandboxControl

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
    DONE = "logged in"


CUES: Sequence[tuple[Cue, re.Pattern[str]]] = (
    (Cue.NOT_LOGGED_IN, re.compile(r"not logged in", re.IGNORECASE)),
    (Cue.ACCOUNTS, re.compile(r"your accounts", re.IGNORECASE)),
    (Cue.CHOOSE_FLOW, re.compile(r"how do you want to log in", re.IGNORECASE)),
    (Cue.DONE, re.compile(r"logged in|latest chats appear", re.IGNORECASE)),
    (Cue.PHONE, re.compile(r"enter the phone number", re.IGNORECASE)),
    (Cue.CODE, re.compile(r"(?<!country )\bcode\b", re.IGNORECASE)),
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
    async with logged_in(
        http, stage.homeserver_url, stage.username, stage.password, DEVICE
    ) as person:
        try:
            async with asyncio.timeout(LOGIN_SECONDS):
                fresh = await _log_in(person, stage.bot, control)
        except TimeoutError:
            raise DemoError(f"{stage.bot} did not answer in {LOGIN_SECONDS} s") from None
    await control.greet(again=not fresh)
    return f"{FRIEND.name} wrote to {stage.username} on the sandbox's Telegram"


async def _log_in(person: MatrixPerson, bot: str, control: SandboxControl) -> bool:
    """Give whether the demo user was logged in only now."""
    room = await person.direct_room(bot)
    await person.wait_for_member(room, bot)
    dialogue = _Dialogue(person, room, bot, person.messages(await person.sync_token()))
    cue, _ = await dialogue.ask("list-logins", Cue.ACCOUNTS, Cue.NOT_LOGGED_IN)
    if cue is Cue.ACCOUNTS:
        return False
    questions = [Cue.CHOOSE_FLOW, Cue.PHONE, Cue.CODE]
    cue, body = await dialogue.ask("login", *questions, Cue.DONE)
    while cue is not Cue.DONE:
        if cue not in questions:
            raise DemoError(f"the bot asked twice: {body!r}")
        questions.remove(cue)
        answer = await _answer(cue, body, control)
        cue, body = await dialogue.ask(answer, *Cue)
    return True


async def _answer(cue: Cue, body: str, control: SandboxControl) -> str:
    """Give what a person would type. Raises ``DemoError``."""
    match cue:
        case Cue.CHOOSE_FLOW if flow := _PHONE_FLOW.search(body):
            return flow[1]
        case Cue.PHONE:
            return DEMO_RESIDENT.phone
        case Cue.CODE:
            return await control.login_code()
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
