# SPDX-License-Identifier: AGPL-3.0-or-later
"""Staying connected, and telling the person when that is not possible."""

from pathlib import Path

import pytest

from bridges.core.errors import NotConnected, RateLimited, SessionLost
from bridges.core.network import LoginRecord, SessionState
from bridges.core.secretbox import SecretBox
from bridges.telegram.network import TelegramNetwork
from bridges.telegram.session import TelegramSession
from bridges.telegram.store.credentials import CredentialStore
from bridges.telegram.store.uploads import SentFile, UploadStore
from sandbox.telegram import Person, TelegramSandbox
from tests.support.faultproxy import FaultProxy
from tests.telegram.bridge import Bridge, RecordingHandle, config_for, text_message
from tests.telegram.conftest import ALISA
from tests.telegram.test_session_text import dm


@pytest.mark.parametrize(
    ("error", "text"),
    [
        ("SESSION_REVOKED", "ended from another device"),
        ("AUTH_KEY_UNREGISTERED", "does not know this login"),
        ("AUTH_KEY_DUPLICATED", "two places at once"),
        ("SESSION_EXPIRED", "has expired"),
        ("USER_DEACTIVATED", "has been deleted"),
        ("USER_DEACTIVATED_BAN", "banned this account"),
    ],
)
async def test_a_lost_login_is_told_and_wiped_without_a_loop(
    session: TelegramSession,
    handle: RecordingHandle,
    net: TelegramSandbox,
    alisa: LoginRecord,
    error: str,
    text: str,
) -> None:
    net.operator.revoke("alisa_test", error)
    reason = await handle.until_state(SessionState.BAD_CREDENTIALS)
    assert text in str(reason)
    assert await CredentialStore(handle.database, handle.secrets).load(alisa.id) is None
    with pytest.raises(SessionLost):
        await session.chat_info(dm(net, "alisa_test", alisa))
    await session.connect()
    assert handle.state is SessionState.BAD_CREDENTIALS
    assert [state for state, _ in handle.states].count(SessionState.BAD_CREDENTIALS) <= 2


async def test_a_new_login_goes_on_where_the_lost_one_ended(
    bridge: Bridge,
    session: TelegramSession,
    handle: RecordingHandle,
    net: TelegramSandbox,
    boris: Person,
) -> None:
    await boris.send("alisa_test", "before")
    await handle.until(handle.messages)
    net.operator.revoke("alisa_test")
    await handle.until_state(SessionState.BAD_CREDENTIALS)
    await boris.send("alisa_test", "meanwhile")
    await bridge.connected(await bridge.log_in(ALISA))
    await handle.until_text("meanwhile")
    assert handle.texts() == ["before", "meanwhile"]


async def test_a_deleted_account_is_told(
    session: TelegramSession, handle: RecordingHandle, net: TelegramSandbox
) -> None:
    net.operator.delete_account("alisa_test")
    assert await handle.until_state(SessionState.BAD_CREDENTIALS)


async def test_a_dropped_connection_is_mended(
    session: TelegramSession, handle: RecordingHandle, net: TelegramSandbox, boris: Person
) -> None:
    for number in range(3):
        net.server.drop(net.accounts.find("alisa_test").id)
        await boris.send("alisa_test", f"while dropped {number}")
        await handle.until_text(f"while dropped {number}")
    assert handle.texts() == [f"while dropped {number}" for number in range(3)]


async def test_an_unreachable_telegram_is_told_and_tried_again(
    bridge: Bridge,
    alisa: LoginRecord,
    handle: RecordingHandle,
    net: TelegramSandbox,
    boris: Person,
) -> None:
    host, port = net.host, net.port
    await boris.send("alisa_test", "sent before the outage")
    await net.server.stop()
    session = bridge.open(alisa)
    await session.connect()
    reason = await handle.until_state(SessionState.TRANSIENT_DISCONNECT)
    assert "keeps trying" in str(reason)
    with pytest.raises(NotConnected):
        await session.send(text_message(dm(net, "boris_test", alisa), "x"))
    await net.server.start(host, {net.dc: port})
    await handle.until_state(SessionState.CONNECTED)
    await handle.until_text("sent before the outage")


async def test_a_flood_wait_at_connecting_is_waited_for(
    bridge: Bridge, alisa: LoginRecord, handle: RecordingHandle, net: TelegramSandbox
) -> None:
    net.faults.flood_wait("users.getUsers", 2)
    net.log.clear()
    session = bridge.open(alisa)
    await session.connect()
    reason = await handle.until_state(SessionState.TRANSIENT_DISCONNECT)
    assert "wait" in str(reason)
    await handle.until_state(SessionState.CONNECTED)
    assert net.log.counts()["users.getUsers"] == 2


async def test_a_flood_wait_reaches_the_whole_login_and_slow_mode_one_chat(
    session: TelegramSession,
    net: TelegramSandbox,
    alisa: LoginRecord,
    boris: Person,
    handle: RecordingHandle,
) -> None:
    await boris.send("alisa_test", "hello")
    await handle.until(handle.messages)
    chat = dm(net, "boris_test", alisa)
    net.faults.slow_mode(30)
    with pytest.raises(RateLimited) as slow:
        await session.send(text_message(chat, "one"))
    assert (slow.value.retry_after, slow.value.whole_login) == (30, False)
    assert slow.value.certain
    net.faults.flood_wait("messages.sendMessage", 60)
    with pytest.raises(RateLimited) as flood:
        await session.send(text_message(chat, "one"))
    assert (flood.value.retry_after, flood.value.whole_login) == (60, True)
    assert flood.value.certain


