# SPDX-License-Identifier: AGPL-3.0-or-later
"""Telegram's errors in the middle of a conversation: what becomes of the message, and what people read."""

import pytest

from tests.conformance.driver import Phone
from tests.conformance.pictures import png
from tests.conformance.stage import Conversation, Resident, Stage, unique
from tests.conformance.telegram_driver import TelegramDriver

pytestmark = pytest.mark.synapse

SEND = "messages.sendMessage"
REFUSALS = [
    (400, "PEER_FLOOD", "@SpamBot"),
    (403, "CHAT_WRITE_FORBIDDEN", "administrators"),
    (400, "USER_IS_BLOCKED", "blocked you"),
    (403, "CHAT_SEND_PLAIN_FORBIDDEN", "does not allow text messages"),
    (400, "MESSAGE_TOO_LONG", "in parts"),
    (400, "MEDIA_EMPTY", "empty or broken"),
    (420, "FROZEN_METHOD_INVALID", "appeal"),
    (400, "SOMETHING_NEW_INVALID", "SOMETHING_NEW_INVALID"),
]


@pytest.mark.parametrize(("code", "name", "advice"), REFUSALS, ids=[row[1] for row in REFUSALS])
async def test_a_refusal_is_final_and_says_what_to_do(
    telegram: TelegramDriver,
    direct: Conversation,
    nodira: Phone,
    zarina: Resident,
    code: int,
    name: str,
    advice: str,
) -> None:
    telegram.net.faults.fail(SEND, code, name, account=int(zarina.phone.user))
    refused, accepted = unique("refused"), unique("accepted")
    event = await direct.say(refused)
    status = await direct.status_of(event, "FAIL_PERMANENT")
    assert status["content"]["error"] == f"TELEGRAM.{name}"
    assert status["content"]["reason"] == "m.foreign_network_error"
    notice = await direct.notice_about(event)
    assert "was not delivered" in notice
    assert advice in notice
    await direct.say(accepted)
    await direct.on_phone(nodira, accepted)
    assert refused not in [one.text for one in await nodira.messages(direct.chat)]


@pytest.mark.parametrize(
    ("code", "name"),
    [
        (420, "FLOOD_WAIT_6"),
        (420, "FLOOD_PREMIUM_WAIT_6"),
        (420, "SLOWMODE_WAIT_6"),
        (500, "INTERNAL"),
    ],
)
async def test_what_has_to_wait_arrives_in_order_and_once(
    telegram: TelegramDriver,
    direct: Conversation,
    nodira: Phone,
    zarina: Resident,
    code: int,
    name: str,
) -> None:
    texts = [unique(f"wait {number}") for number in range(3)]
    telegram.net.faults.fail(SEND, code, name, account=int(zarina.phone.user))
    events = [await direct.say(text) for text in texts]
    waiting = await direct.status_of(events[0], "PENDING")
    assert waiting["content"]["reason"] == "com.beeper.retrying"
    for event, text in zip(events, texts, strict=True):
        await direct.on_phone(nodira, text)
        await direct.status_of(event, "SUCCESS")
    shown = [one.text for one in await nodira.messages(direct.chat)]
    assert [text for text in shown if text in texts] == texts


async def test_a_caption_that_has_to_wait_keeps_its_file(
    telegram: TelegramDriver, direct: Conversation, nodira: Phone, zarina: Resident
) -> None:
    telegram.net.faults.flood_wait("messages.sendMedia", 6, account=int(zarina.phone.user))
    caption, after = unique("with a file"), unique("after it")
    event = await zarina.user.send_image(direct.room, png(31), caption=caption)
    await direct.say(after)
    await direct.status_of(event, "PENDING")
    seen = await direct.on_phone(nodira, caption)
    assert seen.file is not None
    await direct.on_phone(nodira, after)
    shown = [one.text for one in await nodira.messages(direct.chat)]
    assert shown.index(caption) < shown.index(after)


async def test_a_frozen_account_is_told_in_the_own_room(
    telegram: TelegramDriver, stage: Stage
) -> None:
    somebody = await stage.resident("Frozen")
    other = await stage.driver.person("Other")
    conversation = await stage.meet(somebody, other)
    telegram.net.faults.fail(SEND, 420, "FROZEN_METHOD_INVALID", account=int(somebody.phone.user))
    await conversation.say(unique("cold"))
    assert "appeal" in (await somebody.hears_from_bot("restricted"))["content"]["body"]
    warm = unique("reading still works")
    await other.send(conversation.chat, warm)
    await conversation.in_matrix(warm)
