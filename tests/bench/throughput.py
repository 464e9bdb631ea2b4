# SPDX-License-Identifier: AGPL-3.0-or-later
"""How many texts a second arrive in Matrix: from Telegram, and from a plain sender for comparison."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterator, Sequence
from typing import Generic, Protocol, TypeVar
from urllib.parse import quote

import aiohttp
from attrs import field, frozen

from bridges.core.config import BridgeSettings
from bridges.core.foundation import DEVICE
from bridges.core.storage.database import Database
from tests.bench.chats import arrived, bridged
from tests.bench.figures import Phase, Round
from tests.bench.usage import cpu_seconds


class Bridged(Protocol):
    """A direct chat that has a room."""

    @property
    def room(self) -> str:
        """The room."""
        ...

    @property
    def ghost(self) -> str:
        """Matrix id of the other side's stand-in."""
        ...


C = TypeVar("C", bound=Bridged)

_SLOWEST = 1.0
"""Messages a second below which a phase is given up."""


def text(kind: str, number: int) -> str:
    """A message of common length, different from all others of a chat."""
    return f"{kind} {number:06}: the caravan rests at the well until the evening star is up"


@frozen
class Expected:
    """What has to be in each room in the end, in order."""

    bodies: dict[str, list[str]] = field(factory=dict)

    def add(self, chat: Bridged, body: str) -> None:
        """Note one message."""
        self.bodies.setdefault(chat.room, []).append(body)

    def faults(self, room: str, found: list[str]) -> Iterator[str]:
        """Say in what the messages found in a room differ, if they do."""
        wanted = self.bodies[room]
        known = set(wanted)
        seen = [body for body in found if body in known]
        missing = known - set(seen)
        if missing:
            yield f"{room}: {len(missing)} messages are missing, such as {min(missing)!r}"
        if len(seen) > len(set(seen)):
            yield f"{room}: {len(seen) - len(set(seen))} messages are there more than once"
        if not missing and len(seen) == len(wanted) and seen != wanted:
            yield f"{room}: the messages are not in order"


class Throughput(Generic[C]):
    """Phases over the same rooms: all messages of a chat one after another, the chats side by side."""

    def __init__(
        self,
        chats: Sequence[C],
        settings: BridgeSettings,
        database: Database,
        say: Callable[[C, str], Awaitable[None]],
    ) -> None:
        """`say` has the other side of a chat write something."""
        self.expected = Expected()
        self._chats = chats
        self._say = say
        self._settings = settings
        self._database = database
        self._number = 0

    async def rounds(
        self, count: int, per_chat: int, report: Callable[[Round], None]
    ) -> list[Round]:
        """Measure both kinds of phases in turn; whichever comes first in one comes last in the next."""
        measured = []
        for number in range(count):
            if number % 2:
                relay = await self.relay(per_chat)
                ceiling = await self.ceiling(per_chat)
            else:
                ceiling = await self.ceiling(per_chat)
                relay = await self.relay(per_chat)
            measured.append(Round(relay, ceiling))
            report(measured[-1])
        return measured

    async def relay(self, per_chat: int) -> Phase:
        """People write as fast as they can; it ends when the bridge has delivered the last."""
        plan = self._plan("relay", per_chat)
        before = await bridged(self._database)
        total = per_chat * len(self._chats)

        async def act() -> None:
            await asyncio.gather(
                arrived(self._database, before + total, 60 + total / _SLOWEST),
                *(self._write(chat, plan[chat.room]) for chat in self._chats),
            )

        return await timed(act, total)

    async def ceiling(self, per_chat: int) -> Phase:
        """A loop of requests sends as the same ghosts into the same rooms."""
        plan = self._plan("plain", per_chat)
        limit = self._settings.limits.concurrent_portals
        slots = asyncio.Semaphore(limit)
        headers = {"Authorization": f"Bearer {self._settings.registration.as_token}"}
        connector = aiohttp.TCPConnector(limit=limit)
        async with aiohttp.ClientSession(connector=connector, headers=headers) as http:

            async def send(chat: C) -> None:
                for body in plan[chat.room]:
                    async with slots:
                        await self._put(http, chat, body)

            async def act() -> None:
                await asyncio.gather(*map(send, self._chats))

            return await timed(act, per_chat * len(self._chats))

    def _plan(self, kind: str, per_chat: int) -> dict[str, list[str]]:
        """What is said in which room, all of it noted as expected."""
        numbers = range(self._number, self._number + per_chat)
        self._number += per_chat
        bodies = [text(kind, number) for number in numbers]
        for chat in self._chats:
            for body in bodies:
                self.expected.add(chat, body)
        return {chat.room: bodies for chat in self._chats}

    async def _write(self, chat: C, bodies: list[str]) -> None:
        for body in bodies:
            await self._say(chat, body)

    async def _put(self, http: aiohttp.ClientSession, chat: C, body: str) -> None:
        path = f"/rooms/{quote(chat.room)}/send/m.room.message/{quote(body[:12])}"
        url = f"{self._settings.homeserver_url}/_matrix/client/v3{path}"
        who = {"user_id": chat.ghost, "device_id": DEVICE}
        content = {"msgtype": "m.text", "body": body}
        async with http.put(url, params=who, json=content) as answer:
            answer.raise_for_status()
            await answer.read()


async def timed(act: Callable[[], Awaitable[None]], total: int) -> Phase:
    """Do something that carries so many messages, and note what it takes."""
    before, start = cpu_seconds(), time.perf_counter()
    await act()
    seconds, after = time.perf_counter() - start, cpu_seconds()
    return Phase(total, seconds, {part: after[part] - before.get(part, 0.0) for part in after})
