# SPDX-License-Identifier: AGPL-3.0-or-later
"""A network with two data centres: logins and files that are in the other one."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest
from telethon import errors
from telethon.tl import functions, types

from sandbox.telegram import Person, TelegramSandbox
from sandbox.telegram.operator import OperatorError
from tests.sandbox.conftest import Connect, log_in, populate
from tests.support.telethon_config import forget_data_centres

FAR = 4


@pytest.fixture
async def net() -> AsyncIterator[TelegramSandbox]:
    """The network of the other tests, with a second data centre in which Boris lives."""
    forget_data_centres()
    async with TelegramSandbox(more_dcs={FAR: 0}) as network:
        await populate(network)
        network.places.move_account("boris_test", FAR)
        yield network


async def test_the_configuration_names_all_data_centres(
    net: TelegramSandbox, connect: Connect
) -> None:
    for number in (2, FAR):
        client = await connect(net, dc=number)
        config = await client(functions.help.GetConfigRequest())
        known = {one.id: (one.ip_address, one.port) for one in config.dc_options}
        assert known == net.server.addresses()
        assert config.this_dc == number


async def test_a_phone_login_is_sent_to_its_data_centre(
    net: TelegramSandbox, connect: Connect
) -> None:
    client = await connect(net, request_retries=2)
    me = await log_in(client, "+99955500202")
    assert (me.first_name, client.session.dc_id) == ("Boris", FAR)
    assert [call.dc for call in net.log.calls("auth.sendCode")] == [2, FAR]
    assert net.log.calls("auth.sendCode")[0].error == "PHONE_MIGRATE_4"


@pytest.mark.parametrize("password", [None, "secret"])
async def test_a_qr_login_is_sent_to_its_data_centre(
    net: TelegramSandbox, connect: Connect, boris: Person, password: str | None
) -> None:
    net.operator.set_password("boris_test", password)
    client = await connect(net)
    qr = await client.qr_login()
    waiting = asyncio.create_task(qr.wait(10))
    await asyncio.sleep(0)
    await boris.client(functions.auth.AcceptLoginTokenRequest(qr.token))
    if password is None:
        assert (await waiting).first_name == "Boris"
    else:
        with pytest.raises(errors.SessionPasswordNeededError):
            await waiting
        assert (await client.sign_in(password=password)).first_name == "Boris"
    assert client.session.dc_id == FAR
    assert [call.dc for call in net.log.calls("auth.importLoginToken")] == [FAR]
    with pytest.raises(errors.AuthTokenInvalidError):
        await client(functions.auth.ImportLoginTokenRequest(qr.token))


async def test_an_account_is_at_home_in_one_data_centre(
    net: TelegramSandbox, connect: Connect, alisa: Person
) -> None:
    guest = await _guest(net, connect, alisa)
    with pytest.raises(errors.UserMigrateError) as caught:
        await guest(functions.contacts.GetContactsRequest(0))
    assert caught.value.new_dc == 2


async def test_an_authorisation_is_exported_once_and_for_one_data_centre(
    net: TelegramSandbox, connect: Connect, alisa: Person
) -> None:
    ticket = await alisa.client(functions.auth.ExportAuthorizationRequest(FAR))
    ask = functions.auth.ImportAuthorizationRequest(ticket.id, ticket.bytes)
    near, far = await connect(net), await connect(net, dc=FAR)
    with pytest.raises(errors.AuthBytesInvalidError):
        await near(ask)
    with pytest.raises(errors.AuthBytesInvalidError):
        await far(ask)
    for wrong in (2, 9):
        with pytest.raises(errors.DcIdInvalidError):
            await alisa.client(functions.auth.ExportAuthorizationRequest(wrong))


async def test_a_guest_shares_the_life_of_its_session(
    net: TelegramSandbox, connect: Connect, alisa: Person
) -> None:
    guest = await _guest(net, connect, alisa)
    assert (await guest.get_me()).first_name == "Alisa"
    listed = await alisa.client(functions.account.GetAuthorizationsRequest())
    assert len(listed.authorizations) == 1
    await alisa.client.log_out()
    assert await guest.get_me() is None


async def test_no_updates_come_to_a_guest(
    net: TelegramSandbox, connect: Connect, alisa: Person, vera: Person
) -> None:
    guest = await _guest(net, connect, alisa)
    heard: list[Any] = []

    async def note(update: Any) -> None:
        heard.append(update)

    guest.add_event_handler(note)
    await vera.send("alisa_test", "hello")
    await alisa.wait_for_text("hello")
    await guest.get_me()
    assert not [one for one in heard if isinstance(one, types.UpdateNewMessage)]


async def test_a_key_is_known_to_its_data_centre_only(
    net: TelegramSandbox, connect: Connect
) -> None:
    client = await connect(net)
    await log_in(client, "+99955500201")
    number = client.session.auth_key.key_id
    assert net.server.key(number, 2) is not None
    assert net.server.key(number, FAR) is None


async def test_a_file_lies_where_its_sender_lives(
    net: TelegramSandbox, alisa: Person, boris: Person
) -> None:
    await boris.send_file("alisa_test", b"from afar", "a.bin", caption="far")
    await alisa.wait_for_text("far")
    (message,) = await alisa.history("boris_test")
    assert message.document.dc_id == FAR
    assert await message.download_media(bytes) == b"from afar"
    served = [call.dc for call in net.log.calls("upload.getFile") if call.error is None]
    assert set(served) == {FAR}


async def test_a_file_that_is_not_where_it_was_said_to_be(
    net: TelegramSandbox, alisa: Person, vera: Person
) -> None:
    await vera.send_file("alisa_test", b"moved", "a.bin", caption="moved")
    await alisa.wait_for_text("moved")
    (message,) = await alisa.history("vera_test")
    net.places.move_file(message.document.id, FAR)
    assert await message.download_media(bytes) == b"moved"
    calls = net.log.calls("upload.getFile")
    assert [(call.dc, call.error) for call in calls] == [(2, "FILE_MIGRATE_4"), (FAR, None)]


async def test_one_data_centre_is_away(
    net: TelegramSandbox, alisa: Person, connect: Connect
) -> None:
    await net.server.outage(FAR)
    with pytest.raises(ConnectionError):
        await connect(net, dc=FAR, connection_retries=0)
    assert (await alisa.client.get_me()).first_name == "Alisa"
    await net.server.restore()
    far = await connect(net, dc=FAR)
    assert (await far(functions.help.GetNearestDcRequest())).this_dc == FAR


async def test_there_is_no_third_data_centre(net: TelegramSandbox) -> None:
    with pytest.raises(OperatorError, match=r"there is no data centre 5, only \[2, 4\]"):
        net.places.move_account("alisa_test", 5)


async def _guest(net: TelegramSandbox, connect: Connect, person: Person) -> Any:
    ticket = await person.client(functions.auth.ExportAuthorizationRequest(FAR))
    guest = await connect(net, dc=FAR, request_retries=0)
    await guest(functions.auth.ImportAuthorizationRequest(ticket.id, ticket.bytes))
    return guest
