# SPDX-License-Identifier: AGPL-3.0-or-later
"""Logging in by talking to the bot: what is asked, what is hidden, and how it ends."""

import asyncio

import pytest
from structlog.testing import capture_logs

from bridges.core.commands.login_dialogue import qr_png
from bridges.core.errors import (
    BridgeError,
    LoginFailed,
    NotConnected,
    RateLimited,
    Rejected,
    WrongInput,
)
from bridges.core.ids import LoginID, RemoteUserID
from bridges.core.login import (
    Complete,
    DisplayAndWait,
    DisplayKind,
    Field,
    FieldKind,
    LoggedIn,
    UserInput,
)
from bridges.core.text import user_text
from tests.core.commands.fakes import ALICE, BOB, ROOM, Chat
from tests.support.waiting import eventually


def ask(kind: FieldKind) -> UserInput:
    return UserInput(
        f"test.{kind}",
        user_text(f"Please send your {kind}."),
        (Field("value", kind, user_text("Name of the field")),),
    )


PHONE = ask(FieldKind.PHONE_NUMBER)
CODE = ask(FieldKind.CODE)
PASSWORD = ask(FieldKind.PASSWORD)
ACCOUNT = LoggedIn(LoginID("100"), RemoteUserID("100"), "Ali of Testville")
DONE = Complete("test.done", user_text("Logged in as Ali of Testville."), ACCOUNT)
WELCOME = "Logged in as Ali of Testville.\nYour 15 latest chats appear in your room list."


def qr(data: str) -> DisplayAndWait:
    return DisplayAndWait("test.qr", user_text("Scan the code."), DisplayKind.QR, data)


async def test_phone_code_and_password(chat: Chat) -> None:
    process = chat.use_process(PHONE, CODE, PASSWORD, DONE)
    await chat.write("login")
    await chat.bot.until_said("Please send your phone_number.\nSay `cancel` to stop.")
    phone = await chat.write(" +992 00 000 00 00\n")
    await chat.bot.until_said("Please send your 2fa_code.\nI remove your answer")
    code = await chat.write("12345 ")
    await chat.bot.until_said("Please send your password.\nI remove your answer")
    password = await chat.write(" a word \n")
    await chat.bot.until_said(WELCOME)
    assert [one["value"] for one in process.submitted] == ["+992 00 000 00 00", "12345", " a word "]
    assert phone not in chat.bot.redacted
    assert chat.bot.redacted == [code, password]
    assert chat.services.completed == [(ALICE, ACCOUNT)]
    assert process.cancelled == 1


async def test_secrets_leave_the_room_before_the_network_sees_them(chat: Chat) -> None:
    chat.use_process(CODE, DONE)
    await chat.write("login")
    await chat.bot.until_said("2fa_code")
    code = await chat.write("12345")
    await chat.bot.until_said(WELCOME)
    assert chat.bot.log.index(f"redact {code}") < chat.bot.log.index("submit")


async def test_secrets_are_neither_repeated_nor_logged(chat: Chat) -> None:
    chat.use_process(PASSWORD, ValueError("bad password: hunter2"))
    with capture_logs() as logs:
        await chat.write("login")
        await chat.bot.until_said("password")
        await chat.write("hunter2")
        await chat.bot.until_said("incident-7")
    assert [(one["incident"], one["error"]) for one in logs] == [("incident-7", "ValueError")]
    assert "hunter2" not in str(logs) + str(chat.bot.log)


async def test_a_secret_that_cannot_be_removed_is_pointed_out(chat: Chat) -> None:
    chat.bot.may_redact = False
    chat.use_process(CODE, DONE)
    await chat.write("login")
    await chat.bot.until_said("2fa_code")
    await chat.write("12345")
    await chat.bot.until_said(WELCOME)
    assert "I could not remove your message" in str(chat.bot.said)


async def test_commands_are_answers_while_a_step_waits(chat: Chat) -> None:
    process = chat.use_process(PASSWORD, DONE)
    await chat.write("login")
    await chat.bot.until_said("password")
    await chat.write("!tg version")
    assert chat.bot.last == "Karvon 1.2.3, bridge to Telegram"
    await chat.write("help")
    await chat.bot.until_said(WELCOME)
    assert process.submitted == [{"value": "help"}]


async def test_several_ways_are_offered_by_number(chat: Chat) -> None:
    chat.use_process(PHONE, flow="phone")
    chat.use_process(qr("tg://login?token=abc"), flow="qr")
    await chat.write("login")
    assert chat.bot.last.splitlines() == [
        "How do you want to log in? Answer with a number:",
        "1. `login phone`",
        "By phone",
        "You need a phone.",
        "2. `login qr`",
        "By qr",
        "You need a qr.",
    ]
    await chat.write("2")
    await chat.bot.until_said("Scan the code.")


