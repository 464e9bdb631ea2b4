# SPDX-License-Identifier: AGPL-3.0-or-later
"""Talking to the guide on a real homeserver, encrypted."""

import pytest

from tests.guide.conftest import Village

pytestmark = pytest.mark.synapse


async def test_it_answers_in_an_encrypted_chat(village: Village) -> None:
    async with village.guided(), village.person() as madina:
        room = await madina.chat_with(village.guide)
        await madina.hears(lambda text: text.startswith("Hello!"))
        await madina.say(room, "help")
        answer = await madina.hears(lambda text: "help" in text)
        assert "lang" in answer
        await madina.say(room, "lang tg")
        await madina.say(room, "kömak")
        await madina.hears(lambda text: "`help`" in text)
        assert not madina.undecrypted
