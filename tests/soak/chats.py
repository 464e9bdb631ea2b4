# SPDX-License-Identifier: AGPL-3.0-or-later
"""A chat between somebody here and a friend on a network, who do in it what people do."""

import asyncio
import secrets
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from functools import partial
from random import Random
from typing import Any, TypeVar
from urllib.parse import quote

import aiohttp

from tests.soak.book import Line, complaints
from tests.soak.networks import Network, Person, hashed
from tests.soak.room import RoomView, room_view
from tests.support.matrix_user import MatrixUser
from tests.support.syncing_client import MatrixRequestError
from tests.support.waiting import eventually

T = TypeVar("T")

PATIENCE = 180.0
"""Seconds for which somebody tries again while something is away."""
_WAITS = "waits and is sent later by itself"
"""What the bot may say while something is broken: it is so, and people are told."""
_EMOJI = "👍"
_YOUNG = 120.0
"""Seconds for which people change their minds; WhatsApp allows no changes after a quarter of an hour."""
_RECENT = 12
_LARGEST_FILE = 200_000
_ACTS: Mapping[str, int] = {
    "say": 60,
    "answer": 8,
    "edit": 8,
    "react": 8,
    "delete": 4,
    "file": 3,
    "read": 6,
    "type": 3,
}
"""What people do, and how often among a hundred times."""