async def test_a_way_is_chosen_by_its_name(chat: Chat) -> None:
    chat.use_process(PHONE, flow="phone")
    chat.use_process(qr("tg://login?token=abc"), flow="qr")
    await chat.write("login phone")
    await chat.bot.until_said("Please send your phone_number.")


async def test_an_unknown_way_lists_those_there_are(chat: Chat) -> None:
    chat.use_process(PHONE)
    await chat.write("login pigeon")
    assert "1. `login phone`" in chat.bot.last


async def test_several_fields_are_asked_one_by_one(chat: Chat) -> None:
    step = UserInput(
        "test.both",
        user_text("I need two things."),
        (
            Field("name", FieldKind.USERNAME, user_text("Username"), user_text("Without the @.")),
            Field("token", FieldKind.TOKEN, user_text("Token")),
        ),
    )
    process = chat.use_process(step, DONE)
    await chat.write("login")
    await chat.bot.until_said("I need two things.\nUsername\nWithout the @.\nSay `cancel` to stop.")
    await chat.write("ali")
    await chat.bot.until_said("Token\nI remove your answer")
    token = await chat.write("t0k3n")
    await chat.bot.until_said(WELCOME)
    assert process.submitted == [{"name": "ali", "token": "t0k3n"}]
    assert chat.bot.redacted == [token]


async def test_a_qr_code_is_renewed_and_removed(chat: Chat) -> None:
    process = chat.use_process(qr("tg://login?token=one"), qr("tg://login?token=two"), DONE)
    await chat.write("login")
    await chat.bot.until_images(1)
    assert chat.bot.redacted == []
    process.go_on.set()
    await eventually(lambda: len(chat.bot.redacted) == 1)
    first, second = chat.bot.images
    assert chat.bot.redacted == [first]
    process.go_on.set()
    await chat.bot.until_said(WELCOME)
    assert chat.bot.redacted == [first, second]
    assert chat.bot.images == {
        first: qr_png("tg://login?token=one"),
        second: qr_png("tg://login?token=two"),
    }
    assert "token=" not in str(chat.bot.log)
    assert sum("Scan the code." in said for said in chat.bot.said) == 1


async def test_a_qr_code_that_did_not_change_stays(chat: Chat) -> None:
    same = qr("tg://login?token=one")
    process = chat.use_process(same, same, DONE)
    await chat.write("login")
    await chat.bot.until_images(1)
    process.go_on.set()
    await eventually(lambda: not process.go_on.is_set())
    process.go_on.set()
    await chat.bot.until_said(WELCOME)
    assert len(chat.bot.images) == 1


async def test_a_password_may_follow_the_qr_code(chat: Chat) -> None:
    process = chat.use_process(qr("tg://login?token=one"), PASSWORD, DONE)
    await chat.write("login")
    await chat.bot.until_images(1)
    process.go_on.set()
    await chat.bot.until_said("Please send your password.")
    assert chat.bot.redacted == list(chat.bot.images)
    await chat.write("hunter2")
    await chat.bot.until_said(WELCOME)


async def test_commands_work_while_a_qr_code_is_shown(chat: Chat) -> None:
    chat.use_process(qr("tg://login?token=one"))
    await chat.write("login")
    await chat.bot.until_images(1)
    await chat.write("version")
    assert chat.bot.last == "Karvon 1.2.3, bridge to Telegram"
    await chat.write("login")
    assert chat.bot.last == "You are logging in already. Say `cancel` first to start anew."


def test_the_qr_code_is_a_png_that_fits_a_phone_screen() -> None:
    png = qr_png("tg://login?token=" + "a" * 43)
    assert png.startswith(b"\x89PNG\r\n\x1a\n")
    width = int.from_bytes(png[16:20], "big")
    assert 200 <= width <= 600


async def test_a_pairing_code_is_shown_and_removed(chat: Chat) -> None:
    step = DisplayAndWait("test.pair", user_text("Type it."), DisplayKind.CODE, "ABCD-1234")
    process = chat.use_process(step, DONE)
    await chat.write("login")
    await chat.bot.until_said("Your code: `ABCD-1234`")
    process.go_on.set()
    await chat.bot.until_said(WELCOME)
    assert len(chat.bot.redacted) == 1


async def test_wrong_input_is_asked_again(chat: Chat) -> None:
    wrong = WrongInput("TEST.CODE_INVALID", user_text("This code is wrong."))
    process = chat.use_process(CODE, wrong, DONE)
    await chat.write("login")
    await chat.bot.until_said("Please send your 2fa_code.")
    first = await chat.write("11111")
    await chat.bot.until_said("This code is wrong.\nI remove your answer")
    second = await chat.write("12345")
    await chat.bot.until_said(WELCOME)
    assert [one["value"] for one in process.submitted] == ["11111", "12345"]
    assert chat.bot.redacted == [first, second]


