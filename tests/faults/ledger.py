# SPDX-License-Identifier: AGPL-3.0-or-later
"""The one check of all fault tests: everything that was said is there, once, in order."""

import asyncio
import contextlib
import secrets
import time
from collections.abc import Iterable

from tests.conformance.driver import Chat, Phone
from tests.conformance.stage import Resident
from tests.support.syncing_client import MatrixRequestError
from tests.support.waiting import eventually

PATIENCE = 60.0
"""Seconds after the end of a fault until everything must be there."""


class Thread:
    """One chat between a resident and a phone, and what was said in it.

    Attributes:
        chat: the chat on the network.
        to_matrix: what the phone has said, in order.
        to_network: what the resident has said, in order, in Matrix or by their own phone.
    """

    def __init__(
        self, resident: Resident, phone: Phone, chat: Chat, ghost: str, hello: str
    ) -> None:
        """`hello` is what the phone said first; in the room it is in, all the rest is looked for."""
        self.chat = chat
        self.to_matrix = [hello]
        self.to_network: list[str] = []
        self._resident = resident
        self._phone = phone
        self._ghost = ghost

    @property
    def rooms(self) -> list[str]:
        """Rooms in which the first words are, more than one only if something is wrong."""
        return [
            event["room_id"]
            for event in self._resident.user.messages()
            if event["content"].get("body") == self.to_matrix[0] and event["sender"] == self._ghost
        ]

    @property
    def room(self) -> str:
        """The one room."""
        (room,) = self.rooms
        return room

    async def hear(self, text: str) -> None:
        """Have the phone say something."""
        self.to_matrix.append(text)
        await self._phone.send(self.chat, text)

    async def say(self, text: str) -> None:
        """Have the resident say something in the room, which may still be in the making."""
        await eventually(lambda: self.rooms, PATIENCE, f"a room with {self.to_matrix[0]!r}")
        self.to_network.append(text)
        content = {"msgtype": "m.text", "body": text}
        txn_id = secrets.token_hex(8)

        async def accepted() -> bool:
            """Clients send again under the same transaction id when the homeserver has failed."""
            with contextlib.suppress(MatrixRequestError):
                await self._resident.user.send(self.room, "m.room.message", content, txn_id)
                return True
            return False

        await eventually(accepted, PATIENCE, f"an answer to {text!r}", interval=0.5)

    async def say_by_phone(self, text: str) -> None:
        """Have the resident say something by their own phone."""
        self.to_network.append(text)
        await self._resident.phone.send(self.chat, text)

    async def arrived(self) -> bool:
        """Whether all that was said is there, and on the network as many messages as were said."""
        if not self.rooms:
            return False
        heard = self._in_matrix()
        if not set(self.to_matrix) <= set(heard[self._ghost]):
            return False
        if len(heard[self._resident.mxid]) < len(self.to_network):
            return False
        return len(await self._on_network()) >= len(self.to_network)

    async def check(self) -> None:
        """Nothing lost, nothing doubled, nothing out of order, nobody else's voice."""
        assert len(self.rooms) == 1, f"rooms with {self.to_matrix[0]!r}: {self.rooms}"
        heard = self._in_matrix()
        assert heard.pop(self._ghost) == self.to_matrix
        assert heard.pop(self._resident.mxid) == self.to_network
        assert not heard
        assert await self._on_network() == self.to_network

    def _in_matrix(self) -> dict[str, list[str]]:
        """Texts in the room by sender, as they are now; the bot's notices are none of this."""
        texts: dict[str, tuple[str, str]] = {}
        for event in self._resident.user.messages(self.room):
            sender, content = event["sender"], event["content"]
            relation = content.get("m.relates_to", {})
            if relation.get("rel_type") == "m.replace":
                texts[relation["event_id"]] = (sender, content["m.new_content"]["body"])
            elif sender != self._resident.bot:
                texts[event["event_id"]] = (sender, content["body"])
        heard: dict[str, list[str]] = {self._ghost: [], self._resident.mxid: []}
        for sender, text in texts.values():
            heard.setdefault(sender, []).append(text)
        return heard

    async def _on_network(self) -> list[str]:
        """Texts of the resident as the other side's phone shows them."""
        shown = await self._phone.messages(self.chat)
        me = self._resident.phone.user
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
        await eventually(complete, patience, "all messages", interval=0.1 * len(threads))
    seconds = time.monotonic() - began
    for thread in threads:
        await thread.check()
    return seconds
