# SPDX-License-Identifier: AGPL-3.0-or-later
"""How fast histories get into rooms, and how fast a plain sender puts messages there with `?ts=`.

The bridge makes the rooms and reads the histories meanwhile, no faster than 100 messages a second; what it
reaches is measured from the message that makes a room to the last one in the last room.
"""

import asyncio
import time
from collections.abc import Sequence
from urllib.parse import quote

import aiohttp
from attrs import frozen

from bridges.core.config import BridgeSettings
from bridges.core.foundation import DEVICE
from bridges.core.history.keeper import AT_ONCE
from bridges.core.storage.database import Database
from tests.bench.chats import Chat, bridged, opened_chats
from tests.bench.figures import Histories, Phase
from tests.bench.telegram_side import Account, TelegramSide
from tests.bench.throughput import Expected, timed

_TEXT = "past {number}: the caravan rests at the well until the evening star is up"
_HELLO = 1

CHATS = AT_ONCE
"""So many chats, as the bridge brings in that many side by side."""


@frozen
class Backfill:
    """Brings in histories of a login that runs already."""

    telegram: TelegramSide
    settings: BridgeSettings
    database: Database
    owner: Account

    async def measure(self, people: Sequence[Account], messages: int) -> tuple[Histories, Expected]:
        """Give everybody a past of so many messages with the owner, and bring all of it in.

        Returns what has to be in the rooms as well.
        """
        for person in people:
            await self.telegram.past(person, self.owner, messages, _TEXT)
        before = await bridged(self.database)
        total = len(people) * (messages + _HELLO)
        chats: list[Chat] = []

        async def bring_in() -> None:
            chats.extend(
                await opened_chats(
                    self.telegram,
                    self.settings,
                    self.database,
                    self.owner,
                    list(people),
                    before + total,
                )
            )

        through_bridge = await timed(bring_in, total)
        expected = Expected()
        for chat in chats:
            for number in range(messages):
                expected.add(chat, _TEXT.format(number=number))
        return Histories(through_bridge, await self._plainly(chats, messages)), expected

    async def _plainly(self, chats: Sequence[Chat], messages: int) -> Phase:
        """Send as many from one process, as the same ghosts into the same rooms."""
        headers = {"Authorization": f"Bearer {self.settings.registration.as_token}"}
        async with aiohttp.ClientSession(headers=headers) as http:

            async def send(chat: Chat) -> None:
                for number in range(messages):
                    await self._put(http, chat, number)

            async def act() -> None:
                await asyncio.gather(*map(send, chats))

            return await timed(act, len(chats) * messages)

    async def _put(self, http: aiohttp.ClientSession, chat: Chat, number: int) -> None:
        path = f"/rooms/{quote(chat.room)}/send/m.room.message/plain-past-{number}"
        url = f"{self.settings.homeserver_url}/_matrix/client/v3{path}"
        moment = int(time.time() * 1000) - 60_000 * (100_000 - number)
        who = {"user_id": chat.ghost, "device_id": DEVICE, "ts": str(moment)}
        content = {"msgtype": "m.text", "body": f"plainly {_TEXT.format(number=number)}"}
        async with http.put(url, params=who, json=content) as answer:
            answer.raise_for_status()
            await answer.read()
