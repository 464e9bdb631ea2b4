# SPDX-License-Identifier: AGPL-3.0-or-later
"""Accounts and files in another data centre than the one the bridge begins with."""

import base64
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from mautrix.types import UserID
from telethon.tl.functions.auth import AcceptLoginTokenRequest

from bridges.core.content import RemoteMedia
from bridges.core.errors import TemporaryError
from bridges.core.login import Complete, DisplayAndWait, UserInput
from bridges.core.network import LoginRecord, SessionState
from bridges.telegram.session import TelegramSession
from bridges.telegram.store.credentials import CredentialStore
from sandbox.telegram import Person, TelegramSandbox, generated
from tests.support.clock import HastyClock
from tests.support.telethon_config import forget_data_centres
from tests.support.waiting import eventually
from tests.telegram.bridge import Bridge, RecordingHandle, keep_any
from tests.telegram.conftest import ALISA, BORIS, VERA, populate

HOME, FAR = 2, 4
PART = 512 * 1024
SIZE = 5 * PART + 17


@pytest.fixture
async def net() -> AsyncIterator[TelegramSandbox]:
    """A network with a second data centre, in which Boris and Vera live."""
    forget_data_centres()
    async with TelegramSandbox(more_dcs={FAR: 0}) as network:
        await populate(network)
        network.places.move_account("boris_test", FAR)
        network.places.move_account("vera_test", FAR)
        yield network
    forget_data_centres()


@pytest.fixture
def handle(handle: RecordingHandle) -> RecordingHandle:
    """A bridge that has no time to wait."""
    handle.clock = HastyClock(50)
    return handle


# -- logins


async def test_a_phone_login_goes_where_the_account_lives(
    bridge: Bridge, handle: RecordingHandle, net: TelegramSandbox
) -> None:
    record = await bridge.log_in(BORIS)
    assert [call.dc for call in net.log.calls("auth.sendCode")] == [HOME, FAR]
    stored = await CredentialStore(handle.database, handle.secrets).load(record.id)
    assert stored is not None
    assert (stored.dc, stored.address, stored.port) == (FAR, *net.server.addresses()[FAR])
    net.log.clear()
    await bridge.connected(record)
    assert {call.dc for call in net.log.calls()} == {FAR}


async def test_the_password_is_asked_there(bridge: Bridge, net: TelegramSandbox) -> None:
    await bridge.log_in(VERA, "сезам")
    assert [call.dc for call in net.log.calls("auth.checkPassword")] == [FAR]


async def test_a_network_may_be_sent_elsewhere(bridge: Bridge, net: TelegramSandbox) -> None:
    net.faults.fail("auth.sendCode", 303, f"NETWORK_MIGRATE_{FAR}")
    net.places.move_account("alisa_test", FAR)
    await bridge.log_in(ALISA)
    assert [call.dc for call in net.log.calls("auth.sendCode")] == [HOME, FAR]


@pytest.mark.parametrize("who", ["boris_test", "vera_test"])
async def test_a_qr_login_goes_where_the_account_lives(
    bridge: Bridge, net: TelegramSandbox, who: str
) -> None:
    process = bridge.network.begin_login("qr", keep_any)
    shown = await process.start()
    assert isinstance(shown, DisplayAndWait)
    phone = await net.person(who)
    await phone.client(AcceptLoginTokenRequest(_token(shown)))
    step = await process.wait()
    if isinstance(step, UserInput):
        assert step.step_id == "telegram.password"
        step = await process.submit({"password": "сезам"})
    assert isinstance(step, Complete)
    assert step.login.user == str(phone.account.id)
    assert [call.dc for call in net.log.calls("auth.importLoginToken")] == [FAR]
    record = LoginRecord(
        step.login.id, UserID("@any:example.org"), step.login.user, step.login.name
    )
    await bridge.connected(record)


# -- files


async def test_files_share_one_connection_and_authorisation(
    session: TelegramSession, handle: RecordingHandle, net: TelegramSandbox, tmp_path: Path
) -> None:
    for number in range(1, 3):
        await _fetched(net, session, handle, tmp_path, number)
    assert len(net.log.calls("auth.exportAuthorization")) == 1
    assert len(net.log.calls("auth.importAuthorization")) == 1
    assert {call.dc for call in net.log.calls("upload.getFile")} == {FAR}
    assert net.server.connections(FAR) == 1 + len(["Boris' own"])


async def test_connections_are_closed_when_nobody_needs_them(
    session: TelegramSession, handle: RecordingHandle, net: TelegramSandbox, tmp_path: Path
) -> None:
    await _fetched(net, session, handle, tmp_path, 1)
    await eventually(lambda: net.server.connections(FAR) == 1)
    assert handle.state is SessionState.CONNECTED
    await _fetched(net, session, handle, tmp_path, 2)
    assert len(net.log.calls("auth.exportAuthorization")) == 1


