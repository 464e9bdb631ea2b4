# SPDX-License-Identifier: AGPL-3.0-or-later
"""What people say about chats that go on here, as it reaches who decides."""

import pytest

from tests.core.commands.fakes import ALICE, PORTAL, ROOM, AbleSession, Chat

HERE = (ALICE, PORTAL)


@pytest.mark.parametrize(
    ("words", "understood"),
    [
        ("agree", ("agree", *HERE, None)),
        ("agree @bob:wonder.example", ("agree", *HERE, "@bob:wonder.example")),
        ("decline", ("decline", *HERE, None)),
        ("only-here", ("only here", *HERE, None)),
        ("take-back", ("take back", *HERE, None, False)),
        ("take-back stay", ("take back", *HERE, None, True)),
        ("take-back @bob:wonder.example", ("take back", *HERE, "@bob:wonder.example", False)),
        ("take-back @bob:wonder.example stay", ("take back", *HERE, "@bob:wonder.example", True)),
    ],
)
async def test_answers_are_understood(chat: Chat, words: str, understood: object) -> None:
    chat.services.handovers.people.add(ALICE)
    await chat.write_in_portal(f"!tg {words}")
    assert chat.services.handovers.said == [understood]


async def test_there_is_nothing_to_answer(chat: Chat) -> None:
    await chat.write("agree")
    assert "None of your chats" in chat.bot.last
    assert chat.services.handovers.said == []


async def test_a_chat_may_be_named_by_more_than_one_word(chat: Chat) -> None:
    chat.services.add_login("Ali", AbleSession())
    await chat.write("hand-over Bob the Builder")
    assert chat.services.handovers.said == [("ask", ALICE, ROOM, "Bob the Builder")]


async def test_a_code_is_sent_after_a_yes_and_taken_as_it_is_written(chat: Chat) -> None:
    chat.services.add_login("Ali", AbleSession())
    await chat.write_in_portal("!tg send-code @bob:wonder.example")
    await chat.write_in_portal("!tg send-code @bob:wonder.example yes")
    await chat.write("prove Amber apple-ARROW")
    sent = ("send code", *HERE, "@bob:wonder.example")
    assert chat.services.handovers.said == [
        (*sent, False),
        (*sent, True),
        ("prove", ALICE, "Amber apple-ARROW"),
    ]
