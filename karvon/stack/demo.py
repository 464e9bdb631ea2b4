# SPDX-License-Identifier: AGPL-3.0-or-later
"""The beginning of the demo: the demo user logs in to the sandbox, as a person would.

Everything goes through the chats with the bots, so that what newcomers find is what they could have
done themselves.
"""

import asyncio
from collections.abc import AsyncIterator
from enum import Enum

import aiohttp
from attrs import frozen

from karvon.stack.cues import Cue, cue_of
from karvon.stack.person import MatrixPerson, Message, logged_in
from karvon.stack.sandbox_control import (
    FRIEND,
    GREETING,
    WELCOME_BACK,
    SandboxControl,
    TelegramControl,
    UnexpectedError,
    WhatsAppControl,
)

DEVICE = "KARVONUP"
LOGIN_SECONDS = 60
"""Longest time for the whole conversation with a bot."""


class DemoError(Exception):
    """The demo could not begin; the text says at which step."""


class Network(Enum):
    """A network of the sandbox."""

    TELEGRAM = "Telegram"
    WHATSAPP = "WhatsApp"


@frozen
class Scene:
    """What the demo needs to know of one network."""

    network: Network
    bot: str
    """Matrix id of the bridge bot."""
    control_url: str
    """Control API of the sandbox."""

    def control(self, http: aiohttp.ClientSession) -> SandboxControl:
        """Give the control API."""
        if self.network is Network.TELEGRAM:
            return TelegramControl(http, self.control_url)
        return WhatsAppControl(http, self.control_url)


@frozen
class Stage:
    """Where the demo plays."""

    homeserver_url: str
    username: str
    password: str
    scenes: tuple[Scene, ...]


async def seed(http: aiohttp.ClientSession, stage: Stage, scene: Scene) -> str:
    """Log the demo user in unless they are, and let the other person write; say what happened.

    Raises:
        DemoError: the bot did not answer as expected.
        MatrixError: the homeserver refused something.
        aiohttp.ClientError: homeserver or sandbox cannot be reached.
    """
    control, network = scene.control(http), scene.network.value
    async with logged_in(
        http, stage.homeserver_url, stage.username, stage.password, DEVICE
    ) as person:
        try:
            async with asyncio.timeout(LOGIN_SECONDS):
                fresh = await _log_in(person, scene.bot, control)
        except TimeoutError:
            raise DemoError(f"{scene.bot} did not answer in {LOGIN_SECONDS} s") from None
        except UnexpectedError as error:
            raise DemoError(f"the bot said something unexpected: {str(error)!r}") from None
    greeting = GREETING.format(name=FRIEND.name, network=network)
    await control.friend_says(greeting if fresh else WELCOME_BACK)
    return f"{FRIEND.name} wrote to {stage.username} on the sandbox's {network}"


async def _log_in(person: MatrixPerson, bot: str, control: SandboxControl) -> bool:
    """Give whether the demo user was logged in only now."""
    room = await person.direct_room(bot)
    await person.wait_for_member(room, bot)
    dialogue = _Dialogue(person, room, bot, person.messages(await person.sync_token()))
    cue, _ = await dialogue.ask("list-logins", Cue.ACCOUNTS, Cue.NOT_LOGGED_IN)
    if cue is Cue.ACCOUNTS:
        return False
    expected = [*control.questions, Cue.DONE]
    cue, body = await dialogue.ask(control.login, *expected)
    asked: set[Cue] = set()
    while cue is not Cue.DONE:
        if cue in asked:
            raise DemoError(f"the bot asked twice: {body!r}")
        asked.add(cue)
        cue, body = await dialogue.ask(await control.answer(cue, body), *expected)
    return True


@frozen
class _Dialogue:
    """A conversation with the bot in one room."""

    person: MatrixPerson
    room: str
    bot: str
    messages: AsyncIterator[Message]

    async def ask(self, text: str | None, *expected: Cue) -> tuple[Cue, str]:
        """Say something, if anything, and give the first answer that is one of ``expected``."""
        if text is not None:
            await self.person.say(self.room, text)
        async for message in self.messages:
            if message.room_id != self.room or message.sender != self.bot:
                continue
            cue = cue_of(message.body)
            if cue in expected:
                return cue, message.body
        raise DemoError("the conversation with the bot ended")
