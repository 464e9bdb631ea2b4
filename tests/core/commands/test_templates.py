# SPDX-License-Identifier: AGPL-3.0-or-later
"""Approved texts, listed and sent by command."""

from collections.abc import Sequence

import pytest

from bridges.core.commands.ports import ChatView
from bridges.core.ids import ChatID, ChatKey
from bridges.core.network import Session
from bridges.core.outgoing import MessageTemplate
from tests.core.commands.fakes import PORTAL, Chat, PlainSession

SHOP = ChatKey(ChatID("shop"))
READY = MessageTemplate("ready", "en", "Dear {{1}},\n{{2}} is ready.", 2)
CLOSED = MessageTemplate("closed", "tg", "We are closed.", 0)


class ApprovedSession(PlainSession):
    """A session whose account has approved texts."""

    def __init__(self, *templates: MessageTemplate) -> None:
        self._templates = templates
        self.sent: list[tuple[ChatKey, str, MessageTemplate, Sequence[str]]] = []

    async def templates(self, chat: ChatKey) -> Sequence[MessageTemplate]:
        return self._templates

    async def send_template(
        self, chat: ChatKey, key: str, template: MessageTemplate, values: Sequence[str]
    ) -> None:
        self.sent.append((chat, key, template, values))


def put(chat: Chat, session: Session) -> None:
    login = chat.services.add_login("Alisa", session)
    chat.services.chats[PORTAL] = ChatView(SHOP, login, session, None)


@pytest.fixture
def session(chat: Chat) -> ApprovedSession:
    """Alisa's, in whose customer's room the commands are said."""
    session = ApprovedSession(READY, CLOSED)
    put(chat, session)
    return session


async def test_are_listed_with_an_example(chat: Chat, session: ApprovedSession) -> None:
    await chat.write_in_portal("!tg template")
    assert "1. **ready** (en): Dear {{1}}, {{2}} is ready." in chat.bot.last
    assert "2. **closed** (tg): We are closed." in chat.bot.last
    assert "`!tg template 1 … | …`" in chat.bot.last
    assert not session.sent


async def test_are_sent_by_name_with_their_values(chat: Chat, session: ApprovedSession) -> None:
    event = await chat.write_in_portal("!tg template ready Farhod | green tea")
    assert session.sent == [(SHOP, f"template {event}", READY, ["Farhod", "green tea"])]


async def test_are_sent_by_number(chat: Chat, session: ApprovedSession) -> None:
    event = await chat.write_in_portal("!tg template 2")
    assert session.sent == [(SHOP, f"template {event}", CLOSED, [])]


@pytest.mark.parametrize("wanted", ["other", "0", "3"])
async def test_an_unknown_one_is_not_guessed(
    chat: Chat, session: ApprovedSession, wanted: str
) -> None:
    await chat.write_in_portal(f"!tg template {wanted}")
    assert f"There is no template “{wanted}”." in chat.bot.last
    assert not session.sent


async def test_there_may_be_none(chat: Chat) -> None:
    put(chat, ApprovedSession())
    await chat.write_in_portal("!tg template")
    assert "no approved templates" in chat.bot.last


async def test_are_for_the_rooms_of_chats(chat: Chat, session: ApprovedSession) -> None:
    await chat.write("template")
    assert "room of a chat" in chat.bot.last


async def test_are_not_offered_where_the_network_has_none(chat: Chat) -> None:
    put(chat, PlainSession())
    await chat.write_in_portal("!tg template")
    assert "None of your accounts can do that" in chat.bot.last
