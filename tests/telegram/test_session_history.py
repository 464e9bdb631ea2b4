# SPDX-License-Identifier: AGPL-3.0-or-later
"""Reading what was said before: pages, albums, pace, and where a chat has grown out of another."""

import itertools
from collections.abc import Sequence
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from telethon.tl.functions.messages import MigrateChatRequest, SendReactionRequest
from telethon.tl.types import ReactionEmoji

from bridges.core.content import MediaKind, RemoteMedia
from bridges.core.errors import RateLimited, Rejected
from bridges.core.history.pages import HistoryPage, PastMessage
from bridges.core.ids import SHARED, ChatID, ChatKey, MessageID
from bridges.core.network import LoginRecord
from bridges.telegram.backfill import PAGE, Piece, piece_of
from bridges.telegram.session import TelegramSession
from sandbox.telegram import Person, TelegramSandbox
from tests.conformance.pictures import png
from tests.telegram.bridge import body_of
from tests.telegram.test_session_text import dm

GET_HISTORY = "messages.getHistory"


def texts(page: HistoryPage) -> list[str]:
    return [body_of(one.message) for one in page.messages]


async def everything(
    session: TelegramSession, chat: ChatKey, limit: int = PAGE
) -> list[PastMessage]:
    """A chat's whole history, oldest first, page by page."""
    found: list[PastMessage] = []
    before: MessageID | None = None
    while True:
        page = await session.history(chat, before, limit)
        found = [*page.messages, *found]
        if page.more is None:
            return found
        before = page.more


@pytest.fixture
def chat(net: TelegramSandbox, alisa: LoginRecord) -> ChatKey:
    """Alisa's chat with Boris."""
    return dm(net, "boris_test", alisa)


class TestPages:
    @pytest.mark.parametrize("limit", [1, 7, 40])
    async def test_meet_each_other(
        self, session: TelegramSession, net: TelegramSandbox, chat: ChatKey, limit: int
    ) -> None:
        count = 2 * limit + 1
        net.bulk.history("alisa_test", "boris_test", count, reply_every=2)
        page = await session.history(chat, None, limit)
        assert texts(page) == [f"message {number}" for number in range(count - limit, count)]
        found = await everything(session, chat, limit)
        assert [body_of(one.message) for one in found] == [
            f"message {number}" for number in range(count)
        ]
        answers = [one.message for one in found if one.message.reply_to is not None]
        numbers = {one.message.id: place for place, one in enumerate(found)}
        assert answers
        for one in answers:
            assert one.reply_to is not None
            assert numbers[one.id] - numbers[one.reply_to] == 1

    async def test_say_who_speaks(
        self, session: TelegramSession, net: TelegramSandbox, chat: ChatKey
    ) -> None:
        net.bulk.history("alisa_test", "boris_test", 4)
        page = await session.history(chat, None, 10)
        boris = str(net.accounts.find("boris_test").id)
        assert {one.message.sender.is_me for one in page.messages} == {True, False}
        assert page.people[page.messages[1].message.sender.user].name == "Boris Made-Up"
        assert page.messages[1].message.sender.user == boris
        net.log.clear()
        assert (await session.user_info(page.messages[1].message.sender.user)).name

    async def test_end_before_a_message(
        self, session: TelegramSession, net: TelegramSandbox, chat: ChatKey
    ) -> None:
        numbers = net.bulk.history("alisa_test", "boris_test", 5)
        page = await session.history(chat, MessageID(str(numbers[3])), 2)
        assert texts(page) == ["message 1", "message 2"]

    async def test_of_an_empty_chat(
        self, session: TelegramSession, net: TelegramSandbox, alisa: LoginRecord
    ) -> None:
        await session.search("vera_test", 1)
        page = await session.history(dm(net, "vera_test", alisa), None, 10)
        assert (page.messages, page.more, page.continues) == ((), None, None)

    async def test_of_a_chat_one_is_not_in(self, session: TelegramSession) -> None:
        with pytest.raises(Rejected):
            await session.history(ChatKey(ChatID("channel:1"), SHARED), None, 10)

    async def test_show_messages_as_they_are_now(
        self, session: TelegramSession, chat: ChatKey, boris: Person
    ) -> None:
        sent = await boris.client.send_message("alisa_test", "draft")
        await boris.client.edit_message(sent, "final")
        reaction = SendReactionRequest("alisa_test", sent.id, reaction=[ReactionEmoji("🔥")])
        await boris.client(reaction)
        (one,) = (await session.history(chat, None, 10)).messages
        assert body_of(one.message) == "final"
        assert one.edit_stamp
        assert [reaction.emojis for reaction in one.reactions] == [("🔥",)]

    async def test_leave_out_what_nobody_said(
        self, session: TelegramSession, net: TelegramSandbox
    ) -> None:
        room = await net.add_room("supergroup", "Club", "boris_test", ("alisa_test",))
        net.bulk.history("alisa_test", "Club", 2)
        found = await everything(session, ChatKey(ChatID(f"channel:{room.id}"), SHARED))
        assert [body_of(one.message) for one in found] == ["message 0", "message 1"]


