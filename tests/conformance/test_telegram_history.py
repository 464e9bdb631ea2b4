# SPDX-License-Identifier: AGPL-3.0-or-later
"""Telegram asks to wait while a room is made."""

import pytest

from tests.conformance.driver import Phone
from tests.conformance.stage import Stage, unique
from tests.conformance.telegram_driver import TelegramDriver

pytestmark = pytest.mark.synapse


async def test_a_group_whose_properties_are_not_told_at_once_gets_its_room_later(
    stage: Stage, telegram: TelegramDriver, nodira: Phone
) -> None:
    zarina = await stage.newcomer("Zarina")
    chat = await nodira.create_group(unique("Popular"), zarina.phone)
    before, now = unique("before"), unique("now")
    await nodira.send(chat, before)
    me = int(zarina.phone.user)
    telegram.net.faults.flood_wait("channels.getFullChannel", 2, account=me)
    await stage.log_in(zarina)
    await nodira.send(chat, now)
    room = await stage.conversation(zarina, chat, now)
    assert room.count(before) == room.count(now) == 1
    asked = telegram.net.log.calls("channels.getFullChannel", me)
    assert len([one for one in asked if one.error is None]) <= 2
    assert len(asked) <= 3
