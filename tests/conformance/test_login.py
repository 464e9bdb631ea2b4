# SPDX-License-Identifier: AGPL-3.0-or-later
"""Logging in and out by talking to the bot."""

import pytest

from tests.conformance.stage import LOGGED_IN, Stage, unique
from tests.support.waiting import eventually

pytestmark = pytest.mark.synapse


async def test_by_phone_number_and_code(stage: Stage) -> None:
    somebody = await stage.newcomer("Gulnora")
    assert "phone" in await somebody.ask("login phone")
    assert "code" in (await somebody.ask(somebody.phone.number)).lower()
    assert LOGGED_IN in await somebody.ask(stage.driver.login_code)

    async def connected() -> bool:
        return "connected" in await somebody.ask("list-logins")

    await eventually(connected, describe="the account connected")


async def test_who_comes_with_encryption_is_invited_to_a_chat_without(stage: Stage) -> None:
    bot, user = stage.bridge.bot, await stage.matrix_user("Gulnora")
    how = {"algorithm": "m.megolm.v1.aes-sha2"}
    encryption = {"type": "m.room.encryption", "state_key": "", "content": how}
    first = await user.create_room(is_direct=True, invite=[bot], initial_state=[encryption])
    await user.wait_message("cannot read encrypted messages", first, sender=bot)
    (second,) = await eventually(lambda: user.record.invites, describe="an invitation")
    await user.join(second)
    await user.say(second, "list-logins")
    await user.wait_message("not logged in", second, sender=bot)
    await user.set_state(second, "m.room.encryption", how)
    await user.send(second, "m.room.encrypted", how)
    await user.wait_message("cannot read encrypted messages", second, sender=bot)
    (third,) = await eventually(lambda: user.record.invites, describe="another invitation")
    assert third not in (first, second)


async def test_by_a_code_that_is_typed_into_the_phone(stage: Stage) -> None:
    somebody = await stage.newcomer("Gulnora")
    assert "phone" in await somebody.ask("login phone")
    assert "code" in (await somebody.ask(somebody.phone.number)).lower()
    begun = somebody.last_event()
    await stage.driver.type_code(somebody.phone)
    await somebody.hears_from_bot(LOGGED_IN, after=begun)

    async def connected() -> bool:
        return "connected" in await somebody.ask("list-logins")

    await eventually(connected, describe="the account connected")


async def test_the_code_is_removed_from_the_room(stage: Stage) -> None:
    somebody = await stage.newcomer("Gulnora")
    await somebody.ask("login phone")
    await somebody.ask(somebody.phone.number)
    code = await somebody.user.say(somebody.room, stage.driver.login_code)
    await somebody.answer_to(code)
    await somebody.user.wait_for(
        lambda event: (
            (event["type"] == "m.room.redaction" and event.get("redacts") == code)
            or event["content"].get("redacts") == code
        ),
        somebody.room,
        describe="the redaction of the code",
    )


async def test_wrong_code_is_asked_again(stage: Stage) -> None:
    somebody = await stage.newcomer("Gulnora")
    await somebody.ask("login phone")
    await somebody.ask(somebody.phone.number)
    said = await somebody.ask("11111")
    assert "code" in said.lower()
    assert LOGGED_IN not in said
    assert LOGGED_IN in await somebody.ask(stage.driver.login_code)


async def test_with_a_password(stage: Stage) -> None:
    somebody = await stage.newcomer("Gulnora", password="open sesame")
    await somebody.ask("login phone")
    await somebody.ask(somebody.phone.number)
    assert "password" in (await somebody.ask(stage.driver.login_code)).lower()
    said = await somebody.ask("let me in")
    assert "password" in said.lower()
    assert LOGGED_IN not in said
    assert LOGGED_IN in await somebody.ask("open sesame")


async def test_a_number_that_is_none_is_asked_again(stage: Stage) -> None:
    somebody = await stage.newcomer("Gulnora")
    await somebody.ask("login phone")
    assert "number" in (await somebody.ask("12")).lower()
    await somebody.ask(somebody.phone.number)
    assert LOGGED_IN in await somebody.ask(stage.driver.login_code)


