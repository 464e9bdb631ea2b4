# SPDX-License-Identifier: AGPL-3.0-or-later
"""Which chats get a room because something was said in them."""

from typing import Literal
from unittest.mock import AsyncMock, Mock

import pytest

from bridges.core.chat import ChatKind, KnownChat
from bridges.core.config import SyncConfig
from bridges.core.errors import NotConnected, Rejected
from bridges.core.ids import ChatID, ChatKey
from bridges.core.portal.welcome import Welcome
from bridges.core.text import user_text
from tests.core.clocks import QuickClock

CHAT = ChatKey(ChatID("chat"))
Policy = Literal["all", "active", "direct", "none"]


def login(known: KnownChat | Exception) -> Mock:
    glance = AsyncMock(side_effect=[known] * 5)
    made = Mock(session=Mock(spec=["glance"], glance=glance))
    made.record.id = "login"
    return made


def chat(kind: ChatKind, *, aside: bool = False) -> KnownChat:
    return KnownChat(CHAT, "Name", kind, set_aside=aside)


def welcome(policy: Policy, clock: QuickClock | None = None) -> Welcome:
    return Welcome(clock or QuickClock(), SyncConfig(rooms_for_new_messages=policy))


@pytest.mark.parametrize(
    ("policy", "kind", "aside", "expected"),
    [
        ("all", ChatKind.CHANNEL, True, True),
        ("none", ChatKind.DIRECT, False, False),
        ("active", ChatKind.CHANNEL, False, True),
        ("active", ChatKind.GROUP, True, False),
        ("direct", ChatKind.DIRECT, False, True),
        ("direct", ChatKind.GROUP, False, False),
        ("direct", ChatKind.DIRECT, True, False),
    ],
)
async def test_is_decided_by_the_configuration(
    policy: Policy, kind: ChatKind, aside: bool, expected: bool
) -> None:
    assert await welcome(policy).has(CHAT, login(chat(kind, aside=aside))) is expected


@pytest.mark.parametrize("policy", ["all", "none"])
async def test_nobody_is_asked_where_it_does_not_matter(policy: Policy) -> None:
    asked = login(chat(ChatKind.GROUP))
    await welcome(policy).has(CHAT, asked)
    asked.session.glance.assert_not_awaited()


async def test_a_chat_that_gets_none_is_looked_at_again_after_a_while() -> None:
    clock = QuickClock()
    decision, asked = welcome("active", clock), login(chat(ChatKind.GROUP, aside=True))
    for _ in range(3):
        assert not await decision.has(CHAT, asked)
    assert asked.session.glance.await_count == 1
    await clock.sleep(3600)
    asked.session.glance.side_effect = [chat(ChatKind.GROUP)]
    assert await decision.has(CHAT, asked)


async def test_a_chat_nothing_is_known_of_gets_one() -> None:
    assert await welcome("active").has(CHAT, login(Rejected("TEST.NO", user_text("No."))))
    assert await welcome("direct").has(CHAT, Mock(session=Mock(spec=[])))


async def test_passing_trouble_is_told() -> None:
    offline = NotConnected("TEST.OFFLINE", user_text("Offline."))
    with pytest.raises(NotConnected):
        await welcome("active").has(CHAT, login(offline))