async def test_a_flood_wait_is_told_and_kept(chat: Chat) -> None:
    flood = RateLimited("TEST.FLOOD", user_text("Too many attempts."), retry_after=60)
    process = chat.use_process(PHONE, flood, DONE)
    await chat.write("login")
    await chat.bot.until_said("phone_number")
    await chat.write("+992000000000")
    await chat.bot.until_said("Too many attempts.\nPlease try again in 60 s.")
    chat.clock.advance(45)
    await chat.write("+992000000000")
    await chat.bot.until_said("Please try again in 15 s.")
    assert len(process.submitted) == 1
    chat.clock.advance(15)
    await chat.write("+992000000000")
    await chat.bot.until_said(WELCOME)
    assert len(process.submitted) == 2


async def test_a_flood_wait_of_hours_ends_the_login(chat: Chat) -> None:
    flood = RateLimited("TEST.FLOOD", user_text("Too many attempts."), retry_after=80_000)
    process = chat.use_process(PHONE, flood)
    await chat.write("login")
    await chat.bot.until_said("phone_number")
    await chat.write("+992000000000")
    ended = await chat.bot.until_said("You are not logged in.")
    assert ended.splitlines()[:2] == ["Too many attempts.", "Please try again in 23 h."]
    assert process.cancelled == 1


async def test_an_unreachable_network_can_be_tried_again(chat: Chat) -> None:
    away = NotConnected("TEST.AWAY", user_text("Telegram cannot be reached."))
    chat.use_process(PHONE, away, DONE)
    await chat.write("login")
    await chat.bot.until_said("phone_number")
    await chat.write("+992000000000")
    await chat.bot.until_said("Telegram cannot be reached.\nSay `cancel` to stop.")
    await chat.write("+992000000000")
    await chat.bot.until_said(WELCOME)


async def test_trouble_while_a_code_is_shown_is_waited_out(chat: Chat) -> None:
    away = NotConnected("TEST.AWAY", user_text("Telegram cannot be reached."), retry_after=5)
    process = chat.use_process(qr("tg://login?token=one"), away, away, DONE)
    await chat.write("login")
    await chat.bot.until_images(1)
    for _ in range(3):
        process.go_on.set()
        await eventually(lambda: not process.go_on.is_set())
        chat.clock.advance(5)
    await chat.bot.until_said(WELCOME)
    assert chat.bot.said.count("Telegram cannot be reached.") == 1


@pytest.mark.parametrize(
    "error",
    [
        LoginFailed("TEST.EXPIRED", user_text("The code has expired.")),
        Rejected("TEST.BANNED", user_text("The code has expired.")),
    ],
)
async def test_the_end_is_told(chat: Chat, error: BridgeError) -> None:
    process = chat.use_process(CODE, error)
    await chat.write("login")
    await chat.bot.until_said("2fa_code")
    await chat.write("12345")
    ended = await chat.bot.until_said("The code has expired.")
    assert ended.splitlines()[1] == "You are not logged in. Say `login` to start again."
    assert process.cancelled == 1
    chat.use_process(PHONE)
    await chat.write("login")
    await chat.bot.until_said("phone_number")


async def test_a_process_that_cannot_start(chat: Chat) -> None:
    chat.use_process(NotConnected("TEST.AWAY", user_text("Telegram cannot be reached.")))
    await chat.write("login")
    await chat.bot.until_said("Telegram cannot be reached.\nYou are not logged in.")


async def test_an_account_of_somebody_else(chat: Chat) -> None:
    chat.services.completion = lambda: LoginFailed(
        "BRIDGE.TAKEN", user_text("This account is used by somebody else here.")
    )
    chat.use_process(PHONE, DONE)
    await chat.write("login")
    await chat.bot.until_said("phone_number")
    await chat.write("+992000000000")
    await chat.bot.until_said("This account is used by somebody else here.")
    assert chat.services.completed == []


@pytest.mark.parametrize("step", [CODE, qr("tg://login?token=one")])
async def test_silence_ends_the_login(chat: Chat, step: UserInput | DisplayAndWait) -> None:
    process = chat.use_process(step)
    await chat.write("login")
    await chat.bot.until_said("Say `cancel` to stop.")
    chat.clock.advance(599)
    await chat.write("!tg cancell")
    assert "Did you mean `cancel`?" in chat.bot.last
    chat.clock.advance(2)
    ended = await chat.bot.until_said("You are not logged in.")
    assert ended.startswith("I have ended this login, as I had no answer for 10 min.")
    assert process.cancelled == 1
    assert chat.bot.redacted == list(chat.bot.images)