class TestAlbums:
    async def test_stay_together(
        self, session: TelegramSession, chat: ChatKey, boris: Person
    ) -> None:
        await boris.send("alisa_test", "before")
        pictures = [
            await boris.client.upload_file(png(number), file_name=f"{number}.png")
            for number in range(3)
        ]
        await boris.client.send_file("alisa_test", pictures, caption=["one", "two", "three"])
        await boris.send("alisa_test", "after")
        page = await session.history(chat, None, 2)
        kinds = [one.message.parts[0] for one in page.messages]
        assert [isinstance(one, RemoteMedia) for one in kinds] == [True, True, True, False]
        assert {one.kind for one in kinds if isinstance(one, RemoteMedia)} == {MediaKind.IMAGE}
        assert page.more is not None
        assert texts(await session.history(chat, page.more, 2)) == ["before"]

    @given(st.lists(st.integers(1, 10), max_size=60), st.integers(1, PAGE), st.booleans())
    def test_are_never_cut(self, sizes: Sequence[int], limit: int, older: bool) -> None:
        messages: list[Any] = []
        for album, size in enumerate(sizes):
            group = album if size > 1 else None
            messages += [SimpleNamespace(id=len(messages), grouped_id=group)] * size
        asked = min(PAGE, limit + 10)
        answer = messages[-asked:]
        piece = piece_of(answer, asked, limit)
        assert list(piece.messages) == answer[len(answer) - len(piece.messages) :]
        if len(answer) < asked:
            assert piece.is_first == (len(piece.messages) == len(answer))
        cut = len(messages) - len(piece.messages)
        if 0 < cut < len(messages):
            groups = (messages[cut - 1].grouped_id, messages[cut].grouped_id)
            assert groups[0] is None or groups[0] != groups[1]
        assert len(piece.messages) >= min(limit, len(answer)) or len(answer) == PAGE
        assert piece.messages or not answer

    def test_of_an_empty_answer(self) -> None:
        assert piece_of([], 20, 10) == Piece((), is_first=True)


class TestPace:
    async def test_is_a_hundred_messages_a_second(
        self, session: TelegramSession, net: TelegramSandbox, chat: ChatKey
    ) -> None:
        net.bulk.history("alisa_test", "boris_test", 2 * PAGE + 10)
        net.log.clear()
        assert len(await everything(session, chat)) == 2 * PAGE + 10
        times = [call.time for call in net.log.calls(GET_HISTORY)]
        assert len(times) == 3
        assert all(later - earlier >= 0.95 for earlier, later in itertools.pairwise(times))

    async def test_does_not_matter_for_a_few(
        self, session: TelegramSession, net: TelegramSandbox, chat: ChatKey
    ) -> None:
        net.bulk.history("alisa_test", "boris_test", 3)
        net.log.clear()
        for _ in range(3):
            await session.history(chat, None, 10)
        times = [call.time for call in net.log.calls(GET_HISTORY)]
        assert times[-1] - times[0] < 1

    async def test_is_told_by_telegram_too(
        self, session: TelegramSession, net: TelegramSandbox, chat: ChatKey
    ) -> None:
        net.bulk.history("alisa_test", "boris_test", 3)
        net.faults.flood_wait(GET_HISTORY, 40)
        with pytest.raises(RateLimited) as caught:
            await session.history(chat, None, 10)
        assert 39 <= caught.value.retry_after <= 41


