# SPDX-License-Identifier: AGPL-3.0-or-later
"""Leaving chats, and coming back to their rooms."""

import pytest

from tests.core.commands.fakes import ALICE, PORTAL, AbleSession, Chat


@pytest.mark.parametrize(
    "given", ["!tea:wonder.example", "https://matrix.to/#/!tea:wonder.example"]
)
async def test_a_chat_is_named_by_its_room(chat: Chat, given: str) -> None:
    chat.services.add_login("Ali", AbleSession())
    await chat.write(f"leave-chat {given}")
    assert chat.services.left == [(ALICE, "!tea:wonder.example")]
    assert chat.bot.last == "You have left Tea house on Telegram."
    await chat.write(f"rejoin {given}")
    assert chat.services.rejoined == [(ALICE, "!tea:wonder.example")]
    assert chat.bot.last == "You are back in the room of Tea house."


async def test_in_its_own_room_it_needs_no_name(chat: Chat) -> None:
    chat.services.add_login("Ali", AbleSession())
    await chat.write_in_portal("!tg leave-chat")
    assert chat.services.left == [(ALICE, PORTAL)]
