# SPDX-License-Identifier: AGPL-3.0-or-later
"""Finding people and opening chats with them."""

from bridges.core.chat import ChatKind, KnownChat
from bridges.core.errors import Rejected
from bridges.core.ids import ChatID, ChatKey
from bridges.core.text import user_text
from tests.core.commands.fakes import AbleSession, Chat

ANORA = KnownChat(ChatKey(ChatID("anora")), "Anora", ChatKind.DIRECT, "@anora")
ANVAR = KnownChat(ChatKey(ChatID("anvar")), "Anvar", ChatKind.DIRECT, "+992 00 000 00 00")
GROUP = KnownChat(ChatKey(ChatID("group")), "An <b>old</b> school", ChatKind.GROUP)


async def test_results_are_opened_by_number(chat: Chat) -> None:
    login = chat.services.add_login("Ali", AbleSession([ANORA, ANVAR, GROUP]))
    await chat.write("search an")
    assert chat.bot.last.splitlines() == [
        "Answer with a number to open a chat:",
        "1. Anora (@anora)",
        "2. Anvar (+992 00 000 00 00)",
        "3. An <b>old</b> school",
    ]
    assert "<b>" not in str(chat.bot.html[-1])
    await chat.write("2")
    assert chat.services.opened == [(login, ANVAR.key)]
    assert chat.bot.last == "Your chat: [Anvar](https://matrix.to/#/!anvar:wonder.example)"


async def test_start_chat_takes_the_number_of_a_result(chat: Chat) -> None:
    login = chat.services.add_login("Ali", AbleSession([ANORA, ANVAR]))
    await chat.write("search an")
    await chat.write("start-chat 1")
    assert chat.services.opened == [(login, ANORA.key)]


async def test_a_number_outside_the_list_keeps_the_list(chat: Chat) -> None:
    chat.services.add_login("Ali", AbleSession([ANORA]))
    await chat.write("search an")
    for wrong in ("0", "2", "999"):
        await chat.write(wrong)
        assert chat.bot.last == "Answer with a number from 1 to 1."
    await chat.write("1")
    assert len(chat.services.opened) == 1


async def test_the_list_ends_with_the_next_command(chat: Chat) -> None:
    chat.services.add_login("Ali", AbleSession([ANORA]))
    await chat.write("search an")
    await chat.write("version")
    await chat.write("1")
    assert chat.services.opened == []


async def test_a_list_is_not_answered_from_a_portal(chat: Chat) -> None:
    chat.services.add_login("Ali", AbleSession([ANORA]))
    await chat.write("search an")
    await chat.write_in_portal("!tg 1")
    assert chat.services.opened == []


async def test_nothing_found(chat: Chat) -> None:
    chat.services.add_login("Ali", AbleSession())
    await chat.write("search O'Brien")
    assert chat.bot.last == "I found nobody and nothing for “O'Brien”."


async def test_search_goes_through_all_accounts(chat: Chat) -> None:
    broken = AbleSession()
    broken.error = Rejected("TEST.NO", user_text("Telegram refuses this search."))
    chat.services.add_login("Broken", broken)
    chat.services.add_login("Ali", AbleSession([ANORA]))
    work = chat.services.add_login("Work", AbleSession([GROUP]))
    await chat.write("search an")
    assert chat.bot.last.splitlines()[1:] == [
        "1. Anora (@anora, Ali)",
        "2. An <b>old</b> school (Work)",
        "Telegram refuses this search.",
    ]
    await chat.write("2")
    assert chat.services.opened == [(work, GROUP.key)]


async def test_start_chat_with_a_number_written_with_spaces(chat: Chat) -> None:
    session = AbleSession([ANORA])
    chat.services.add_login("Ali", session)
    await chat.write("start-chat +992 00 000 00 00")
    assert session.resolved == ["+992 00 000 00 00"]
    assert chat.bot.last == "Your chat: [Anora](https://matrix.to/#/!anora:wonder.example)"


async def test_start_chat_asks_from_which_account(chat: Chat) -> None:
    chat.services.add_login("Ali", AbleSession([ANORA]))
    work = chat.services.add_login("Work", AbleSession([ANVAR]))
    await chat.write("start-chat @anvar")
    assert chat.bot.last.splitlines()[1:] == ["1. Ali", "2. Work"]
    await chat.write("2")
    assert chat.services.opened == [(work, ANVAR.key)]


async def test_search_without_text_is_explained(chat: Chat) -> None:
    chat.services.add_login("Ali", AbleSession())
    await chat.write("search")
    assert chat.bot.last == "Something is missing. Write it like this: `search <text>`"
