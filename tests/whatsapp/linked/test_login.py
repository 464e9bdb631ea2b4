# SPDX-License-Identifier: AGPL-3.0-or-later
"""Linking an account in the chat with the bot, and what goes wrong with it."""

import pytest

from tests.conformance.stage import LOGGED_IN, Stage, unique
from tests.conformance.whatsapp_driver import WhatsAppDriver

pytestmark = pytest.mark.synapse


async def test_somebody_links_by_qr_code_and_texts_go_both_ways(
    stage: Stage, whatsapp: WhatsAppDriver
) -> None:
    somebody = await stage.newcomer("Gulnora")
    begun = await somebody.user.say(somebody.room, "login qr")
    await somebody.hears_from_bot("nobody here can undo that", after=begun)
    await stage.scan_qr(somebody)
    await somebody.hears_from_bot(LOGGED_IN, after=begun)
    nodira = await whatsapp.person("Nodira")
    talk = await stage.meet(somebody, nodira)
    answer = unique("good evening")
    await talk.say(answer)
    assert (await talk.on_phone(nodira, answer)).sender == somebody.phone.user
