# SPDX-License-Identifier: AGPL-3.0-or-later
"""Commands about the chat in whose room they are said."""

from collections.abc import Sequence

import pytest

from bridges.core.chat import Identity
from bridges.core.commands.ports import ChatView
from bridges.core.errors import Rejected
from bridges.core.ids import ChatID, ChatKey, RemoteUserID
from bridges.core.network import Session
from bridges.core.text import user_text
from tests.core.commands.fakes import PORTAL, Chat, PlainSession

KITCHEN = ChatKey(ChatID("kitchen"))
ALI = Identity(RemoteUserID("ali"), "Ali", is_me=True)
NEWS = Identity(RemoteUserID("news"), "Sandbox News")
EDITORS = Identity(RemoteUserID("editors"), "Sandbox Editors")


class HostingSession(PlainSession):
    """A session of somebody who has a group with topics and channels."""

    def __init__(self, *identities: Identity) -> None:
        self._identities = identities
        self.topics: list[tuple[ChatKey, str, str]] = []

    async def new_topic(self, chat: ChatKey, key: str, title: str) -> ChatKey:
        if title == "refused":
            raise Rejected("TEST.NO", user_text("This group has no topics."))
        self.topics.append((chat, key, title))
        return ChatKey(ChatID(f"{chat.chat}/{len(self.topics)}"))

    async def identities(self, chat: ChatKey) -> Sequence[Identity]:
        return self._identities


@pytest.fixture
def session(chat: Chat) -> HostingSession:
    """Alice's, in whose kitchen the commands are said."""
    session = HostingSession(ALI, NEWS, EDITORS)
    put(chat, session)
    return session


def put(chat: Chat, session: Session, speaks_as: RemoteUserID | None = None) -> None:
    login = chat.services.add_login("Ali", session)
    chat.services.chats[PORTAL] = ChatView(KITCHEN, login, session, speaks_as)


class TestNewTopic:
    async def test_is_begun_and_opened(self, chat: Chat, session: HostingSession) -> None:
        event = await chat.write_in_portal("!tg new-topic Tea and *bread*")
        assert session.topics == [(KITCHEN, f"topic {event}", "Tea and *bread*")]
        assert [key for _, key in chat.services.opened] == [ChatKey(ChatID("kitchen/1"))]
        assert (
            chat.bot.last
            == "The topic: [Tea and *bread*](https://matrix.to/#/!kitchen%2F1:wonder.example)"
        )

    async def test_says_why_it_was_refused(self, chat: Chat, session: HostingSession) -> None:
        await chat.write_in_portal("!tg new-topic refused")
        assert "no topics" in chat.bot.last
        assert not chat.services.opened

    async def test_needs_a_title(self, chat: Chat, session: HostingSession) -> None:
        await chat.write_in_portal("!tg new-topic")
        assert "new-topic <title>" in chat.bot.last

    async def test_is_for_rooms_of_chats(self, chat: Chat, session: HostingSession) -> None:
        await chat.write("new-topic Tea")
        assert "room of a chat" in chat.bot.last
        chat.services.chats.clear()
        await chat.write_in_portal("!tg new-topic Tea")
        assert "room of a chat" in chat.bot.last
        assert not session.topics

    async def test_is_not_offered_where_the_network_has_none(self, chat: Chat) -> None:
        put(chat, PlainSession())
        await chat.write_in_portal("!tg new-topic Tea")
        assert "None of your accounts can do that" in chat.bot.last
        await chat.write_in_portal("!tg help")
        assert "new-topic" not in chat.bot.last


class TestSendAs:
    async def test_lists_the_names(self, chat: Chat, session: HostingSession) -> None:
        await chat.write_in_portal("!tg send-as")
        assert chat.bot.last.splitlines() == [
            "As whom do you want to write here?",
            "1. Ali ✓",
            "2. Sandbox News",
            "3. Sandbox Editors",
            "Say for example `!tg send-as 1`.",
        ]

    async def test_marks_the_one_in_use(self, chat: Chat) -> None:
        put(chat, HostingSession(ALI, NEWS), speaks_as=NEWS.user)
        await chat.write_in_portal("!tg send-as")
        assert "2. Sandbox News ✓" in chat.bot.last
        assert "Ali ✓" not in chat.bot.last

    @pytest.mark.parametrize("words", ["2", "Sandbox News", "sandbox news"])
    async def test_takes_a_number_or_a_name(
        self, chat: Chat, session: HostingSession, words: str
    ) -> None:
        await chat.write_in_portal(f"!tg send-as {words}")
        assert chat.services.spoken_as == [(KITCHEN, NEWS.user)]
        assert "Sandbox News" in chat.bot.last
        assert "still see that it is you" in chat.bot.last

    @pytest.mark.parametrize("words", ["1", "me", "Ali"])
    async def test_goes_back_to_oneself(
        self, chat: Chat, session: HostingSession, words: str
    ) -> None:
        await chat.write_in_portal(f"!tg send-as {words}")
        assert chat.services.spoken_as == [(KITCHEN, None)]

    @pytest.mark.parametrize("words", ["0", "4", "Somebody"])
    async def test_explains_what_there_is(
        self, chat: Chat, session: HostingSession, words: str
    ) -> None:
        await chat.write_in_portal(f"!tg send-as {words}")
        assert chat.services.spoken_as == []
        assert "cannot" in chat.bot.last
        assert "3. Sandbox Editors" in chat.bot.last

    async def test_says_that_there_is_no_other_name(self, chat: Chat) -> None:
        put(chat, HostingSession(ALI))
        await chat.write_in_portal("!tg send-as")
        assert "as yourself" in chat.bot.last
