# SPDX-License-Identifier: AGPL-3.0-or-later
"""When something does not work: what people are told, and that nothing is lost or doubled."""

from typing import Any

import pytest

from tests.conformance.driver import Phone
from tests.conformance.stage import Conversation, Resident, Stage, unique

pytestmark = pytest.mark.synapse


async def test_delivery_is_shown(stage: Stage, direct: Conversation, nodira: Phone) -> None:
    event = await direct.say(unique("did it arrive?"))
    await direct.status_of(event, "SUCCESS")
    await direct.resident.user.wait_until(
        lambda record: record.has_read(direct.room, stage.bridge.bot, event), "the bot's receipt"
    )


@pytest.mark.parametrize(
    ("event_type", "content"),
    [
        ("m.room.message", {"msgtype": "m.file", "body": "nothing.bin"}),
        ("m.room.message", {"msgtype": "m.image", "body": "secret.png", "file": {"v": "v2"}}),
        ("m.room.encrypted", {"algorithm": "m.megolm.v1.aes-sha2", "ciphertext": "AwgAEn"}),
        ("org.matrix.msc3381.poll.start", {"m.text": "Plov or lagman?"}),
    ],
    ids=["a file without content", "an encrypted file", "an encrypted message", "a poll"],
)
async def test_what_cannot_be_carried_is_told(
    direct: Conversation, nodira: Phone, event_type: str, content: dict[str, Any]
) -> None:
    event = await direct.resident.user.send(direct.room, event_type, content)
    status = await direct.status_of(event, "FAIL_PERMANENT")
    assert status["content"]["message"]
    assert "not delivered" in await direct.notice_about(event)
    text = unique("but this can")
    await direct.say(text)
    await direct.on_phone(nodira, text)


async def test_somebody_without_a_login_is_told(
    stage: Stage, group: Conversation, nodira: Phone, zarina: Resident
) -> None:
    guest = await stage.matrix_user("guest")
    await stage.invite(group.room, guest)
    text = unique("may I?")
    event = await guest.say(group.room, text)
    await group.status_of(event, "FAIL_PERMANENT")
    assert "not logged in" in await group.notice_about(event)
    later = unique("later")
    await group.say(later)
    await group.on_phone(nodira, later)
    assert text not in [one.text for one in await nodira.messages(group.chat)]


async def test_rate_limited_messages_wait_and_arrive_in_order(
    stage: Stage, direct: Conversation, nodira: Phone, zarina: Resident
) -> None:
    texts = [unique(f"patience {number}") for number in range(3)]
    stage.driver.limit_rate(zarina.phone, 6)
    events = [await direct.say(text) for text in texts]
    status = await direct.status_of(events[0], "PENDING")
    assert status["content"]["message"]
    for text in texts:
        await direct.on_phone(nodira, text)
    on_phone = [one.text for one in await nodira.messages(direct.chat) if one.text in texts]
    assert on_phone == texts
    for event in events:
        await direct.status_of(event, "SUCCESS")


async def test_rejected_message_is_told_and_does_not_hold_up_others(
    stage: Stage, direct: Conversation, nodira: Phone, zarina: Resident
) -> None:
    refused, accepted = unique("no"), unique("yes")
    stage.driver.refuse(zarina.phone)
    event = await direct.say(refused)
    status = await direct.status_of(event, "FAIL_PERMANENT")
    assert status["content"]["reason"] == "m.foreign_network_error"
    assert "not delivered" in await direct.notice_about(event)
    await direct.say(accepted)
    await direct.on_phone(nodira, accepted)
    assert refused not in [one.text for one in await nodira.messages(direct.chat)]


async def test_lost_answer_does_not_double_a_message(
    stage: Stage, direct: Conversation, nodira: Phone, zarina: Resident
) -> None:
    first, second = unique("only one of me"), unique("and then me")
    stage.driver.lose_answer(zarina.phone)
    event = await direct.say(first)
    await direct.say(second)
    await direct.on_phone(nodira, second)
    await direct.status_of(event, "SUCCESS")
    texts = [one.text for one in await nodira.messages(direct.chat)]
    assert texts.count(first) == texts.count(second) == 1
    assert texts.index(first) < texts.index(second)
    later = unique("the echo is over")
    await nodira.send(direct.chat, later)
    await direct.in_matrix(later)
    assert direct.count(first) == 1


async def test_network_away_for_a_while(stage: Stage, direct: Conversation, nodira: Phone) -> None:
    there, back = [unique("there") for _ in range(3)], [unique("back") for _ in range(3)]
    await stage.driver.cut_off()
    try:
        for text in there:
            await direct.say(text)
        for text in back:
            await nodira.send(direct.chat, text)
    finally:
        await stage.driver.let_back()
    for text in there:
        await direct.on_phone(nodira, text)
    for text in back:
        await direct.in_matrix(text)
    _each_once_in_order(await _texts(nodira, direct), there)
    _each_once_in_order(direct.resident.user.bodies(direct.room), back)


async def test_bridge_restarts_in_the_middle(
    stage: Stage, direct: Conversation, nodira: Phone
) -> None:
    there, back = [unique("there") for _ in range(9)], [unique("back") for _ in range(9)]
    for number, (one, other) in enumerate(zip(there, back, strict=True)):
        if number == 3:
            await stage.bridge.stop()
        if number == 6:
            await stage.bridge.start()
        await direct.say(one)
        await nodira.send(direct.chat, other)
    for text in there:
        await direct.on_phone(nodira, text)
    for text in back:
        await direct.in_matrix(text)
    _each_once_in_order(await _texts(nodira, direct), there)
    _each_once_in_order(direct.resident.user.bodies(direct.room), back)


async def test_health_is_told(stage: Stage) -> None:
    status, health = await stage.bridge.http("/_matrix/mau/ready")
    assert (status, health["ready"]) == (200, True)


async def _texts(phone: Phone, conversation: Conversation) -> list[str]:
    return [one.text for one in await phone.messages(conversation.chat)]


def _each_once_in_order(all_texts: list[str], wanted: list[str]) -> None:
    assert [text for text in all_texts if text in wanted] == wanted
