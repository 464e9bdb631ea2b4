# SPDX-License-Identifier: AGPL-3.0-or-later
"""Receipts of the homeserver are taken in one after the other, whatever is in their way."""

import asyncio
from typing import Any
from unittest.mock import AsyncMock, Mock

from mautrix.errors import MNotFound
from mautrix.types import EventID, RoomID

from bridges.core.ephemeral import Ephemerals
from bridges.core.errors import NotConnected
from bridges.core.ids import ChatID, ChatKey, LoginID, MessageID
from bridges.core.matrix.errors import HomeserverRefused
from bridges.core.text import user_text
from tests.core.clocks import QuickClock
from tests.support.waiting import eventually

ROOM, OTHER = RoomID("!tea:home.test"), RoomID("!chess:home.test")
READER, GHOST = "@zarina:home.test", "@ghost:home.test"
LOGIN = LoginID("zarina")
AWAY = NotConnected("AWAY", user_text("Away."))


class Scene:
    """Rooms that are called like their chats; `told` is what has been read where, in order."""

    def __init__(self) -> None:
        self.clock = QuickClock()
        self.told: list[tuple[str, str]] = []
        self.fails: list[Exception] = []
        self.slow: dict[str, asyncio.Event] = {}
        login = Mock()
        login.record.id = LOGIN
        self.ephemerals = Ephemerals(
            Mock(
                by_room=AsyncMock(side_effect=lambda room: Mock(key=ChatKey(ChatID(room)))),
                logins_in=AsyncMock(return_value=[Mock(login=LOGIN)]),
            ),
            Mock(of=lambda user: [login] if user == READER else []),
            Mock(is_ours=lambda user: user == GHOST),
            Mock(),
            Mock(message=AsyncMock(side_effect=self._message)),
            Mock(read=AsyncMock(side_effect=self._read)),
            self.clock,
            (LookupError,),
        )

    def receipt(
        self, event: str, room: RoomID = ROOM, reader: str = READER, given_at: int = 0
    ) -> None:
        """The homeserver tells of a receipt."""
        content: dict[str, Any] = {event: {"m.read": {reader: {"ts": given_at}}}}
        self.ephemerals.from_matrix({"type": "m.receipt", "room_id": room, "content": content})

    async def until_told(self, *told: tuple[str, str]) -> None:
        await eventually(lambda: self.told == list(told), describe=lambda: f"{self.told}")

    async def _message(self, _portal: Any, _room: RoomID, event: EventID) -> MessageID:
        if event in self.slow:
            await self.slow[event].wait()
        if self.fails:
            raise self.fails.pop(0)
        return MessageID(event)

    async def _read(self, _login: Any, chat: ChatKey, message: MessageID) -> None:
        self.told.append((chat.chat, message))


async def test_a_slow_one_is_not_overtaken_in_its_room() -> None:
    scene = Scene()
    scene.slow["1"] = asyncio.Event()
    scene.receipt("1")
    scene.receipt("2")
    scene.receipt("3", OTHER)
    await scene.until_told((OTHER, "3"))
    scene.slow["1"].set()
    await scene.until_told((OTHER, "3"), (ROOM, "1"), (ROOM, "2"))


async def test_trouble_delays_them() -> None:
    scene = Scene()
    scene.fails = [AWAY, LookupError(), ConnectionResetError()] + [AWAY] * 10
    scene.receipt("1")
    scene.receipt("2")
    await scene.until_told((ROOM, "1"), (ROOM, "2"))
    assert scene.clock.waits[:3] == [1, 2, 4]
    assert max(scene.clock.waits) == 60


async def test_those_of_ghosts_are_our_own() -> None:
    scene = Scene()
    scene.receipt("1", reader=GHOST)
    scene.receipt("2")
    await scene.until_told((ROOM, "2"))


async def test_what_comes_again_or_late_by_the_other_way_changes_nothing() -> None:
    scene = Scene()
    for event, given_at in (("1", 100), ("2", 200), ("2", 200), ("1", 100), ("3", 300)):
        scene.receipt(event, given_at=given_at)
    await scene.until_told((ROOM, "1"), (ROOM, "2"), (ROOM, "3"))


async def test_one_of_no_event_holds_up_no_other() -> None:
    scene = Scene()
    scene.fails = [HomeserverRefused("GET /context", MNotFound(404, "No such event."))]
    scene.receipt("1")
    scene.receipt("2")
    await scene.until_told((ROOM, "2"))