class TestASupergroup:
    """Its first message says which group it has grown out of."""

    @pytest.fixture
    async def group(self, net: TelegramSandbox, alisa: LoginRecord, boris: Person) -> ChatKey:
        """A group in which something was said, and which then became a supergroup."""
        room = await net.add_room("group", "Small", "boris_test", ("alisa_test",))
        await boris.send("Small", "in the group")
        await boris.client(MigrateChatRequest(room.id))
        return ChatKey(ChatID(f"chat:{room.id}"), alisa.id)

    @pytest.fixture
    async def supergroup(self, group: ChatKey, session: TelegramSession, boris: Person) -> ChatKey:
        """The supergroup, in which something was said as well."""
        listed = await session.recent_chats(10)
        found = next(one.key for one in listed if one.key.receiver == SHARED)
        await boris.send(int(found.chat.partition(":")[2]), "in the supergroup")
        return found

    async def test_goes_on_in_the_group(
        self, session: TelegramSession, group: ChatKey, supergroup: ChatKey
    ) -> None:
        page = await session.history(supergroup, None, 10)
        assert texts(page) == ["in the supergroup"]
        assert (page.more, page.continues) == (None, group)
        assert texts(await session.history(group, None, 10)) == ["in the group"]

    async def test_goes_on_in_the_group_before_its_very_first_message(
        self, session: TelegramSession, group: ChatKey, supergroup: ChatKey
    ) -> None:
        page = await session.history(supergroup, MessageID("1"), 10)
        assert (page.messages, page.more, page.continues) == ((), None, group)

    async def test_that_always_was_one_begins_with_its_first_message(
        self, session: TelegramSession, net: TelegramSandbox
    ) -> None:
        room = await net.add_room("supergroup", "Large", "boris_test", ("alisa_test",))
        large = ChatKey(ChatID(f"channel:{room.id}"), SHARED)
        page = await session.history(large, MessageID("1"), 10)
        assert (page.messages, page.more, page.continues) == ((), None, None)


class TestATopic:
    """A forum's topics are chats of their own, and General is the group itself."""

    @pytest.fixture
    async def forum(self, net: TelegramSandbox, boris: Person) -> tuple[int, int]:
        """The numbers of a forum and of a topic in it, with something said in both."""
        room = await net.add_room("supergroup", "Orchestra", "boris_test", ("alisa_test",))
        await boris.set_forum("Orchestra")
        topic = await boris.create_topic("Orchestra", "Strings")
        for number in range(3):
            await boris.send("Orchestra", f"general {number}")
            await boris.send_in("Orchestra", topic, f"strings {number}")
        return room.id, topic

    async def test_has_what_was_said_in_it(
        self, session: TelegramSession, forum: tuple[int, int]
    ) -> None:
        channel, topic = forum
        general = ChatKey(ChatID(f"channel:{channel}"), SHARED)
        strings = ChatKey(ChatID(f"channel:{channel}/{topic}"), SHARED)
        said = [body_of(one.message) for one in await everything(session, strings)]
        assert [text for text in said if "strings" in text] == [f"strings {n}" for n in range(3)]
        assert not [text for text in said if "general" in text]
        said = [body_of(one.message) for one in await everything(session, general)]
        assert [text for text in said if "general" in text] == [f"general {n}" for n in range(3)]
        assert not [text for text in said if "strings" in text]

    async def test_is_read_as_far_as_it_is_read(
        self, session: TelegramSession, net: TelegramSandbox, forum: tuple[int, int]
    ) -> None:
        channel, topic = forum
        strings = ChatKey(ChatID(f"channel:{channel}/{topic}"), SHARED)
        among = [one.message.id for one in await everything(session, strings)]
        alisa = await net.person("alisa_test")
        await alisa.read_thread("Orchestra", topic, int(among[-2]))
        (mine,) = await session.read_marks(strings, among)
        assert mine.up_to == among[-2]


class TestReadMarks:
    async def test_of_both_sides(
        self, session: TelegramSession, net: TelegramSandbox, chat: ChatKey, boris: Person
    ) -> None:
        numbers = [
            (await boris.client.send_message("alisa_test", text)).id for text in ("a", "b", "c")
        ]
        alisa = await net.person("alisa_test")
        mine = [one.id for one in reversed(await alisa.client.get_messages("boris_test", limit=9))]
        assert len(mine) == len(numbers)
        await alisa.client.send_read_acknowledge("boris_test", max_id=mine[1])
        answer = (await alisa.client.send_message("boris_test", "d")).id
        await boris.client.send_read_acknowledge("alisa_test")
        among = [MessageID(str(one)) for one in (*mine, answer)]
        marks = {one.reader.is_me: one for one in await session.read_marks(chat, among)}
        assert marks[True].up_to == str(mine[1])
        assert marks[False].up_to == str(answer)
        older = await session.read_marks(chat, among[:2])
        assert {one.up_to for one in older} == {among[1]}

    async def test_of_a_chat_that_is_read_to_its_end(
        self, session: TelegramSession, net: TelegramSandbox, chat: ChatKey
    ) -> None:
        numbers = net.bulk.history("alisa_test", "boris_test", 3)
        among = [MessageID(str(one)) for one in numbers]
        mine = [one for one in await session.read_marks(chat, among) if one.reader.is_me]
        assert [one.up_to for one in mine] == [among[-1]]
