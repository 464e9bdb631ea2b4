# SPDX-License-Identifier: AGPL-3.0-or-later
"""Connections to Telegram ask the border first, and end when it no longer lets them.

Telegram's data centres have addresses and no names. In the policy they are ``telegram.org``, which
lies abroad for everybody; a server of one's own is called by its address. On the way through a proxy
both have to be listed, the proxy and what is behind it.
"""

import asyncio
import ipaddress
import socket
import weakref
from typing import Any, Protocol

import attrs

from bridges.core.egress.border import Border, DestinationRefused
from bridges.telegram.client import ClientOptions
from bridges.telegram.config import TelegramConfig, TelegramProxyConfig

TELEGRAM = "telegram.org"


def behind(border: Border, options: ClientOptions, config: TelegramConfig) -> ClientOptions:
    """Give the same options with guarded connections."""
    guard = Guard(border, config)
    border.on_change(guard.policy_changed)
    return attrs.evolve(options, connection=_guarded(options.connection, guard))


class Guarded(Protocol):
    """An open connection."""

    def ask_again(self) -> None:
        """Break off if the policy does not let it be any more."""


class Guard:
    """Asks the border for the connections of one configuration."""

    def __init__(self, border: Border, config: TelegramConfig) -> None:
        self._border = border
        self._own = config.server is not None
        self._open: weakref.WeakSet[Guarded] = weakref.WeakSet()
        self.proxy = config.proxy

    def opened(self, connection: Guarded) -> None:
        """Ask again for a connection when the policy changes, as long as there is one."""
        self._open.add(connection)

    def policy_changed(self) -> None:
        """Ask again for all connections."""
        for connection in list(self._open):
            connection.ask_again()

    def check_server(self, address: str, port: int) -> None:
        """Check a connection without a proxy. Raises ``DestinationRefused``."""
        if self._own and ipaddress.ip_address(address).is_loopback:
            return  # does not leave this machine
        name = address if self._own else TELEGRAM
        self._border.check(f"[{name}]" if ":" in name else name)
        self._border.check_address(name, port, address)

    def check_proxy(self, proxy: TelegramProxyConfig, address: str) -> None:
        """Check a connection through a proxy at ``address``. Raises ``DestinationRefused``."""
        if not self._own:
            self._border.check(TELEGRAM)
        self._border.check(f"{proxy.host}:{proxy.port}")
        self._border.check_address(proxy.host, proxy.port, address)

    async def proxy_address(self, proxy: TelegramProxyConfig) -> str:
        """Find an address of the proxy that may be connected to.

        Raises:
            DestinationRefused: there is none.
            OSError: the proxy's name has none at all.
        """
        loop = asyncio.get_running_loop()
        found = await loop.getaddrinfo(proxy.host, proxy.port, type=socket.SOCK_STREAM)
        refusal = DestinationRefused(f"{proxy.host} has no address")
        for *_, (address, *_) in found:
            try:
                self.check_proxy(proxy, str(address))
            except DestinationRefused as refused:
                refusal = refused
            else:
                return str(address)
        raise refusal


def _guarded(connection: type, guard: Guard) -> type:
    class GuardedConnection(connection):  # type: ignore[misc]  # untyped
        """A connection of Telethon's that asks first."""

        _ip: str
        _proxy: Any

        async def _connect(self, timeout: float | None = None, ssl: Any = None) -> None:  # noqa: ASYNC109
            if guard.proxy is None:
                guard.check_server(self._ip, self._port)
            else:
                # The address that was checked, not what the name says a moment later.
                address = await guard.proxy_address(guard.proxy)
                if guard.proxy.type == "mtproto":
                    self._ip = address
                else:
                    self._proxy = {**self._proxy, "addr": address}
            await super()._connect(timeout=timeout, ssl=ssl)
            guard.opened(self)

        def ask_again(self) -> None:
            """See ``Guarded``. Telethon connects anew by itself, and is refused."""
            peer = self._writer.get_extra_info("peername")
            try:
                if guard.proxy is None:
                    guard.check_server(self._ip, self._port)
                elif peer is not None:
                    guard.check_proxy(guard.proxy, peer[0])
            except DestinationRefused:
                self._writer.transport.abort()

    return GuardedConnection
