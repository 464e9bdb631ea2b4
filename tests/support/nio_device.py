# SPDX-License-Identifier: AGPL-3.0-or-later
"""A device of somebody with matrix-nio as it comes: nothing is recorded that nio has not understood."""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager, suppress
from typing import Any

import nio  # type: ignore[import-untyped]

from tests.support.matrix_user import MatrixUser
from tests.support.syncing_client import SYNC_TIMELINE_LIMIT, accepted
from tests.support.waiting import eventually

_FILTER = {"room": {"timeline": {"limit": SYNC_TIMELINE_LIMIT}}}
_LONG_POLL = 10_000
_PAGE = 40


class NioDevice:
    """One device; made with ``nio_device``.

    Attributes:
        mxid: whose it is.
    """

    def __init__(self, client: nio.AsyncClient) -> None:
        self.mxid = str(client.user_id)
        self._nio = client
        self._heard: dict[str, list[Any]] = {}
        client.add_event_callback(self._hear, nio.RoomMessage)

    async def _hear(self, room: nio.MatrixRoom, event: nio.RoomMessage) -> None:
        self._heard.setdefault(room.room_id, []).append(event)

    def heard(self, room: str) -> list[Any]:
        """The messages that ``sync`` has brought, in order."""
        return self._heard.get(room, [])

    def texts(self, room: str) -> list[str]:
        """What they say."""
        return [event.body for event in self.heard(room)]

    async def say(self, room: str, text: str) -> bool:
        """Write; False if one may not write there."""
        content = {"msgtype": "m.text", "body": text}
        answer = await self._nio.room_send(room, "m.room.message", content)
        if isinstance(answer, nio.ErrorResponse) and answer.status_code == "M_FORBIDDEN":
            return False
        accepted(answer)
        return True

    async def hears(self, room: str, words: str, after: int = 0) -> str:
        """Wait for a message with these words, past the first ``after`` of the room."""

        def found() -> str | None:
            return next((text for text in self.texts(room)[after:] if words in text), None)

        def seen() -> str:
            return f"{words!r}; heard since: {self.texts(room)[after:]}"

        return str(await eventually(found, describe=seen))

    async def asks(self, room: str, words: str, answer: str) -> str:
        """Say something and wait for what contains the ``answer``."""
        before = len(self.heard(room))
        assert await self.say(room, words)
        return await self.hears(room, answer, before)

    async def read(self, room: str) -> list[Any]:
        """All events of a room as the homeserver gives them page by page, oldest first."""
        events: list[Any] = []
        start: str | None = None
        while True:
            page = accepted(await self._nio.room_messages(room, start, limit=_PAGE))
            events += page.chunk
            start = page.end
            if start is None:
                return events[::-1]

    async def joins(self, room: str) -> None:
        """Wait for the invitation to a room and accept it."""
        await eventually(lambda: room in self._nio.invited_rooms, describe="an invitation")
        accepted(await self._nio.join(room))

    async def leaves(self, room: str) -> None:
        """Leave a room."""
        accepted(await self._nio.room_leave(room))

    async def direct_rooms(self) -> Mapping[str, list[str]]:
        """The list of direct chats: for each person, the rooms."""
        answer = await self._nio.list_direct_rooms()
        if isinstance(answer, nio.ErrorResponse) and answer.status_code == "M_NOT_FOUND":
            return {}
        found: Mapping[str, list[str]] = accepted(answer).rooms
        return found

    async def members(self, room: str) -> set[str]:
        """Who is in a room."""
        return {one.user_id for one in accepted(await self._nio.joined_members(room)).members}

    async def state(self, room: str, event_type: str) -> list[Mapping[str, Any]]:
        """The contents of all state events of a type."""
        answer = accepted(await self._nio.room_get_state(room))
        return [one["content"] for one in answer.events if one["type"] == event_type]

    async def wait(self, condition: Callable[["NioDevice"], object], describe: str) -> None:
        """Wait for something that ``sync`` brings."""
        await eventually(lambda: condition(self), describe=describe)


@asynccontextmanager
async def nio_device(user: MatrixUser) -> AsyncIterator[NioDevice]:
    """Have a device of somebody in sync for the time of the block."""
    config = nio.AsyncClientConfig(encryption_enabled=False, store_sync_tokens=False)
    client = nio.AsyncClient(user.client.homeserver, user.mxid, config=config)
    client.restore_login(user.mxid, user.client.device_id, user.client.access_token)
    device = NioDevice(client)
    listening: asyncio.Task[None] | None = None
    try:
        accepted(await client.sync(0, _FILTER, full_state=True))
        listening = asyncio.create_task(client.sync_forever(_LONG_POLL, _FILTER))
        yield device
    finally:
        if listening is not None:
            listening.cancel()
            with suppress(asyncio.CancelledError):
                await listening
        await client.close()


def is_once(events: list[Any], text: str) -> bool:
    """Whether exactly one of some events says a text."""
    return [getattr(one, "body", None) for one in events].count(text) == 1