async def test_by_qr_code(stage: Stage) -> None:
    somebody = await stage.newcomer("Gulnora")
    begun = await somebody.user.say(somebody.room, "login qr")
    await stage.scan_qr(somebody)
    await somebody.hears_from_bot(LOGGED_IN, after=begun)
    images = {
        event["event_id"]
        for event in somebody.user.messages(somebody.room)
        if event["content"].get("msgtype") == "m.image" or not event["content"]
    }

    def removed() -> bool:
        redactions = [
            event.get("redacts") or event["content"].get("redacts")
            for event in somebody.user.events(somebody.room)
            if event["type"] == "m.room.redaction"
        ]
        return images <= set(redactions)

    assert images
    await eventually(removed, describe="the removal of the QR codes")


async def test_by_qr_code_with_a_password(stage: Stage) -> None:
    somebody = await stage.newcomer("Gulnora", password="open sesame")
    begun = await somebody.user.say(somebody.room, "login qr")
    await stage.scan_qr(somebody)
    await somebody.hears_from_bot("assword", after=begun)
    assert LOGGED_IN in await somebody.ask("open sesame")


async def test_too_many_logins_are_told_when_to_come_back(stage: Stage) -> None:
    somebody = await stage.newcomer("Gulnora")
    stage.driver.limit_login(somebody.phone, 1)
    await somebody.ask("login phone")
    assert "try again in" in await somebody.ask(somebody.phone.number)

    async def accepted() -> bool:
        said = await somebody.ask(somebody.phone.number)
        return "code" in said.lower() and "try again" not in said

    await eventually(accepted, describe="the end of the wait", interval=0.3)
    assert LOGGED_IN in await somebody.ask(stage.driver.login_code)


async def test_cancelled_login_leaves_nothing(stage: Stage) -> None:
    somebody = await stage.newcomer("Gulnora")
    await somebody.ask("login phone")
    assert "Cancelled" in await somebody.ask("cancel")
    assert "not logged in" in await somebody.ask("list-logins")


async def test_logout_and_login_again_find_the_same_rooms(stage: Stage) -> None:
    somebody = await stage.resident("Gulnora")
    other = await stage.driver.person("Sadoqat")
    before = await stage.meet(somebody, other)
    assert "logged out" in await somebody.ask("logout")
    assert "not logged in" in await somebody.ask("list-logins")
    await stage.log_in(somebody)
    text = unique("again")
    await other.send(before.chat, text)
    event = await somebody.user.wait_message(text)
    assert event["room_id"] == before.room
    back = unique("and back")
    await before.say(back)
    await before.on_phone(other, back)


async def test_what_is_said_while_logged_out_is_answered(stage: Stage) -> None:
    somebody = await stage.resident("Gulnora")
    other = await stage.driver.person("Sadoqat")
    talk = await stage.meet(somebody, other)
    await somebody.ask("logout")
    event = await talk.say(unique("anybody there?"))
    await talk.status_of(event, "FAIL_PERMANENT")
    assert "not logged in" in await talk.notice_about(event)


async def test_somebody_elses_account_is_refused(stage: Stage) -> None:
    owner = await stage.resident("Gulnora")
    thief = await stage.newcomer("Mirzo")
    thief.phone = owner.phone
    after = await stage.answer_login(thief)
    said = await thief.hears_from_bot("somebody else", after)
    assert LOGGED_IN not in said["content"]["body"]
    assert "connected" in await owner.ask("list-logins")


async def test_session_ended_on_the_phone_is_told_and_renewed(stage: Stage) -> None:
    somebody = await stage.resident("Gulnora")
    other = await stage.driver.person("Sadoqat")
    talk = await stage.meet(somebody, other)
    seen = somebody.last_event()
    await stage.driver.end_session(somebody.phone)
    notice = await somebody.hears_from_bot("logged", after=seen)
    assert "login" in notice["content"]["body"]
    event = await talk.say(unique("lost?"))
    await talk.status_of(event, "FAIL_PERMANENT")
    await stage.log_in(somebody)
    text = unique("found")
    await talk.say(text)
    await talk.on_phone(other, text)


async def test_stranger_may_not_use_the_bridge(stage: Stage) -> None:
    stranger = await stage.matrix_user("banned")
    room = await stranger.create_dm(stage.bridge.bot)
    await stranger.wait_until(
        lambda record: stage.bridge.bot not in record.members(room, "invite"),
        "the bot to answer the invitation",
    )
    assert stage.bridge.bot not in stranger.record.members(room)
