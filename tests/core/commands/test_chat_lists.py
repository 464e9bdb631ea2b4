# SPDX-License-Identifier: AGPL-3.0-or-later
"""Listing what there is to open, page by page."""

from bridges.core.chat import ChatKind, KnownChat
from bridges.core.commands.chat_lists import PAGE
from bridges.core.errors import Rejected
from bridges.core.ids import ChatID, ChatKey
from bridges.core.network import SessionState
from bridges.core.text import user_text
from tests.core.commands.fakes import AbleSession, Chat, PlainSession


def chats(count: int, of: str = "chat") -> list[KnownChat]:
    return [
        KnownChat(ChatKey(ChatID(f"{of}{number}")), f"{of} {number}", ChatKind.DIRECT)
        for number in range(count)
    ]


async def test_a_number_opens_a_chat(chat: Chat) -> None:
    login = chat.services.add_login("Ali", AbleSession(chats(3)))
    await chat.write("list-chats")
    assert chat.bot.last.splitlines() == [
        "Answer with a number to open a chat:",
        "1. chat 0",
        "2. chat 1",
        "3. chat 2",
    ]
    await chat.write("3")
    assert chat.services.opened == [(login, ChatKey(ChatID("chat2")))]


async def test_contacts_are_listed_too(chat: Chat) -> None:
    chat.services.add_login("Ali", AbleSession(chats(1, "friend")))
    await chat.write("contacts")
    assert chat.bot.last.splitlines()[1:] == ["1. friend 0"]


async def test_more_are_on_the_next_page(chat: Chat) -> None:
    login = chat.services.add_login("Ali", AbleSession(chats(PAGE + 2)))
    await chat.write("list-chats")
    lines = chat.bot.last.splitlines()
    assert len(lines) == PAGE + 2
    assert lines[-1] == "Say `list-chats 2` for more."
    await chat.write("list-chats 2")
    assert chat.bot.last.splitlines()[1:] == [f"1. chat {PAGE}", f"2. chat {PAGE + 1}"]
    await chat.write("2")
    assert chat.services.opened == [(login, ChatKey(ChatID(f"chat{PAGE + 1}")))]


async def test_a_page_that_is_not_there(chat: Chat) -> None:
    chat.services.add_login("Ali", AbleSession(chats(1)))
    for page in ("0", "2", "999", "last", "-1"):
        await chat.write(f"list-chats {page}")
        assert chat.bot.last.startswith("There is no such page.")


async def test_nothing_to_list(chat: Chat) -> None:
    chat.services.add_login("Ali", AbleSession())
    await chat.write("list-contacts")
    assert chat.bot.last == "There is nobody and nothing to be listed."


async def test_all_accounts_are_listed_and_trouble_is_told(chat: Chat) -> None:
    broken = AbleSession()
    broken.error = Rejected("TEST.NO", user_text("Telegram refuses."))
    chat.services.add_login("Broken", broken)
    chat.services.add_login("Ali", AbleSession(chats(1)))
    work = chat.services.add_login("Work", AbleSession(chats(1, "colleague")))
    await chat.write("list-chats")
    assert chat.bot.last.splitlines()[1:] == [
        "1. chat 0 (Ali)",
        "2. colleague 0 (Work)",
        "Telegram refuses.",
    ]
    await chat.write("2")
    assert chat.services.opened == [(work, ChatKey(ChatID("colleague0")))]


async def test_a_session_that_lists_nothing(chat: Chat) -> None:
    chat.services.add_login("Ali", PlainSession())
    await chat.write("list-chats")
    assert "None of your accounts can do that" in chat.bot.last


async def test_nobody_else_reads_along(chat: Chat) -> None:
    chat.services.add_login("Ali", AbleSession(chats(1)))
    await chat.write_in_portal("!tg list-chats")
    assert "in your own room with me" in chat.bot.last


async def test_who_has_just_logged_in_is_waited_for(chat: Chat) -> None:
    session = AbleSession(chats(1))
    chat.services.add_login("Ali", session, state=SessionState.CONNECTING)

    def connected() -> None:
        chat.services.views.clear()
        chat.services.add_login("Ali", session)

    chat.services.settling = connected
    await chat.write("list-chats")
    assert "Answer with a number" in chat.bot.last
    await chat.write("list-chats")
    await chat.write("help")
    assert chat.services.waits == 1
