# SPDX-License-Identifier: AGPL-3.0-or-later
"""Kinds of chats that only Telegram has: bots, and groups of which only a few speak."""

import pytest
from telethon.tl import functions
from telethon.tl import types as tl

from tests.conformance.driver import Phone
from tests.conformance.stage import Resident, Stage, unique
from tests.conformance.telegram_driver import TelegramDriver, TelegramPhone
from tests.support.syncing_client import MatrixRequestError
from tests.support.waiting import eventually

pytestmark = [pytest.mark.synapse, pytest.mark.capability("formatting.inline_link")]


async def test_commands_reach_a_bot_and_its_buttons_are_told(
    telegram: TelegramDriver, stage: Stage, zarina: Resident
) -> None:
    bot = await telegram.person("Weather")
    telegram.net.operator.make_bot(bot.id)
    chat = bot.chat_with(zarina.phone)
    start = unique("/start")
    await zarina.phone.send(chat, start)
    talk = await stage.conversation(zarina, chat, start)
    assert (await talk.in_matrix(start))["sender"] == zarina.mxid

    command = "/forecast Samarqand"
    await talk.say(command)
    await bot.person.wait_for_text(command)
    text = unique("Sunny. Tomorrow?")
    buttons = [
        tl.KeyboardInlineButton("Tomorrow", tl.InlineButtonTypeCallback(b"1")),
        tl.KeyboardInlineButton("Map", tl.InlineButtonTypeUrl("https://weather.example/")),
    ]
    telegram.net.operator.post(
        int(zarina.phone.user),
        text,
        by=bot.id,
        markup=tl.ReplyInlineMarkup([tl.KeyboardInlineButtonRow(buttons)]),
    )
    shown = f"{text}\n[Tomorrow]\n[Map] https://weather.example/"
    assert (await talk.in_matrix(shown))["sender"] == stage.ghost(bot)


async def test_of_a_gigagroup_only_those_who_may_speak_are_shown(
    telegram: TelegramDriver, stage: Stage, zarina: Resident, nodira: Phone, rustam: Phone
) -> None:
    assert isinstance(nodira, TelegramPhone)
    chat = await nodira.create_group(unique("Stadium"), zarina.phone, rustam)
    telegram.net.world.set_limits(gigagroup_members=3)
    peer = await nodira.person.entity(int(chat.room))
    await nodira.person.client(functions.channels.ConvertToGigagroupRequest(peer))
    text = unique("kick-off")
    await nodira.send(chat, text)
    talk = await stage.conversation(zarina, chat, text)
    record = zarina.user.record
    inside = {zarina.mxid, stage.bridge.bot, stage.ghost(nodira)}
    await eventually(
        lambda: record.members(talk.room) == inside,
        describe=lambda: f"nobody but {inside} in {record.members(talk.room)}",
    )
    with pytest.raises(MatrixRequestError, match="M_FORBIDDEN"):
        await talk.say(unique("may I?"))