async def test_logout_ends_the_authorisation_and_forgets(
    session: TelegramSession, handle: RecordingHandle, net: TelegramSandbox, alisa: LoginRecord
) -> None:
    uploads = UploadStore(handle.database, alisa.id)
    await uploads.put("a camel", SentFile("photo", 1, 2, b"3"), handle.clock.now())
    await session.logout()
    assert net.log.counts()["auth.logOut"] == 1
    for table in ("session", "cursor", "channel_cursor", "entity", "upload"):
        assert not await handle.database.fetch(f"SELECT * FROM telegram_{table}")
    await session.logout()


async def test_keys_are_sealed_and_sealed_again_after_a_rotation(
    net: TelegramSandbox, alisa: LoginRecord, handle: RecordingHandle, tmp_path: Path
) -> None:
    async def sealed() -> bytes:
        row = await handle.database.fetchrow("SELECT auth_key FROM telegram_session")
        assert row is not None
        return bytes(row["auth_key"])

    credentials = await CredentialStore(handle.database, handle.secrets).load(alisa.id)
    assert credentials is not None
    assert credentials.auth_key not in await sealed()
    handle.secrets = SecretBox(b"n" * 32, [b"k" * 32])
    assert handle.secrets.needs_resealing(await sealed())
    network = TelegramNetwork(config_for(net, tmp_path), handle)
    await network.start()
    assert not handle.secrets.needs_resealing(await sealed())
    handle.secrets = SecretBox(b"n" * 32)
    assert await CredentialStore(handle.database, handle.secrets).load(alisa.id) == credentials


async def test_a_lost_encryption_key_is_told(
    net: TelegramSandbox, alisa: LoginRecord, handle: RecordingHandle, tmp_path: Path
) -> None:
    handle.secrets = SecretBox(b"x" * 32)
    session = TelegramNetwork(config_for(net, tmp_path), handle).open_session(alisa)
    await session.connect()
    assert "encryption key" in str(await handle.until_state(SessionState.BAD_CREDENTIALS))
    await session.disconnect()


async def test_a_silent_connection_is_noticed_and_replaced(
    net: TelegramSandbox,
    handle: RecordingHandle,
    boris: Person,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("bridges.telegram.connection._PING_EVERY", 0.3)
    monkeypatch.setattr("bridges.telegram.connection._PING_TIMEOUT", 0.3)
    monkeypatch.setattr("bridges.telegram.connection._OPENING_TIMEOUT", 2.0)
    proxy = FaultProxy(net.port, net.host)
    await proxy.start()
    config = config_for(net, tmp_path)
    assert config.server is not None
    server = config.server.model_copy(update={"port": proxy.port})
    bridge = Bridge(net, handle, config.model_copy(update={"server": server}))
    await bridge.network.start()
    try:
        await bridge.connected(await bridge.log_in(ALISA))
        proxy.blackhole()
        await boris.send("alisa_test", "into the void")
        await handle.until(lambda: handle.state is SessionState.TRANSIENT_DISCONNECT)
        proxy.drop()
        await proxy.resume()
        await handle.until_text("into the void")
    finally:
        await bridge.close()
        await proxy.close()
    assert handle.texts() == ["into the void"]


async def test_logout_works_without_a_connected_session(
    bridge: Bridge, alisa: LoginRecord, handle: RecordingHandle, net: TelegramSandbox
) -> None:
    session = bridge.open(alisa)
    await session.connect()
    await session.logout()
    assert net.log.counts()["auth.logOut"] == 1
    assert not await handle.database.fetch("SELECT * FROM telegram_session")


async def test_logout_works_while_telegram_is_away(
    bridge: Bridge, session: TelegramSession, handle: RecordingHandle, net: TelegramSandbox
) -> None:
    await net.server.stop()
    await session.logout()
    assert not await handle.database.fetch("SELECT * FROM telegram_session")


async def test_the_end_of_an_old_session_leaves_a_newer_login_alone(
    bridge: Bridge,
    session: TelegramSession,
    handle: RecordingHandle,
    net: TelegramSandbox,
    alisa: LoginRecord,
) -> None:
    store = CredentialStore(handle.database, handle.secrets)
    old = await store.load(alisa.id)
    await bridge.log_in(ALISA)
    new = await store.load(alisa.id)
    assert new != old
    account = net.accounts.find("alisa_test")
    first, *_ = [key for key in net.world.logins.sessions(account.id) if key.device == "Karvon"]
    net.world.logins.end(first, "SESSION_REVOKED")
    net.server.drop_key(first)
    await handle.until_state(SessionState.BAD_CREDENTIALS)
    assert await store.load(alisa.id) == new


@pytest.mark.parametrize("ahead", [7200.0, -7200.0])
async def test_a_clock_that_is_wrong_delays_and_loses_nothing(
    session: TelegramSession,
    handle: RecordingHandle,
    boris: Person,
    alisa: LoginRecord,
    net: TelegramSandbox,
    ahead: float,
) -> None:
    await boris.send("alisa_test", "before")
    await handle.until_text("before")
    net.server.ahead = ahead
    net.server.drop()
    await boris.send("alisa_test", "after")
    await handle.until_text("after")
    await session.send(text_message(dm(net, "boris_test", alisa), "and back"))
    await boris.wait_for_text("and back")
    assert handle.texts().count("after") == 1
