# SPDX-License-Identifier: AGPL-3.0-or-later
"""Telethon's connections and the homeserver's policy file; a listener stands for Telegram."""

import asyncio
import logging
from collections import defaultdict
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from bridges.core.config import PolicySettings
from bridges.core.egress.border import Border, DestinationRefused
from bridges.core.egress.follow import followed_border
from bridges.telegram.border import TELEGRAM, behind
from bridges.telegram.client import client_options
from bridges.telegram.config import TelegramConfig
from tests.policy.egress.listeners import Listener
from tests.policy.policy_file import PolicyFile
from tests.support.ports import LOOPBACK
from tests.support.waiting import eventually

APPLICATION = {"api_id": 5, "api_hash": "0" * 32}
TERRITORY = {
    "territories": {"home": {"networks": ["192.0.2.0/24"]}},
    "residency": {"territory": "home"},
}


@pytest.fixture
def policy(tmp_path: Path) -> PolicyFile:
    policy = PolicyFile(tmp_path / "policy")
    policy.write()
    return policy


@pytest.fixture
async def border(policy: PolicyFile) -> AsyncIterator[Border]:
    settings = PolicySettings(policy.path, policy.folder / "state")
    async with followed_border(settings, "home.example") as followed:
        yield followed


@pytest.fixture
async def server() -> AsyncIterator[Listener]:
    async with Listener().listening() as listener:
        yield listener


def config(**more: Any) -> TelegramConfig:
    return TelegramConfig.model_validate({**APPLICATION, **more}, strict=False)


class Connector:
    """Connects as Telethon does for every login, download and data centre."""

    def __init__(self, border: Border, config: TelegramConfig, port: int) -> None:
        self.options: Any = behind(border, client_options(config), config)
        self._port = port

    async def connect(self) -> Any:
        connection = self.options.connection(
            LOOPBACK,
            self._port,
            2,
            loggers=defaultdict(lambda: logging.getLogger("test")),
            **({} if self.options.proxy is None else {"proxy": self.options.proxy}),
        )
        await connection.connect(timeout=5)
        return connection

    async def connected(self) -> bool:
        try:
            connection = await self.connect()
        except DestinationRefused:
            return False
        await connection.disconnect()
        return True


def listing(*entries: Any) -> dict[str, Any]:
    return {"egress": {"bridges": list(entries)}}


async def test_telegram_is_connected_to_while_it_is_listed(
    border: Border, policy: PolicyFile, server: Listener
) -> None:
    telegram = Connector(border, config(), server.port)
    for turn in range(2):
        assert not await telegram.connected()
        assert server.silent
        policy.write(**listing({"host": TELEGRAM, "note": str(turn)}))
        await eventually(telegram.connected, describe="the connection being let through")
        open_connection = await telegram.connect()
        policy.write()
        # Telethon's reader sees the end, and would connect anew.
        with pytest.raises((ConnectionError, EOFError)):
            await open_connection.recv()
        await open_connection.disconnect()
        server.forget()


async def test_telegram_lies_abroad(border: Border, policy: PolicyFile, server: Listener) -> None:
    telegram = Connector(border, config(), server.port)
    policy.write(**listing({"host": TELEGRAM, "abroad": True}), **TERRITORY)
    await eventually(telegram.connected, describe="the connection being let through")
    policy.write(**listing(TELEGRAM), **TERRITORY)

    async def refused() -> bool:
        return not await telegram.connected()

    await eventually(refused, describe="its address being refused")
    server.forget()
    assert await refused()
    assert server.silent


@pytest.mark.parametrize("kind", ["socks5", "mtproto"])
async def test_a_proxy_has_to_be_listed_as_well_as_what_is_behind_it(
    border: Border, policy: PolicyFile, server: Listener, kind: str
) -> None:
    proxy: dict[str, Any] = {"type": kind, "host": "localhost", "port": server.port}
    if kind == "mtproto":
        proxy["secret"] = "dd" + "1" * 32
    telegram = Connector(border, config(proxy=proxy), 443)
    host = f"localhost:{server.port}"
    for entries in ([], [TELEGRAM], [host]):
        policy.write(**listing("unused.example", *entries))

        def in_force(expected: list[str] = entries) -> bool:
            return all(allows(border, entry) == (entry in expected) for entry in (TELEGRAM, host))

        await eventually(in_force, describe="the policy in force")
        with pytest.raises(DestinationRefused):
            await telegram.connect()
        assert server.silent
    policy.write(**listing(TELEGRAM, host))
    await eventually(lambda: allows(border, TELEGRAM), describe="the policy in force")
    connecting = asyncio.create_task(telegram.connect())
    await eventually(lambda: not server.silent, describe="the proxy being reached")
    connecting.cancel()  # our listener is none


async def test_a_server_of_ones_own_on_this_machine_needs_no_line(
    border: Border, server: Listener
) -> None:
    own = {"ip": LOOPBACK, "port": server.port, "rsa_public_key_file": "key.pem"}
    assert await Connector(border, config(server=own), server.port).connected()


def allows(border: Border, host: str) -> bool:
    try:
        border.check(host)
    except DestinationRefused:
        return False
    return True
