# SPDX-License-Identifier: AGPL-3.0-or-later
"""Reactions as only Telegram has them: counted without names, several, paid, as pictures."""

import pytest
from telethon.tl import types as tl
from telethon.tl.functions.messages import (
    SetChatAvailableReactionsRequest,
)

from tests.conformance.driver import Phone
from tests.conformance.stage import Resident, Stage, seen_on, unique
from tests.conformance.telegram_driver import TelegramDriver, TelegramPhone
from tests.conformance.test_reactions import in_matrix

pytestmark = [pytest.mark.synapse, pytest.mark.capability("reaction")]

HEART, FIRE = tl.ReactionEmoji("❤"), tl.ReactionEmoji("🔥")


async def test_a_channel_shows_once_what_many_have_given(
    telegram: TelegramDriver, stage: Stage, nodira: Phone, rustam: Phone, zarina: Resident
) -> None:
    chat = await nodira.create_channel("News of the bazaar", zarina.phone, rustam)
    text = unique("melons are here")
    await nodira.send(chat, text)
    channel = await stage.conversation(zarina, chat, text)
    posted = await channel.in_matrix(text)
    event, ghost = posted["event_id"], posted["sender"]
    for phone in (nodira, rustam):
        seen = await channel.on_phone(phone, text)
        await phone.react(seen, "❤")
    await in_matrix(channel, event, {ghost: {"❤"}})
    await zarina.user.react(channel.room, event, "🔥")
    await in_matrix(channel, event, {ghost: {"❤"}, zarina.mxid: {"🔥"}})
    for phone in (nodira, rustam):
        await phone.react(await channel.on_phone(phone, text), None)
    await in_matrix(channel, event, {zarina.mxid: {"🔥"}})


async def test_what_is_allowed_is_named_in_a_refusal(
    telegram: TelegramDriver, stage: Stage, nodira: Phone, zarina: Resident
) -> None:
    group = await stage.gather(zarina, "Choosy", nodira)
    assert isinstance(nodira, TelegramPhone)
    only_fire = tl.ChatReactionsSome([FIRE])
    entity = await nodira._entity(group.chat)
    await nodira.person.client(SetChatAvailableReactionsRequest(entity, only_fire))
    event = await group.say(unique("how is it?"))
    refused = await zarina.user.react(group.room, event, "👍")
    await group.status_of(refused, "FAIL_PERMANENT")
    assert "choose one of 🔥" in await group.notice_about(refused)
    await in_matrix(group, event, {})


async def test_three_of_a_premium_account(
    telegram: TelegramDriver, stage: Stage, nodira: Phone
) -> None:
    resident = await stage.newcomer("Premium")
    telegram.net.operator.set_premium(int(resident.phone.user))
    await stage.log_in(resident)
    direct = await stage.meet(resident, nodira)
    text = unique("four times")
    await nodira.send(direct.chat, text)
    event = (await direct.in_matrix(text))["event_id"]
    for emoji in ("👍", "🔥", "🎉", "😢"):
        await resident.user.react(direct.room, event, emoji)
    await seen_on(
        nodira,
        direct.chat,
        lambda one: (
            one.text == text
            and set(one.reactions.get(resident.phone.user, ())) == {"🔥", "🎉", "😢"}
        ),
        "three reactions",
    )
    await in_matrix(direct, event, {resident.mxid: {"🔥", "🎉", "😢"}})
