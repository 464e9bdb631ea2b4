# SPDX-License-Identifier: AGPL-3.0-or-later
"""Logging in by phone and by QR code, and everything that goes wrong there."""

import base64
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from mautrix.types import UserID
from telethon.tl.functions.auth import AcceptLoginTokenRequest

from bridges.core.errors import LoginFailed, RateLimited, WrongInput
from bridges.core.ids import LoginID
from bridges.core.login import (
    SECRET_KINDS,
    Claim,
    Complete,
    DisplayAndWait,
    DisplayKind,
    LoginProcess,
    UserInput,
)
from bridges.core.network import LoginRecord, SessionState
from bridges.core.text import user_text
from bridges.telegram.network import TelegramNetwork
from bridges.telegram.store.credentials import CredentialStore
from sandbox.telegram import TelegramSandbox
from tests.telegram.bridge import CODE, Bridge, RecordingHandle, config_for, keep_any
from tests.telegram.conftest import ALISA, BORIS, VERA


async def code_step(bridge: Bridge, phone: str) -> LoginProcess:
    """A process that waits for the code."""
    process = bridge.network.begin_login("phone", keep_any)
    await process.start()
    step = await process.submit({"phone": phone})
    assert isinstance(step, UserInput)
    assert step.step_id == "telegram.code"
    assert step.fields[0].kind in SECRET_KINDS
    return process


async def test_phone_and_code(bridge: Bridge, net: TelegramSandbox) -> None:
    process = await code_step(bridge, "+999 555-00-301")
    step = await process.submit({"code": " 222-22 "})
    assert isinstance(step, Complete)
    account = net.accounts.find("alisa_test")
    assert step.login.id == f"tg-{account.id}"
    assert step.login.user == str(account.id)
    assert step.login.name == "Alisa Made-Up (@alisa_test)"


async def test_the_password_is_asked_with_its_hint(bridge: Bridge) -> None:
    process = await code_step(bridge, VERA)
    step = await process.submit({"code": CODE})
    assert isinstance(step, UserInput)
    assert step.step_id == "telegram.password"
    assert "cave" in str(step.instructions)
    assert step.fields[0].kind in SECRET_KINDS
    with pytest.raises(WrongInput, match="password is wrong"):
        await process.submit({"password": "open"})
    assert isinstance(await process.submit({"password": "сезам"}), Complete)


@pytest.mark.parametrize("entered", ["", "hello", "12", "+1"])
async def test_a_wrong_number_is_asked_again(bridge: Bridge, entered: str) -> None:
    process = bridge.network.begin_login("phone", keep_any)
    await process.start()
    with pytest.raises(WrongInput, match="country code"):
        await process.submit({"phone": entered})
    assert isinstance(await process.submit({"phone": ALISA}), UserInput)
    await process.cancel()


async def test_a_banned_number_ends_the_login(bridge: Bridge, net: TelegramSandbox) -> None:
    net.operator.ban_phone("+99955500399")
    process = bridge.network.begin_login("phone", keep_any)
    await process.start()
    with pytest.raises(LoginFailed, match="banned"):
        await process.submit({"phone": "+99955500399"})


async def test_nobody_is_signed_up(bridge: Bridge, net: TelegramSandbox) -> None:
    process = await code_step(bridge, "+99955500388")
    with pytest.raises(LoginFailed, match="no Telegram account"):
        await process.submit({"code": CODE})
    assert "auth.signUp" not in net.log.counts()


async def test_a_wrong_code_is_asked_again(bridge: Bridge) -> None:
    process = await code_step(bridge, ALISA)
    with pytest.raises(WrongInput, match="code is wrong"):
        await process.submit({"code": "11111"})
    with pytest.raises(WrongInput, match="Enter the code"):
        await process.submit({"code": " "})
    assert isinstance(await process.submit({"code": CODE}), Complete)


async def test_an_expired_code_can_be_sent_again(bridge: Bridge, net: TelegramSandbox) -> None:
    process = await code_step(bridge, ALISA)
    net.faults.fail("auth.signIn", 400, "PHONE_CODE_EXPIRED")
    net.faults.fail("auth.resendCode", 400, "PHONE_CODE_EXPIRED")
    with pytest.raises(WrongInput, match="resend"):
        await process.submit({"code": CODE})
    step = await process.submit({"code": "Resend"})
    assert isinstance(step, UserInput)
    assert step.step_id == "telegram.code"
    assert isinstance(await process.submit({"code": CODE}), Complete)


async def test_resend_uses_the_next_way(bridge: Bridge, net: TelegramSandbox) -> None:
    process = await code_step(bridge, ALISA)
    assert isinstance(await process.submit({"code": "resend"}), UserInput)
    assert net.log.counts()["auth.resendCode"] == 1
    await process.cancel()


