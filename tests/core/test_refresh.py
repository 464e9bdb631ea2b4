# SPDX-License-Identifier: AGPL-3.0-or-later
"""Asking again about chats that have changed."""

from collections.abc import AsyncIterator, Sequence
from datetime import datetime, timedelta
from typing import Any
from unittest.mock import Mock

import pytest

from bridges.core.chat import ChatInfo
from bridges.core.errors import RateLimited, Rejected
from bridges.core.events import ChatChanged, RemoteEvent
from bridges.core.ids import ChatID, ChatKey, LoginID
from bridges.core.refresh import Refresher
from bridges.core.text import user_text
from tests.core.clocks import QuickClock
from tests.support.waiting import eventually

LOGIN = LoginID("tg-1")
HOUSE, SHED = ChatKey(ChatID("channel:1")), ChatKey(ChatID("channel:2"))


class Desk:
    """A refresher whose questions take a second; what is in `errors` strikes the next ones."""

    def __init__(self) -> None:
        self.clock = QuickClock()
        self.rooms = {HOUSE, SHED}
        self.asked: list[tuple[ChatKey, datetime]] = []
        self.received: list[RemoteEvent] = []
        self.errors: list[Exception] = []
        handle: Any = Mock(clock=self.clock, has_room=self._has_room, receive=self._receive)
        self.refresher = Refresher(LOGIN, handle, self._ask, pause=2.0)

    async def _has_room(self, chat: ChatKey) -> bool:
        return chat in self.rooms

    async def _receive(self, _login: LoginID, events: Sequence[RemoteEvent]) -> None:
        self.received += events

    async def _ask(self, chat: ChatKey) -> ChatInfo:
        self.asked.append((chat, self.clock.now()))
        await self.clock.sleep(1)
        if self.errors:
            raise self.errors.pop(0)
        return ChatInfo(name=chat.chat)

    async def is_quiet(self) -> None:
        task = self.refresher._task
        assert task is not None
        await eventually(task.done, describe="the end of the questions", interval=0.001)


@pytest.fixture
async def desk() -> AsyncIterator[Desk]:
    desk = Desk()
    yield desk
    await desk.refresher.close()


async def test_answers_say_when_the_question_was_asked(desk: Desk) -> None:
    desk.refresher.due(HOUSE)
    await desk.is_quiet()
    [(_, asked)] = desk.asked
    assert desk.received == [ChatChanged(HOUSE, ChatInfo(name=HOUSE.chat), asked)]
    assert asked < desk.clock.now()


async def test_several_changes_are_one_question(desk: Desk) -> None:
    for chat in (HOUSE, SHED, HOUSE):
        desk.refresher.due(chat)
    await desk.is_quiet()
    assert [chat for chat, _ in desk.asked] == [HOUSE, SHED]


async def test_chats_without_a_room_are_not_asked_about(desk: Desk) -> None:
    desk.rooms.discard(HOUSE)
    desk.refresher.due(HOUSE)
    await desk.is_quiet()
    assert desk.asked == []


async def test_a_wait_telegram_asks_for_is_waited(desk: Desk) -> None:
    desk.errors.append(RateLimited("TEST.SLOWLY", user_text("Slowly."), retry_after=90))
    desk.refresher.due(HOUSE)
    await desk.is_quiet()
    [(_, first), (_, second)] = desk.asked
    assert second - first > timedelta(seconds=90)
    assert desk.received == [ChatChanged(HOUSE, ChatInfo(name=HOUSE.chat), second)]


@pytest.mark.parametrize(
    "error", [Rejected("TEST.GONE", user_text("Gone.")), RuntimeError("a bug")]
)
async def test_a_question_that_fails_does_not_end_the_others(desk: Desk, error: Exception) -> None:
    desk.errors.append(error)
    desk.refresher.due(HOUSE)
    desk.refresher.due(SHED)
    await desk.is_quiet()
    assert [event.chat for event in desk.received if isinstance(event, ChatChanged)] == [SHED]
