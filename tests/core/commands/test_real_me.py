# SPDX-License-Identifier: AGPL-3.0-or-later
"""Whether somebody speaks for themselves in groups."""

from tests.core.commands.fakes import ALICE, Chat


async def test_it_is_told_and_changed(chat: Chat) -> None:
    chat.services.add_login("Ali")
    await chat.write("real-me")
    assert "as said by you, where" in chat.bot.last
    await chat.write("real-me off")
    assert "as said by your stand-in" in chat.bot.last
    assert chat.services.silent == {ALICE}
    await chat.write("real-me On")
    assert "as said by you, where" in chat.bot.last
    assert chat.services.silent == set()