async def test_connections_are_closed_with_the_session(
    session: TelegramSession, handle: RecordingHandle, net: TelegramSandbox, tmp_path: Path
) -> None:
    handle.clock = HastyClock(1)
    await _fetched(net, session, handle, tmp_path, 1)
    await session.disconnect()
    await eventually(lambda: net.server.connections(FAR) == 1)


async def test_a_file_is_not_where_it_was_said_to_be(
    session: TelegramSession,
    handle: RecordingHandle,
    boris: Person,
    net: TelegramSandbox,
    tmp_path: Path,
) -> None:
    sent = await boris.send_file("alisa_test", b"moved", "x.bin")
    net.places.move_file(sent.document.id, HOME)
    part = await _file(handle, 1)
    await session.fetch(part.reference, tmp_path / "file")
    assert (tmp_path / "file").read_bytes() == b"moved"
    assert net.log.calls("upload.getFile")[0].error == f"FILE_MIGRATE_{HOME}"


async def test_a_connection_that_breaks_is_made_again(
    session: TelegramSession, handle: RecordingHandle, net: TelegramSandbox, tmp_path: Path
) -> None:
    net.faults.kill_answer("upload.getFile", count=2)
    await _fetched(net, session, handle, tmp_path, 1)
    net.server.drop(dc=FAR)
    await _fetched(net, session, handle, tmp_path, 2)
    assert len(net.log.calls("auth.exportAuthorization")) == 1


async def test_an_authorisation_the_data_centre_forgot_is_exported_again(
    session: TelegramSession, handle: RecordingHandle, net: TelegramSandbox, tmp_path: Path
) -> None:
    await _fetched(net, session, handle, tmp_path, 1)
    net.faults.fail("upload.getFile", 401, "AUTH_KEY_UNREGISTERED")
    await _fetched(net, session, handle, tmp_path, 2)
    assert len(net.log.calls("auth.exportAuthorization")) == 2
    assert handle.state is SessionState.CONNECTED


async def test_a_data_centre_that_is_away_is_passing_trouble(
    session: TelegramSession,
    handle: RecordingHandle,
    boris: Person,
    net: TelegramSandbox,
    tmp_path: Path,
) -> None:
    await boris.send_file("alisa_test", b"later", "x.bin")
    part = await _file(handle, 1)
    await net.server.outage(FAR)
    with pytest.raises(TemporaryError, match="data centre 4 cannot be reached") as caught:
        await session.fetch(part.reference, tmp_path / "file")
    assert caught.value.code == "TELEGRAM.NO_DATA_CENTRE"
    assert handle.state is SessionState.CONNECTED
    await net.server.restore()
    await session.fetch(part.reference, tmp_path / "file")
    assert (tmp_path / "file").read_bytes() == b"later"


async def test_a_part_that_has_to_wait_does_not_begin_the_file_anew(
    session: TelegramSession, handle: RecordingHandle, net: TelegramSandbox, tmp_path: Path
) -> None:
    net.faults.flood_wait("upload.getFile", 2)
    net.faults.fail("upload.getFile", 500, "INTERNAL", count=2)
    await _fetched(net, session, handle, tmp_path, 1)
    calls = net.log.calls("upload.getFile")
    assert len([call for call in calls if call.error is None]) == 6


async def test_a_file_that_is_shorter_than_it_says_is_not_taken(
    session: TelegramSession,
    handle: RecordingHandle,
    boris: Person,
    net: TelegramSandbox,
    tmp_path: Path,
) -> None:
    document: Any = net.library.generate("boris_test", 3 * PART)
    document.size += PART
    await boris.send_document("alisa_test", document)
    part = await _file(handle, 1)
    with pytest.raises(TemporaryError) as caught:
        await session.fetch(part.reference, tmp_path / "file")
    assert caught.value.code == "TELEGRAM.PART_MISSING"


async def _fetched(
    net: TelegramSandbox,
    session: TelegramSession,
    handle: RecordingHandle,
    folder: Path,
    number: int,
) -> None:
    """Let Boris send the next file, and fetch it."""
    boris = await net.person("boris_test")
    document = net.library.generate("boris_test", SIZE, seed=number)
    await boris.send_document("alisa_test", document)
    part = await _file(handle, number)
    await session.fetch(part.reference, folder / "file")
    assert (folder / "file").read_bytes() == generated.content(number, 0, SIZE)


async def _file(handle: RecordingHandle, count: int) -> RemoteMedia:
    await handle.until(lambda: len(handle.messages()) >= count)
    part = handle.messages()[count - 1].parts[0]
    assert isinstance(part, RemoteMedia)
    return part


def _token(shown: DisplayAndWait) -> bytes:
    (text,) = parse_qs(urlsplit(shown.data).query)["token"]
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
