# SPDX-License-Identifier: AGPL-3.0-or-later
"""Logging in and out, with unmodified clients."""

import asyncio
from typing import Any

import pytest
from telethon import errors
from telethon.tl import functions, types

from sandbox.telegram import Person, TelegramSandbox
from tests.sandbox.conftest import Connect, log_in
from tests.support.waiting import eventually

ALISA = "+99955500201"


async def test_a_code_logs_in(net: TelegramSandbox, connect: Connect) -> None:
    client = await connect(net)
    assert await client.get_me() is None
    me = await log_in(client, ALISA)
    assert (me.first_name, me.phone, me.is_self) == ("Alisa", "99955500201", True)
    assert await client.is_user_authorized()


@pytest.mark.parametrize(
    ("phone", "error"),
    [("+12", errors.PhoneNumberInvalidError), ("+99955500209", errors.PhoneNumberBannedError)],
)
async def test_a_bad_phone_is_refused(
    net: TelegramSandbox, connect: Connect, phone: str, error: type[Exception]
) -> None:
    net.operator.ban_phone("+99955500209")
    client = await connect(net)
    with pytest.raises(error):
        await client.send_code_request(phone)


async def test_an_unknown_phone_would_have_to_sign_up(
    net: TelegramSandbox, connect: Connect
) -> None:
    client = await connect(net)
    with pytest.raises(errors.PhoneNumberUnoccupiedError):
        await log_in(client, "+99955500299")


async def test_wrong_and_expired_codes(net: TelegramSandbox, connect: Connect) -> None:
    client = await connect(net)
    sent = await client.send_code_request(ALISA)
    with pytest.raises(errors.PhoneCodeInvalidError):
        await client.sign_in(ALISA, "11111", phone_code_hash=sent.phone_code_hash)
    again = await client(functions.auth.ResendCodeRequest(ALISA, sent.phone_code_hash))
    with pytest.raises(errors.PhoneCodeExpiredError):
        await client.sign_in(ALISA, "22222", phone_code_hash=sent.phone_code_hash)
    net.clock.advance(301)
    with pytest.raises(errors.PhoneCodeExpiredError):
        await client.sign_in(ALISA, "22222", phone_code_hash=again.phone_code_hash)


async def test_the_second_factor(net: TelegramSandbox, connect: Connect) -> None:
    net.operator.set_password("alisa_test", "открой сезам", hint="сказка")
    client = await connect(net)
    with pytest.raises(errors.SessionPasswordNeededError):
        await log_in(client, ALISA)
    asked = await client(functions.account.GetPasswordRequest())
    assert (asked.has_password, asked.hint) == (True, "сказка")
    with pytest.raises(errors.PasswordHashInvalidError):
        await client.sign_in(password="открой тмин")
    me = await client.sign_in(password="открой сезам")
    assert me.first_name == "Alisa"


async def test_a_qr_code_is_accepted_by_another_client(
    net: TelegramSandbox, connect: Connect, alisa: Person
) -> None:
    client = await connect(net)
    qr = await client.qr_login()
    waiting = asyncio.create_task(qr.wait(10))
    await asyncio.sleep(0)
    shown = await alisa.client(functions.auth.AcceptLoginTokenRequest(qr.token))
    assert shown.device_model == "Test client"
    assert (await waiting).first_name == "Alisa"
    with pytest.raises(errors.AuthTokenInvalidError):
        await alisa.client(functions.auth.AcceptLoginTokenRequest(qr.token))


async def test_a_qr_code_expires_and_can_be_renewed(
    net: TelegramSandbox, connect: Connect, alisa: Person
) -> None:
    client = await connect(net)
    qr = await client.qr_login()
    first = qr.token
    net.clock.advance(31)
    with pytest.raises(errors.AuthTokenExpiredError):
        await alisa.client(functions.auth.AcceptLoginTokenRequest(first))
    await qr.recreate()
    assert qr.token != first
    waiting = asyncio.create_task(qr.wait(10))
    await asyncio.sleep(0)
    await alisa.client(functions.auth.AcceptLoginTokenRequest(qr.token))
    assert (await waiting).first_name == "Alisa"


async def test_a_password_after_the_qr_code(
    net: TelegramSandbox, connect: Connect, alisa: Person
) -> None:
    net.operator.set_password("alisa_test", "secret")
    client = await connect(net)
    qr = await client.qr_login()
    waiting = asyncio.create_task(qr.wait(10))
    await asyncio.sleep(0)
    await alisa.client(functions.auth.AcceptLoginTokenRequest(qr.token))
    with pytest.raises(errors.SessionPasswordNeededError):
        await waiting
    assert (await client.sign_in(password="secret")).first_name == "Alisa"


