# SPDX-License-Identifier: AGPL-3.0-or-later
"""The bridge reaches Telegram through every kind of proxy, and says so when one is away."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from bridges.core.content import RemoteMedia
from bridges.core.errors import LoginFailed, WrongInput
from bridges.core.network import SessionState
from sandbox.telegram import Person, TelegramSandbox
from tests.support.clock import HastyClock
from tests.support.mtproxy import MtProxy
from tests.support.proxies import Account, HttpProxy, Proxy, Socks5Proxy
from tests.support.telethon_config import forget_data_centres
from tests.support.waiting import eventually
from tests.telegram.bridge import Bridge, RecordingHandle, config_for, keep_any
from tests.telegram.conftest import ALISA, populate

FAR = 4
SECRET = bytes.fromhex("dd0123456789abcdef0123456789abcd")  # begins with what Telethon cuts off
ACCOUNT = Account("karvon", "open sesame")
LOGIN = {"username": ACCOUNT.username, "password": ACCOUNT.password}

Kind = tuple[Callable[[TelegramSandbox], Proxy], dict[str, Any]]

KINDS: dict[str, Kind] = {
    "socks5": (lambda _: Socks5Proxy(), {"type": "socks5"}),
    "socks5 with a password": (lambda _: Socks5Proxy(ACCOUNT), {"type": "socks5", **LOGIN}),
    "http": (lambda _: HttpProxy(), {"type": "http"}),
    "http with a password": (lambda _: HttpProxy(ACCOUNT), {"type": "http", **LOGIN}),
    "mtproto": (
        lambda net: MtProxy(SECRET, net.server.addresses),
        {"type": "mtproto", "secret": SECRET.hex()},
    ),
    "mtproto dd": (
        lambda net: MtProxy(SECRET, net.server.addresses, only_padded=True),
        {"type": "mtproto", "secret": f"dd{SECRET.hex()}"},
    ),
}


@pytest.fixture
async def net() -> AsyncIterator[TelegramSandbox]:
    """A network with a second data centre, in which Boris lives."""
    forget_data_centres()
    async with TelegramSandbox(more_dcs={FAR: 0}) as network:
        await populate(network)
        network.places.move_account("boris_test", FAR)
        yield network
    forget_data_centres()


@asynccontextmanager
async def behind(
    proxy: Proxy, net: TelegramSandbox, handle: RecordingHandle, folder: Path, **settings: Any
) -> AsyncIterator[Bridge]:
    """A bridge that knows a running proxy."""
    way = {"host": proxy.host, "port": proxy.port, **settings}
    async with proxy:
        bridge = Bridge(net, handle, config_for(net, folder, proxy=way))
        await bridge.network.start()
        try:
            yield bridge
        finally:
            await bridge.close()
            await bridge.network.stop()


@pytest.mark.parametrize("kind", KINDS)
async def test_everything_goes_through_the_proxy(
    net: TelegramSandbox, handle: RecordingHandle, boris: Person, tmp_path: Path, kind: str
) -> None:
    make, settings = KINDS[kind]
    proxy = make(net)
    async with behind(proxy, net, handle, tmp_path, **settings) as bridge:
        session = await bridge.connected(await bridge.log_in(ALISA))
        await boris.send_file("alisa_test", b"from afar", "x.bin")
        (message,) = await handle.until(handle.messages)
        assert isinstance(message.parts[0], RemoteMedia)
        await session.fetch(message.parts[0].reference, tmp_path / "file")
        assert (tmp_path / "file").read_bytes() == b"from afar"
        assert set(proxy.targets) == set(net.server.addresses().values())
        if isinstance(proxy, MtProxy):
            assert set(proxy.data_centres) == {net.dc, FAR}
        await proxy.stop()
        await eventually(lambda: net.server.connected(net.accounts.find("Alisa").id) == 0)
        await eventually(lambda: net.server.connections(FAR) == 1)  # Boris' own
    assert proxy.refused == 0


@pytest.mark.parametrize("kind", ["socks5", "mtproto"])
async def test_a_proxy_that_goes_away_and_comes_back(
    net: TelegramSandbox, handle: RecordingHandle, boris: Person, tmp_path: Path, kind: str
) -> None:
    make, settings = KINDS[kind]
    proxy = make(net)
    handle.clock = HastyClock(50)
    async with behind(proxy, net, handle, tmp_path, **settings) as bridge:
        await bridge.connected(await bridge.log_in(ALISA))
        await proxy.stop()
        reason = await handle.until_state(SessionState.TRANSIENT_DISCONNECT)
        assert "through the bridge's proxy" in str(reason)
        await boris.send("alisa_test", "while it was away")
        await proxy.start()
        await handle.until_state(SessionState.CONNECTED)
        await handle.until_text("while it was away")
    assert handle.texts() == ["while it was away"]


@pytest.mark.parametrize(
    ("kind", "wrong"),
    [
        ("socks5 with a password", {"password": "open tmin"}),
        ("http with a password", {"password": "open tmin"}),
        ("mtproto", {"secret": "00" * 16}),
    ],
)
async def test_a_proxy_that_refuses_us(
    net: TelegramSandbox, handle: RecordingHandle, tmp_path: Path, kind: str, wrong: dict[str, str]
) -> None:
    make, settings = KINDS[kind]
    proxy = make(net)
    async with behind(proxy, net, handle, tmp_path, **{**settings, **wrong}) as bridge:
        process = bridge.network.begin_login("phone", keep_any)
        await process.start()
        with pytest.raises(WrongInput, match="cannot be reached"):
            await process.submit({"phone": ALISA})
        await process.cancel()
        with pytest.raises(LoginFailed, match="cannot be reached"):
            await bridge.network.begin_login("qr", keep_any).start()
    assert proxy.refused >= 2
    assert proxy.targets == []


async def test_a_proxy_that_does_not_want_us_any_more(
    net: TelegramSandbox, handle: RecordingHandle, tmp_path: Path
) -> None:
    proxy = HttpProxy()
    async with behind(proxy, net, handle, tmp_path, type="http") as bridge:
        await bridge.connected(await bridge.log_in(ALISA))
        await proxy.stop()
        proxy.account = ACCOUNT
        await proxy.start()
        await handle.until(lambda: "refuses to let it through" in str(handle.states[-1][1]))
        proxy.account = None
        await handle.until_state(SessionState.CONNECTED)
