# SPDX-License-Identifier: AGPL-3.0-or-later
"""Has bridges delete what they have of somebody: asks their bots, as the person would themselves.

Bridges are other processes and may be on other machines; what they delete is their own command's business
(``bridges.core.commands.erase``), and so nothing is deleted in two ways.
"""

import re
from collections.abc import Callable
from typing import Any

from attrs import define, field
from mautrix.types import EventID, RoomID, UserID

from bridges.core.clock import Clock
from bridges.core.matrix import event_types
from bridges.core.matrix.client import Homeserver, MatrixSender
from bridges.core.matrix.errors import HomeserverRefused
from bridges.core.text import user_text
from bridges.migration.leaving.errors import LeavingRefused
from bridges.migration.leaving.patience import patiently

Json = dict[str, Any]

_COMMAND = "delete-my-data"
_CHOICE = re.compile(r"^\s*(\d+)\. ", re.MULTILINE)
_WAIT = 0.25
_LONGEST = 120.0
"""Seconds until a bot has to have answered; deleting a large account takes a while."""
_PROBING = 15.0
"""Seconds after which a bot that is running would have answered."""
_PAGE = 50


@define
class BridgeLogins:
    """Somebody's accounts at one bridge; a chat with its bot is opened when it is needed."""

    homeserver: Homeserver
    person: MatrixSender
    bot: UserID
    network: str
    clock: Clock
    new_id: Callable[[], str]
    _chat: "_Chat | None" = field(default=None, init=False)

    async def count(self) -> int:
        """Tell how many accounts are logged in. Raises as ``delete`` does."""
        choices = await self._choices()
        if choices:
            await self._ask(str(choices))  # The last choice keeps everything.
        return max(0, choices - 1)

    async def delete(self) -> None:
        """Log all accounts out and have everything of them deleted.

        Raises:
            LeavingRefused: the bot does not answer.
            HomeserverRefused, HomeserverUnavailable: see ``Homeserver``.
        """
        while await self._choices() > 1:
            await self._ask("1")
            assert self._chat is not None
            await self._hear(self._chat)  # It says when it is done.

    async def close(self) -> None:
        """Leave the chat with the bot, if one was made for this."""
        chat, self._chat = self._chat, None
        if chat is None or not chat.made:
            return
        for step in (self.homeserver.leave, self.homeserver.forget):
            try:
                await step(self.person, chat.room)
            except HomeserverRefused:
                continue  # It was left with all others, or the account is closed.

    async def _choices(self) -> int:
        """How many answers the bot offers; none if nobody is logged in."""
        return len(_CHOICE.findall(await self._ask(_COMMAND)))

    async def _ask(self, text: str) -> str:
        """Say something and give the answer."""
        if self._chat is None:
            self._chat = await self._known() or await self._new()
        return await self._say(self._chat, text)

    async def _say(self, chat: "_Chat", text: str, longest: float = _LONGEST) -> str:
        content = {"msgtype": "m.text", "body": text}
        chat.last = await self.homeserver.send(
            self.person, chat.room, event_types.MESSAGE, content, self.new_id()
        )
        return await self._hear(chat, longest)

    async def _hear(self, chat: "_Chat", longest: float = _LONGEST) -> str:
        """Wait for what the bot says next."""
        waited = 0.0
        while waited < longest:
            events, _ = await patiently(
                lambda: self.homeserver.page(self.person, chat.room, None, _PAGE), self.clock
            )
            if (answer := _after(events, chat.last, self.bot)) is not None:
                chat.last = EventID(answer["event_id"])
                return str(answer["content"].get("body", ""))
            await self.clock.sleep(_WAIT)
            waited += _WAIT
        raise LeavingRefused(
            user_text(
                "{bot} does not answer. Start the bridge to {network}, and begin again.",
                bot=self.bot,
                network=self.network,
            )
        )

    async def _known(self) -> "_Chat | None":
        """Find the chat in which the bot listens to the person, if there is one.

        A new one would take its place: the bot would go on talking in a room that is left afterwards.
        """
        for room in await self.homeserver.joined_rooms(self.person):
            members = await self.homeserver.joined_members(self.person, room)
            if {*members} != {self.person.mxid, self.bot}:
                continue
            state = await self.homeserver.get_state(self.person, room)
            if any(map(_is_of_a_network, state)):
                continue  # What is said there is for people at the network.
            chat = _Chat(room, EventID(""), made=False)
            try:
                await self._say(chat, _COMMAND, _PROBING)
            except (LeavingRefused, HomeserverRefused):
                continue
            return chat
        return None

    async def _new(self) -> "_Chat":
        request = {
            "preset": "trusted_private_chat",
            "is_direct": True,
            "invite": [self.bot],
            "creation_content": {"m.federate": False},
        }
        room = await self.homeserver.create_room(self.person, request)
        events, _ = await self.homeserver.page(self.person, room, None, 1)
        chat = _Chat(room, EventID(events[0]["event_id"]), made=True)
        await self._hear(chat)  # It greets when it has come.
        return chat


@define
class _Chat:
    """The chat with a bot, and the last event of it that was taken note of."""

    room: RoomID
    last: EventID
    made: bool


def _is_of_a_network(event: Json) -> bool:
    """Whether a state event marks a room as a chat of a network (MSC2346), or as a space."""
    if event["type"] == event_types.CREATE:
        return "type" in event["content"]
    return event["type"] in (event_types.BRIDGE, event_types.BRIDGE_UNSTABLE)


def _after(events: list[Json], last: EventID, bot: UserID) -> Json | None:
    """Give the bot's first message behind an event; ``events`` are the newest first."""
    found = None
    for event in events:
        if event["event_id"] == last:
            break
        if event["sender"] == bot and event["type"] == event_types.MESSAGE:
            found = event
    return found