async def test_a_rotating_qr_code_does_not_last_forever(chat: Chat) -> None:
    codes = [qr(f"tg://login?token={number}") for number in range(21)]
    process = chat.use_process(*codes)
    await chat.write("login")
    for number in range(1, 20):
        await chat.bot.until_images(number)
        chat.clock.advance(30)
        process.go_on.set()
    await chat.bot.until_images(20)
    chat.clock.advance(31)
    await chat.bot.until_said("I have ended this login")
    assert len(chat.bot.redacted) == 20


async def test_people_log_in_independently(chat: Chat) -> None:
    alices = chat.use_process(PHONE, DONE)
    await chat.write("login")
    await chat.bot.until_said("phone_number")
    bobs = chat.use_process(CODE, DONE)
    bobs_room = type(ROOM)("!bob-and-bot:wonder.example")
    await chat.write("login", sender=BOB, room=bobs_room)
    await chat.bot.until_said("2fa_code")
    await chat.write("12345", sender=BOB, room=bobs_room)
    await eventually(lambda: chat.services.completed == [(BOB, ACCOUNT)])
    assert (alices.submitted, bobs.submitted) == ([], [{"value": "12345"}])


async def test_only_the_room_of_the_login_answers(chat: Chat) -> None:
    process = chat.use_process(PHONE, DONE)
    await chat.write("login")
    await chat.bot.until_said("phone_number")
    await chat.write("version", room=type(ROOM)("!other:wonder.example"))
    assert chat.bot.last == "Karvon 1.2.3, bridge to Telegram"
    assert process.submitted == []


async def test_a_restart_is_told_and_leaves_nothing_behind(chat: Chat) -> None:
    process = chat.use_process(qr("tg://login?token=one"))
    await chat.write("login")
    await chat.bot.until_images(1)
    await chat.processor.close()
    assert chat.bot.last.startswith("I am being restarted")
    assert chat.bot.redacted == list(chat.bot.images)
    assert process.cancelled == 1


async def test_a_login_that_is_done_is_neither_cancelled_nor_lost(chat: Chat) -> None:
    chat.services.completion_held.clear()
    chat.use_process(PHONE, DONE)
    await chat.write("login")
    await chat.bot.until_said("phone_number")
    await chat.write("+992000000000")
    await eventually(lambda: chat.services.completing)
    await chat.write("!tg cancel")
    assert chat.bot.last == "This login is already done. Say `logout` to undo it."
    closing = asyncio.create_task(chat.processor.close())
    await asyncio.sleep(0)
    assert not closing.done()
    chat.services.completion_held.set()
    await closing
    assert chat.services.completed == [(ALICE, ACCOUNT)]
    await chat.bot.until_said(WELCOME)


async def test_a_process_that_fails_to_clean_up_still_ends(chat: Chat) -> None:
    process = chat.use_process(CODE)

    async def fail() -> None:
        raise OSError("socket already closed")

    process.cancel = fail  # type: ignore[method-assign]
    await chat.write("login")
    await chat.bot.until_said("2fa_code")
    with capture_logs() as logs:
        await chat.write("cancel")
    assert [one["doing"] for one in logs] == ["ending a login"]
    assert "Cancelled." in chat.bot.last


async def test_the_end_is_told_once_the_homeserver_is_back(chat: Chat) -> None:
    chat.services.completion_held.clear()
    chat.use_process(PHONE, DONE)
    await chat.write("login")
    await chat.bot.until_said("phone_number")
    await chat.write("+992000000000")
    await eventually(lambda: chat.services.completing)
    chat.bot.away, chat.bot.keys = 3, []
    with capture_logs() as logs:
        chat.services.completion_held.set()

        def told() -> bool:
            chat.clock.advance(10)
            return any(WELCOME in one for one in chat.bot.said)

        await eventually(told)
    assert len(chat.bot.keys) == 4
    assert len(set(chat.bot.keys)) == 1
    assert chat.bot.keys[0]
    assert not logs


async def test_what_cannot_be_told_does_not_hold_up_the_end(chat: Chat) -> None:
    chat.use_process(CODE, DONE)
    await chat.write("login")
    await chat.bot.until_said("2fa_code")
    chat.bot.away, chat.bot.keys = 1_000_000, []
    await chat.write("12345")
    await eventually(lambda: chat.bot.keys)
    async with asyncio.timeout(10):
        await chat.processor.close()


async def test_a_lost_homeserver_ends_the_login_quietly(chat: Chat) -> None:
    process = chat.use_process(CODE)
    chat.bot.broken = True
    with capture_logs() as logs:
        await chat.write("login")
        await eventually(lambda: process.cancelled)
        await eventually(lambda: len(logs) == 2)
    chat.bot.broken = False
    chat.use_process(PHONE)
    await chat.write("login")
    await chat.bot.until_said("phone_number")
