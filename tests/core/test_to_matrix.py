# SPDX-License-Identifier: AGPL-3.0-or-later
"""Which login stands for a received event, and what waits instead of being given up."""

from datetime import UTC, datetime
from inspect import signature
from typing import Any
from unittest.mock import AsyncMock, MagicMock, Mock

import pytest

from bridges.core.chat import Sender
from bridges.core.content import FormattedText, Text
from bridges.core.errors import SessionLost
from bridges.core.events import RemoteMessage
from bridges.core.ids import SHARED, ChatID, ChatKey, LoginID, MessageID, RemoteUserID
from bridges.core.portal.to_matrix import AccountAway, ToMatrix
from bridges.core.storage.codec import EventCodec
from bridges.core.storage.portals import LoginPortal
from bridges.core.storage.queue import Row, RowState
from bridges.core.text import user_text

GONE, THERE = LoginID("gone"), LoginID("there")
CODEC = EventCodec()


class Desk:
    """`ToMatrix` with everything around it played; handling a message finds the account logged out."""

    def __init__(self) -> None:
        self.parts = MagicMock()
        self.active = Mock(name="the login that is there")
        self.sessions = Mock()
        self.sessions.get = {THERE: self.active}.get
        self.portals = Mock(logins_in=AsyncMock(return_value=[]))
        self.message_sync = Mock(message=AsyncMock(side_effect=self._lost()))
        self.queue = Mock(finish=AsyncMock(), ending=Mock(return_value=""))
        names: dict[str, Any] = dict.fromkeys(signature(ToMatrix).parameters, self.parts)
        names |= {
            "queue": self.queue,
            "portals": self.portals,
            "sessions": self.sessions,
            "message_sync": self.message_sync,
            "codec": CODEC,
        }
        self.to_matrix = ToMatrix(**names)

    def _lost(self) -> SessionLost:
        return SessionLost("TEST.LOST", user_text("Logged out."))

    async def handle(self, login: LoginID, chat: ChatKey) -> None:
        event = RemoteMessage(
            chat=chat,
            sender=Sender(RemoteUserID("1")),
            id=MessageID("1"),
            timestamp=datetime(2026, 11, 1, tzinfo=UTC),
            parts=(Text(FormattedText("x")),),
        )
        payload = CODEC.encode(event)
        row = Row(1, "chat", "key", login, payload, RowState.WAITING, event.timestamp)
        await self.to_matrix.handle(row)


@pytest.fixture
def desk() -> Desk:
    return Desk()


async def test_what_came_before_the_account_was_logged_out_waits_for_its_return(
    desk: Desk,
) -> None:
    with pytest.raises(AccountAway):
        await desk.handle(THERE, ChatKey(ChatID("c"), THERE))
    desk.queue.finish.assert_not_awaited()


async def test_a_direct_chat_of_an_account_that_has_left_gets_nothing_more(desk: Desk) -> None:
    await desk.handle(GONE, ChatKey(ChatID("c"), GONE))
    desk.message_sync.message.assert_not_awaited()
    desk.queue.finish.assert_awaited_once()


async def test_in_a_shared_chat_somebody_else_stands_for_the_one_who_has_left(desk: Desk) -> None:
    chat = ChatKey(ChatID("c"), SHARED)
    desk.portals.logins_in.return_value = [
        LoginPortal(GONE, chat, in_space=True, may_write=True),
        LoginPortal(THERE, chat, in_space=True, may_write=True),
    ]
    with pytest.raises(AccountAway):
        await desk.handle(GONE, chat)
    desk.message_sync.message.assert_awaited_once()
    assert desk.message_sync.message.await_args.args[2] is desk.active
