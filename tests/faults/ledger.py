# SPDX-License-Identifier: AGPL-3.0-or-later
"""The one check of all fault tests: everything that was said is there, once, in order."""

import asyncio
import contextlib
import time
from collections.abc import Iterable

from tests.conformance.driver import Phone
from tests.conformance.stage import Conversation
from tests.support.waiting import eventually

PATIENCE = 60.0
"""Seconds after the end of a fault until everything must be there."""


class Thread:
    """One chat between a resident and a phone, and what was said in it."""

    def __init__(self, conversation: Conversation, phone: Phone, ghost: str, hello: str) -> None:
        self.conversation = conversation
        self.phone = phone
        self.to_matrix = [hello]
        self.to_network: list[str] = []
        self._ghost = ghost

    async def hear(self, text: str) -> None:
        """Have the phone say something."""
        self.to_matrix.append(text)
        await self.phone.send(self.conversation.chat, text)

    async def say(self, text: str) -> None:
        """Have the resident say something in the room."""
        self.to_network.append(text)
        await self.conversation.say(text)

    async def arrived(self) -> bool:
        """Whether the number of messages is right on both sides."""
        if len(self._in_matrix()[self._ghost]) < len(self.to_matrix):
            return False
        return len(await self._on_network()) >= len(self.to_network)

    async def check(self) -> None:
        """Nothing lost, nothing doubled, nothing out of order, nobody else's voice."""
        resident = self.conversation.resident.mxid
        heard = self._in_matrix()
        assert heard.pop(self._ghost) == self.to_matrix
        assert heard.pop(resident) == self.to_network
        assert not heard
        assert await self._on_network() == self.to_network

    def _in_matrix(self) -> dict[str, list[str]]:
        """Texts in the room by sender; the bot's notices are none of this."""
        resident = self.conversation.resident
        heard: dict[str, list[str]] = {self._ghost: [], resident.mxid: []}
        for event in resident.user.messages(self.conversation.room):
            if event["sender"] != resident.bot:
                heard.setdefault(event["sender"], []).append(event["content"]["body"])
        return heard

    async def _on_network(self) -> list[str]:
        """Texts of the resident as the other side's phone shows them."""
        shown = await self.phone.messages(self.conversation.chat)
        me = self.conversation.resident.phone.user
        return [one.text for one in shown if one.sender == me]


async def settle(threads: Iterable[Thread], patience: float = PATIENCE) -> float:
    """Wait until everything is there, check it, and return how many seconds that took."""
    threads = list(threads)
    began = time.monotonic()
    waiting = list(threads)

    async def complete() -> bool:
        arrived = await asyncio.gather(*(thread.arrived() for thread in waiting))
        waiting[:] = [one for one, there in zip(waiting, arrived, strict=True) if not there]
        return not waiting

    with contextlib.suppress(TimeoutError):  # The check says what is missing.
        await eventually(complete, patience, "all messages", interval=0.1)
    seconds = time.monotonic() - began
    for thread in threads:
        await thread.check()
    return seconds
