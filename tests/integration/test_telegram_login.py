# SPDX-License-Identifier: AGPL-3.0-or-later
"""Everything that may go wrong while somebody logs in to Telegram says what to do."""

import pytest

from tests.conformance.stage import LOGGED_IN, Stage
from tests.conformance.telegram_driver import TelegramDriver

pytestmark = pytest.mark.synapse


async def test_wrong_number(stage: Stage) -> None:
    somebody = await stage.newcomer("Gulnora")
    await somebody.ask("login phone")
    assert "country code" in await somebody.ask("not a number")
    assert "country code" in await somebody.ask("+1")
    await somebody.ask(somebody.phone.number)
    assert LOGGED_IN in await somebody.ask(stage.driver.login_code)


async def test_number_without_an_account(stage: Stage) -> None:
    somebody = await stage.newcomer("Gulnora")
    await somebody.ask("login phone")
    await somebody.ask("+999666000001")
    said = await somebody.ask(stage.driver.login_code)
    assert "no Telegram account" in said
    assert "`login`" in said


async def test_wrong_code(stage: Stage) -> None:
    somebody = await stage.newcomer("Gulnora")
    await somebody.ask("login phone")
    await somebody.ask(somebody.phone.number)
    assert "This code is wrong" in await somebody.ask("00000")
    assert LOGGED_IN in await somebody.ask(stage.driver.login_code)


async def test_expired_code(stage: Stage, telegram: TelegramDriver) -> None:
    somebody = await stage.newcomer("Gulnora")
    await somebody.ask("login phone")
    await somebody.ask(somebody.phone.number)
    telegram.net.faults.fail("auth.signIn", 400, "PHONE_CODE_EXPIRED")
    assert "resend" in await somebody.ask(stage.driver.login_code)
    assert "code" in (await somebody.ask("resend")).lower()
    assert LOGGED_IN in await somebody.ask(stage.driver.login_code)


async def test_wrong_password(stage: Stage) -> None:
    somebody = await stage.newcomer("Gulnora", password="open sesame")
    await somebody.ask("login phone")
    await somebody.ask(somebody.phone.number)
    await somebody.ask(stage.driver.login_code)
    assert "This password is wrong" in await somebody.ask("open barley")
    assert LOGGED_IN in await somebody.ask("open sesame")


async def test_long_flood_wait_ends_the_login(stage: Stage, telegram: TelegramDriver) -> None:
    somebody = await stage.newcomer("Gulnora")
    telegram.limit_login(somebody.phone, 3 * 3600)
    await somebody.ask("login phone")
    said = await somebody.ask(somebody.phone.number)
    assert "3 h" in said
    assert "Say `login` to start again" in said


async def test_banned_number(stage: Stage, telegram: TelegramDriver) -> None:
    somebody = await stage.newcomer("Gulnora")
    telegram.net.operator.ban_phone(somebody.phone.number)
    await somebody.ask("login phone")
    assert "recover@telegram.org" in await somebody.ask(somebody.phone.number)


async def test_unreachable_telegram(stage: Stage, telegram: TelegramDriver) -> None:
    somebody = await stage.newcomer("Gulnora")
    await somebody.ask("login phone")
    await telegram.cut_off()
    try:
        assert "cannot be reached" in await somebody.ask(somebody.phone.number)
    finally:
        await telegram.let_back()
    await somebody.ask(somebody.phone.number)
    assert LOGGED_IN in await somebody.ask(stage.driver.login_code)


async def test_expired_qr_code_is_renewed(stage: Stage) -> None:
    somebody = await stage.newcomer("Gulnora")
    begun = await somebody.user.say(somebody.room, "login qr")
    first = await somebody.user.wait_for(
        lambda event: event["content"].get("msgtype") == "m.image", somebody.room
    )
    await somebody.user.wait_for(
        lambda event: event["content"].get("msgtype") == "m.image",
        somebody.room,
        after=first["event_id"],
        describe="a new QR code",
    )
    await somebody.user.wait_for(
        lambda event: first["event_id"] in (event.get("redacts"), event["content"].get("redacts")),
        somebody.room,
        describe="the removal of the old QR code",
    )
    await stage.scan_qr(somebody)
    await somebody.hears_from_bot(LOGGED_IN, after=begun)