async def test_a_flood_wait_names_the_time(bridge: Bridge, net: TelegramSandbox) -> None:
    net.faults.flood_wait("auth.sendCode", 3600)
    process = bridge.network.begin_login("phone", keep_any)
    await process.start()
    with pytest.raises(RateLimited, match="60 min") as caught:
        await process.submit({"phone": ALISA})
    assert caught.value.retry_after == 3600
    await process.cancel()


async def test_an_unreachable_telegram_keeps_the_step(
    net: TelegramSandbox, handle: RecordingHandle, tmp_path: Path, free_port: int
) -> None:
    config = config_for(net, tmp_path)
    assert config.server is not None
    elsewhere = config.model_copy(
        update={"server": config.server.model_copy(update={"port": free_port})}
    )
    network = TelegramNetwork(elsewhere, handle)
    await network.start()
    process = network.begin_login("phone", keep_any)
    await process.start()
    with pytest.raises(WrongInput, match="cannot be reached"):
        await process.submit({"phone": ALISA})
    await process.cancel()
    with pytest.raises(LoginFailed, match="cannot be reached"):
        await network.begin_login("qr", keep_any).start()


async def accept(net: TelegramSandbox, name: str, step: object) -> None:
    """Scan a QR code with somebody's phone."""
    assert isinstance(step, DisplayAndWait)
    assert step.display is DisplayKind.QR
    token = parse_qs(urlsplit(step.data).query)["token"][0]
    phone = await net.person(name)
    raw = base64.urlsafe_b64decode(token + "=" * (-len(token) % 4))
    await phone.client(AcceptLoginTokenRequest(raw))


async def test_qr_code(bridge: Bridge, net: TelegramSandbox) -> None:
    process = bridge.network.begin_login("qr", keep_any)
    await accept(net, "alisa_test", await process.start())
    step = await process.wait()
    assert isinstance(step, Complete)
    assert step.login.user == str(net.accounts.find("alisa_test").id)


async def test_an_expired_qr_code_is_renewed(bridge: Bridge, net: TelegramSandbox) -> None:
    net.world.set_limits(qr_seconds=1)
    process = bridge.network.begin_login("qr", keep_any)
    first = await process.start()
    net.world.set_limits(qr_seconds=30)
    second = await process.wait()
    assert isinstance(first, DisplayAndWait)
    assert isinstance(second, DisplayAndWait)
    assert first.data != second.data
    await accept(net, "alisa_test", second)
    assert isinstance(await process.wait(), Complete)


async def test_the_password_is_asked_after_the_scan(bridge: Bridge, net: TelegramSandbox) -> None:
    process = bridge.network.begin_login("qr", keep_any)
    await accept(net, "vera_test", await process.start())
    step = await process.wait()
    assert isinstance(step, UserInput)
    assert step.step_id == "telegram.password"
    assert isinstance(await process.submit({"password": "сезам"}), Complete)


async def test_a_second_login_replaces_the_first(bridge: Bridge, handle: RecordingHandle) -> None:
    first = await bridge.log_in(ALISA)
    store = CredentialStore(handle.database, handle.secrets)
    before = await store.load(first.id)
    second = await bridge.log_in(ALISA)
    assert second.id == first.id
    assert await store.load(second.id) != before
    await bridge.connected(second)
    assert handle.state is SessionState.CONNECTED


async def test_a_login_is_not_lost_by_a_flood_wait_at_its_end(
    bridge: Bridge, net: TelegramSandbox, handle: RecordingHandle
) -> None:
    process = await code_step(bridge, ALISA)
    net.faults.flood_wait("updates.getState", 60)
    step = await process.submit({"code": CODE})
    assert isinstance(step, Complete)
    record = LoginRecord(step.login.id, UserID("@a:example.org"), step.login.user, "Alisa")
    await bridge.connected(record)
    boris = await net.person("boris_test")
    await boris.send("alisa_test", "hello")
    await handle.until_text("hello")


async def test_two_accounts_side_by_side(bridge: Bridge) -> None:
    first, second = await bridge.log_in(ALISA), await bridge.log_in(BORIS)
    assert first.id != second.id
    await bridge.connected(first)
    await bridge.connected(second)


async def test_unknown_flows_are_refused(bridge: Bridge) -> None:
    assert [flow.id for flow in bridge.network.login_flows()] == ["qr", "phone"]
    with pytest.raises(KeyError):
        bridge.network.begin_login("carrier pigeon", keep_any)


async def test_somebody_elses_account_is_neither_kept_nor_left_logged_in(
    bridge: Bridge, net: TelegramSandbox
) -> None:
    async def refuse(_login: LoginID) -> None:
        raise LoginFailed("LOGIN.TAKEN", user_text("Somebody else uses this account here."))

    net.log.clear()
    process = bridge.network.begin_login("phone", Claim(UserID("@alisa:example.org"), refuse))
    await process.start()
    await process.submit({"phone": ALISA})
    with pytest.raises(LoginFailed, match="Somebody else"):
        await process.submit({"code": CODE})
    assert net.log.calls("auth.logOut")
    assert not await bridge.handle.database.fetch("SELECT 1 FROM telegram_session")