class Chat:
    """One chat; each side does one thing after another, both at the same time.

    Attributes:
        heard: what the friend has said.
        said: what the resident has said, in Matrix.
    """

    def __init__(
        self,
        network: Network,
        friend: Person,
        name: str,
        title: str,
        user: MatrixUser,
        bot: str,
        random: Random,
    ) -> None:
        """`name` is what the friend calls the chat; `title` begins each text in it."""
        self.title = title
        self.heard: list[Line] = []
        self.said: list[Line] = []
        self._network = network
        self._friend = friend
        self._name = name
        self._user = user
        self._bot = bot
        self._random = random
        self._room = ""
        self._ghost = ""
        self._number = 0

    async def open(self) -> None:
        """Have the friend say the first words, and wait for the room."""
        await self._friend_says(self._text())
        event = await self._user.wait_message(self.heard[0].text, timeout=PATIENCE)
        self._room, self._ghost = event["room_id"], event["sender"]

    async def friend_acts(self) -> None:
        """Have the friend do something."""
        network, friend, name = self._network, self._friend, self._name
        match self._chosen():
            case "answer" | "react" as what:
                line, there = await self._of_resident()
                if line is None:
                    await self._friend_says(self._text())
                elif what == "react" and line.reaction is None:
                    line.reaction = _EMOJI
                    await network.react(friend, name, there, _EMOJI)
                else:
                    await self._friend_says(self._text(), line, there)
            case "edit" if line := self._changeable(self.heard):
                line.text = f"{line.text}, corrected"
                await network.edit(friend, name, line.id, line.text)
            case "delete" if line := self._changeable(self.heard):
                line.deleted = True
                await network.delete(friend, name, line.id)
            case "file":
                await self._friend_sends_file()
            case "read":
                _, there = await self._of_resident()
                if there:
                    await network.read(friend, name, there)
            case "type":
                await network.type(friend, name)
            case _:
                await self._friend_says(self._text())

    async def resident_acts(self) -> None:
        """Have the resident do something in the room."""
        match self._chosen():
            case "answer" | "react" as what:
                line, event = self._of_friend()
                if line is None:
                    await self._resident_says(self._text())
                elif what == "react" and line.reaction is None:
                    line.reaction = _EMOJI
                    relation = {"rel_type": "m.annotation", "event_id": event, "key": _EMOJI}
                    await self._send("m.reaction", {"m.relates_to": relation})
                else:
                    await self._resident_says(self._text(), line, event)
            case "edit" if line := self._changeable(self.said):
                line.text = f"{line.text}, corrected"
                content = {
                    "msgtype": "m.text",
                    "body": f"* {line.text}",
                    "m.new_content": {"msgtype": "m.text", "body": line.text},
                    "m.relates_to": {"rel_type": "m.replace", "event_id": line.id},
                }
                await self._send("m.room.message", content)
            case "delete" if line := self._changeable(self.said):
                line.deleted = True
                await self._put(f"redact/{quote(line.id)}", {})
            case "file":
                await self._resident_sends_file()
            case "read":
                _, event = self._of_friend()
                if event:
                    await insistently(lambda: self._user.read(self._room, event))
            case "type":
                await insistently(lambda: self._user.typing(self._room))
            case _:
                await self._resident_says(self._text())

    async def complaints(self) -> list[str]:
        """What is wrong on either side; empty if all is there, once, in order and as it was left."""
        room: RoomView = await insistently(lambda: room_view(self._user, self._room))
        limit = 100 + len(self.heard) + len(self.said)
        phone = await self._network.shown(self._friend, self._name, limit)
        sides = {
            "in the room, from the network": (self.heard, room.of(self._ghost)),
            "in the room, own": (self.said, room.of(self._user.mxid)),
            "on the network, from here": (self.said, [one for one in phone if not one.mine]),
            "on the network, own": (self.heard, [one for one in phone if one.mine]),
        }
        found = [
            f"{self.title}, {side}: {complaint}"
            for side, (lines, shown) in sides.items()
            for complaint in complaints(lines, shown)
        ]
        strangers = room.speakers - {self._ghost, self._user.mxid, self._bot}
        found += [f"{self.title}: {one} has spoken" for one in sorted(strangers)]
        said = [one.text for one in room.of(self._bot) if _WAITS not in one.text]
        found += [f"{self.title}: the bot says {text!r}" for text in said]
        return found

    async def wrong_files(self) -> list[str]:
        """Files whose contents are not what was sent."""
        room: RoomView = await insistently(lambda: room_view(self._user, self._room))
        limit = 100 + len(self.heard) + len(self.said)
        phone = await self._network.shown(self._friend, self._name, limit)
        found = []
        for line in (one for one in self.heard if one.sha256 and not one.deleted):
            url = room.files[line.text]
            data = await insistently(partial(self._user.download, url))
            if hashed(data) != line.sha256:
                found.append(f"{self.title}: the file {line.text!r} is another in the room")
        ids = {one.text: one.id for one in phone if not one.mine}
        for line in (one for one in self.said if one.sha256 and not one.deleted):
            there = await self._network.sha256(self._friend, self._name, ids[line.text])
            if there != line.sha256:
                found.append(f"{self.title}: the file {line.text!r} is another on the network")
        return found

    # -- what is done

    async def _friend_says(self, text: str, to: Line | None = None, there: str = "") -> None:
        line = Line(text, time.monotonic(), answers=None if to is None else to.text)
        self.heard.append(line)
        answers = None if to is None else there
        line.id = await self._network.send(self._friend, self._name, text, answers)

    async def _friend_sends_file(self) -> None:
        data = self._random.randbytes(self._random.randint(1, _LARGEST_FILE))
        line = Line(self._text(), time.monotonic(), sha256=hashed(data))
        self.heard.append(line)
        line.id = await self._network.send_file(
            self._friend, self._name, data, f"file {self._number}.bin", line.text
        )

    async def _resident_says(self, text: str, to: Line | None = None, event: str = "") -> None:
        line = Line(text, time.monotonic(), answers=None if to is None else to.text)
        content: dict[str, Any] = {"msgtype": "m.text", "body": text}
        if to is not None:
            content["m.relates_to"] = {"m.in_reply_to": {"event_id": event}}
        self.said.append(line)
        line.id = await self._send("m.room.message", content)

    async def _resident_sends_file(self) -> None:
        data = self._random.randbytes(self._random.randint(1, _LARGEST_FILE))
        name = f"file {self._number}.bin"
        url = await insistently(lambda: self._user.upload(data, "application/octet-stream", name))
        line = Line(self._text(), time.monotonic(), sha256=hashed(data))
        content = {
            "msgtype": "m.file",
            "body": line.text,
            "filename": name,
            "url": url,
            "info": {"mimetype": "application/octet-stream", "size": len(data)},
        }
        self.said.append(line)
        line.id = await self._send("m.room.message", content)

    async def _send(self, kind: str, content: Mapping[str, Any]) -> str:
        return await self._put(f"send/{kind}", content)

    async def _put(self, what: str, content: Mapping[str, Any]) -> str:
        """Send something under one transaction id until it is accepted, as clients do."""
        path = f"/_matrix/client/v3/rooms/{quote(self._room)}/{what}/{secrets.token_hex(8)}"
        answer = await insistently(lambda: self._user.expect("PUT", path, content))
        return str(answer["event_id"])

    # -- what is chosen

    def _chosen(self) -> str:
        return self._random.choices(list(_ACTS), list(_ACTS.values()))[0]

    def _text(self) -> str:
        self._number += 1
        return f"{self.title} {self._number}"

    def _changeable(self, lines: Sequence[Line]) -> Line | None:
        """An own text that its author may still change or delete.

        No answer, because nobody knows whether WhatsApp keeps what a changed message was an answer to.
        """
        now = time.monotonic()
        young = [
            one
            for one in lines[-_RECENT:]
            if one.id and now - one.said_at < _YOUNG and one.sha256 is None and one.answers is None
        ]
        free = [one for one in young if not one.deleted and not one.final]
        return self._random.choice(free) if free else None

    async def _of_resident(self) -> tuple[Line | None, str]:
        """A line of the resident that the friend has, and its id there."""
        phone = await self._network.shown(self._friend, self._name, 2 * _RECENT)
        return self._meant(self.said, {one.text: one.id for one in phone if not one.mine})

    def _of_friend(self) -> tuple[Line | None, str]:
        """A line of the friend that is in the room, and its event."""
        events = self._user.messages(self._room)[-4 * _RECENT :]
        ids = {one["content"].get("body"): one["event_id"] for one in events}
        return self._meant(self.heard, ids)

    def _meant(self, lines: Sequence[Line], there: Mapping[str, str]) -> tuple[Line | None, str]:
        known = [one for one in lines[-_RECENT:] if not one.deleted and one.text in there]
        if not known:
            return None, ""
        line = self._random.choice(known)
        line.final = True
        return line, there[line.text]


async def insistently(ask: Callable[[], Awaitable[T]]) -> T:
    """Ask until there is an answer; the homeserver may be away."""
    answers: list[T] = []

    async def asked() -> bool:
        try:
            answers.append(await ask())
        except (MatrixRequestError, aiohttp.ClientError, TimeoutError, asyncio.IncompleteReadError):
            return False
        return True

    await eventually(asked, PATIENCE, "an answer of the homeserver", interval=0.5)
    return answers[0]
