# SPDX-License-Identifier: AGPL-3.0-or-later
"""After which time messages disappear, set by command."""

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridges.core.commands.disappearing import seconds_of, shown
from bridges.core.commands.ports import ChatView
from bridges.core.ids import ChatID, ChatKey
from tests.core.commands.fakes import PORTAL, Chat, PlainSession

TALK = ChatKey(ChatID("talk"))


class ForgetfulSession(PlainSession):
    """A session whose messages can disappear."""

    def __init__(self) -> None:
        self.set: list[tuple[ChatKey, int]] = []

    @property
    def disappearing_times(self) -> Sequence[int]:
        return (86_400, 604_800)

    async def set_disappearing(self, chat: ChatKey, seconds: int) -> None:
        self.set.append((chat, seconds))


@pytest.fixture
def session(chat: Chat) -> ForgetfulSession:
    """Alisa's, in whose chat's room the commands are said."""
    session = ForgetfulSession()
    login = chat.services.add_login("Alisa", session)
    chat.services.chats[PORTAL] = ChatView(TALK, login, session, None)
    return session


@pytest.mark.parametrize(
    ("said", "seconds", "answer"),
    [
        ("24h", 86_400, "after 24h now"),
        ("1 D", 86_400, "after 24h now"),
        ("7d", 604_800, "after 7d now"),
        ("off", 0, "stay from now on"),
    ],
)
async def test_a_time_is_set(
    chat: Chat, session: ForgetfulSession, said: str, seconds: int, answer: str
) -> None:
    await chat.write_in_portal(f"!tg disappear {said}")
    assert session.set == [(TALK, seconds)]
    assert answer in chat.bot.last


@pytest.mark.parametrize("said", ["", "soon", "5h", "-7d", "7d please"])
async def test_what_there_is_not_is_answered_with_what_there_is(
    chat: Chat, session: ForgetfulSession, said: str
) -> None:
    await chat.write_in_portal(f"!tg disappear {said}")
    assert session.set == []
    assert "24h, 7d, or `off`" in chat.bot.last


@given(st.integers(1, 9999))
def test_what_is_shown_can_be_typed(hours: int) -> None:
    assert seconds_of(shown(hours * 3600)) == hours * 3600


@given(st.text())
def test_any_text_is_a_time_or_none(text: str) -> None:
    assert seconds_of(text) is None or seconds_of(text) in range(10_000 * 86_400)