async def test_logging_out_and_in_again(net: TelegramSandbox, connect: Connect) -> None:
    client = await connect(net)
    await log_in(client, ALISA)
    session = client.session
    assert await client.log_out()
    assert (
        session.auth_key is None or net.world.logins.sessions(net.accounts.find("Alisa").id) == []
    )
    again = await connect(net)
    assert (await log_in(again, ALISA)).first_name == "Alisa"


async def test_sessions_are_listed_and_ended_by_an_older_one(
    net: TelegramSandbox, connect: Connect, alisa: Person
) -> None:
    client = await connect(net)
    await log_in(client, ALISA)
    listed = await alisa.client(functions.account.GetAuthorizationsRequest())
    assert sorted(a.device_model for a in listed.authorizations) == [
        "Sandbox person",
        "Test client",
    ]
    other = next(a for a in listed.authorizations if not a.current)
    reset = functions.account.ResetAuthorizationRequest(other.hash)
    with pytest.raises(errors.FreshResetAuthorisationForbiddenError):
        await alisa.client(reset)
    net.clock.advance(25 * 3600)
    assert await alisa.client(reset)
    await _ends_with(client, errors.SessionRevokedError)


@pytest.mark.parametrize(
    ("name", "error"),
    [
        ("SESSION_REVOKED", errors.SessionRevokedError),
        ("AUTH_KEY_UNREGISTERED", errors.AuthKeyUnregisteredError),
        ("AUTH_KEY_DUPLICATED", errors.AuthKeyDuplicatedError),
    ],
)
async def test_a_session_ends_from_outside(
    net: TelegramSandbox, connect: Connect, alisa: Person, name: str, error: type[Exception]
) -> None:
    client = await connect(net)
    await log_in(client, ALISA)
    assert net.operator.revoke("alisa_test", name) == 1
    await _ends_with(client, error)
    assert (await alisa.client.get_me()).first_name == "Alisa"


async def test_a_deleted_account_cannot_go_on(net: TelegramSandbox, connect: Connect) -> None:
    client = await connect(net)
    await log_in(client, ALISA)
    net.operator.delete_account("alisa_test")
    await _ends_with(client, errors.UserDeactivatedError)


async def _ends_with(client: Any, error: type[Exception]) -> None:
    async def fails() -> bool:
        try:
            await client(functions.updates.GetStateRequest())
        except error:
            return True
        except ConnectionError:
            await client.connect()
        return False

    assert await eventually(fails, 10, describe=error.__name__)


async def test_a_flood_wait_at_login(net: TelegramSandbox, connect: Connect) -> None:
    net.faults.flood_wait("auth.sendCode", 30)
    client = await connect(net)
    with pytest.raises(errors.FloodWaitError) as caught:
        await client.send_code_request(ALISA)
    assert caught.value.seconds == 30


async def test_a_client_may_do_without_updates(
    net: TelegramSandbox, connect: Connect, alisa: Person
) -> None:
    client = await connect(net, receive_updates=False)
    await log_in(client, "+99955500202")
    heard: list[Any] = []

    async def note(update: Any) -> None:
        heard.append(update)

    client.add_event_handler(note)
    await alisa.send("boris_test", "psst")
    assert (await client.get_messages("alisa_test"))[0].message == "psst"
    assert not [update for update in heard if isinstance(update, types.UpdateNewMessage)]


async def test_a_key_the_network_does_not_know(net: TelegramSandbox, connect: Connect) -> None:
    client = await connect(net)
    await log_in(client, ALISA)
    async with TelegramSandbox() as stranger:
        session = client.session
        await client.disconnect()
        session.set_dc(stranger.dc, stranger.host, stranger.port)
        with pytest.raises(errors.AuthKeyNotFound):
            await connect(stranger, session)


async def test_other_sessions_hear_of_a_new_login(
    net: TelegramSandbox, connect: Connect, alisa: Person
) -> None:
    heard: asyncio.Queue[Any] = asyncio.Queue()
    alisa.client.add_event_handler(heard.put)
    client = await connect(net)
    await log_in(client, ALISA)
    async with asyncio.timeout(10):
        while not isinstance(await heard.get(), types.UpdateNewAuthorization):
            pass
