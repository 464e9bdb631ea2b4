# SPDX-License-Identifier: AGPL-3.0-or-later
"""A logged-in Telegram account through thick and thin."""

import pytest
from telethon.tl import functions

from tests.conformance.stage import Stage, unique
from tests.conformance.telegram_driver import TelegramDriver, TelegramPhone
from tests.support.waiting import eventually

pytestmark = pytest.mark.synapse


@pytest.mark.parametrize("how", ["SESSION_REVOKED", "AUTH_KEY_UNREGISTERED", "AUTH_KEY_DUPLICATED"])
async def test_ended_session_is_told_once_and_left_alone(
    stage: Stage, telegram: TelegramDriver, how: str
) -> None:
    somebody = await stage.resident("Gulnora")
    before = somebody.last_event()
    telegram.net.operator.revoke(int(somebody.phone.user), how)
    notice = await somebody.hears_from_bot("logged", after=before)
    assert "login" in notice["content"]["body"]
    connections = telegram.proxy.accepted
    said = await somebody.ask("list-logins")
    assert "logged out" in said
    # Another login and its first message take longer than any reconnecting would.
    await stage.log_in(somebody)
    nodira = await telegram.person("Nodira")
    await stage.meet(somebody, nodira)
    notices = [
        body
        for body in somebody.user.bodies(somebody.room, somebody.bot)
        if body == notice["content"]["body"]
    ]
    assert len(notices) == 1
    assert telegram.proxy.accepted - connections <= 4


async def test_unreachable_telegram_is_told_when_it_lasts(
    stage: Stage, telegram: TelegramDriver
) -> None:
    somebody = await stage.resident("Gulnora")
    nodira = await telegram.person("Nodira")
    talk = await stage.meet(somebody, nodira)
    before = somebody.last_event()
    await telegram.cut_off()
    try:
        text = unique("through the dark")
        await talk.say(text)
        notice = await somebody.hears_from_bot("no connection", after=before)
        assert "nothing is lost" in notice["content"]["body"]
    finally:
        await telegram.let_back()
    await talk.on_phone(nodira, text)
    await somebody.hears_from_bot("again", after=notice["event_id"])


async def test_two_accounts_of_one_person(stage: Stage, telegram: TelegramDriver) -> None:
    somebody = await stage.resident("Gulnora")
    second = await telegram.person("Gulnora at work")
    await somebody.ask("login phone")
    await somebody.ask(second.number)
    await somebody.ask(stage.driver.login_code)

    async def both_connected() -> bool:
        return (await somebody.ask("list-logins")).count("connected") == 2

    await eventually(both_connected, describe="both accounts connected")
    nodira = await telegram.person("Nodira")
    rooms = set()
    for phone in (somebody.phone, second):
        text = unique("to one of you")
        chat = nodira.chat_with(phone)
        await nodira.send(chat, text)
        talk = await stage.conversation(somebody, chat, text)
        back = unique("from one of us")
        await talk.say(back)
        assert (await talk.on_phone(nodira, back)).sender == phone.user
        rooms.add(talk.room)
    assert len(rooms) == 2


async def test_basic_group(stage: Stage, telegram: TelegramDriver) -> None:
    """Everybody numbers its messages for themselves: replies, edits and deletions still fit."""
    somebody = await stage.resident("Gulnora")
    nodira, rustam = await telegram.person("Nodira"), await telegram.person("Rustam")
    await rustam.send(rustam.chat_with(nodira), unique("so that the numbers differ"))
    chat = await nodira.create_small_group(unique("Old friends"), somebody.phone, rustam)
    question = unique("question")
    await nodira.send(chat, question)
    talk = await stage.conversation(somebody, chat, question)
    asked = await talk.in_matrix(question)
    answer, better = unique("answer"), unique("better answer")
    event = await somebody.user.reply(talk.room, asked["event_id"], answer)
    for phone in (nodira, rustam):
        seen = await talk.on_phone(phone, answer)
        assert seen.reply_to == (await talk.on_phone(phone, question)).id
    await somebody.user.edit(talk.room, event, better)
    for phone in (nodira, rustam):
        await talk.on_phone(phone, better)
    later = unique("later")
    await somebody.user.redact(talk.room, event)
    await talk.say(later)
    await talk.on_phone(rustam, later)
    assert better not in [one.text for one in await rustam.messages(chat)]
    sent = await rustam.send(chat, unique("never mind"))
    never = await talk.in_matrix(sent.text)
    await rustam.delete(sent)
    await talk.event(
        lambda one: never["event_id"] in (one.get("redacts"), one["content"].get("redacts")),
        "the redaction",
    )


async def test_saved_name_of_a_contact_stays_in_the_own_rooms(
    stage: Stage, telegram: TelegramDriver
) -> None:
    first, second = await stage.resident("Gulnora"), await stage.resident("Bahrom")
    nodira = await telegram.person("Nodira")
    phone = first.phone
    assert isinstance(phone, TelegramPhone)
    await phone.person.client(
        functions.contacts.AddContactRequest(
            await phone.person.entity(nodira.number), "Secret", "Love", nodira.number
        )
    )
    one = await stage.meet(first, nodira)
    other = await stage.meet(second, nodira)
    await eventually(
        lambda: one.state("m.room.name")["name"] == "Secret Love", describe="the saved name"
    )
    await eventually(
        lambda: other.state("m.room.name")["name"] == "Nodira", describe="the public name"
    )
    for talk in (one, other):
        shown = talk.state("m.room.member", stage.ghost(nodira))["displayname"]
        assert "Secret" not in shown
