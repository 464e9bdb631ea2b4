# SPDX-License-Identifier: AGPL-3.0-or-later
"""Deleting everything needs a second word."""

from tests.core.commands.fakes import BOB, Chat, PlainSession


async def test_nothing_is_deleted_before_the_number(chat: Chat) -> None:
    login = chat.services.add_login("Ali", PlainSession())
    await chat.write("delete-my-data")
    assert chat.bot.last.splitlines()[1:] == [
        "1. Delete everything of Ali.",
        "2. Keep everything.",
    ]
    assert "cannot be undone" in chat.bot.last
    assert chat.services.deleted == []
    await chat.write("1")
    assert chat.services.deleted == [login]
    assert chat.bot.last == "I am deleting Ali, and tell you when it is done."


async def test_one_of_several_accounts(chat: Chat) -> None:
    chat.services.add_login("Ali", PlainSession())
    work = chat.services.add_login("Work", PlainSession())
    chat.services.add_login("Not mine", PlainSession(), owner=BOB)
    await chat.write("delete-my-data")
    assert "Not mine" not in chat.bot.last
    await chat.write("2")
    assert chat.services.deleted == [work]


async def test_second_thoughts(chat: Chat) -> None:
    chat.services.add_login("Ali", PlainSession())
    await chat.write("delete-my-data")
    await chat.write("2")
    assert chat.bot.last == "Everything stays as it is."
    await chat.write("delete-my-data")
    await chat.write("help")
    await chat.write("1")
    assert chat.services.deleted == []


async def test_somebody_who_has_nothing_here(chat: Chat) -> None:
    await chat.write("delete-my-data")
    assert "You are not logged in" in chat.bot.last


async def test_only_where_nobody_reads_along(chat: Chat) -> None:
    chat.services.add_login("Ali", PlainSession())
    await chat.write_in_portal("!tg delete-my-data")
    assert "in your own room with me" in chat.bot.last
