# SPDX-License-Identifier: AGPL-3.0-or-later
"""Guarded HTTP: the connector every session of a bridge is made with."""

import ipaddress
import socket
from typing import Any

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult
from yarl import URL

from bridges.core.egress.border import Border, DestinationRefused
from policy_module.egress.hosts import USUAL_PORTS, host_and_port


class GuardedConnector(aiohttp.TCPConnector):
    """Asks the border before each request and each redirect, by name and by address.

    ``own`` is the homeserver, whose address the operator has given: what a bridge exists to reach.
    None for a session that goes elsewhere only.
    """

    def __init__(self, border: Border, own: str | None, connections: int) -> None:
        origin = None if own is None else URL(own).origin()
        super().__init__(
            limit=connections,
            resolver=_GuardedResolver(border, origin, aiohttp.ThreadedResolver()),
        )
        self._border = border
        self._own = origin

    async def connect(self, req: aiohttp.ClientRequest, *args: Any, **kwargs: Any) -> Any:
        """Give a connection for a request; raises ``DestinationRefused``."""
        url = req.url
        if url.origin() != self._own:
            host, port = url.host or "", url.port or 0
            self._border.check(host_and_port(host, port, USUAL_PORTS.get(url.scheme)))
            if _is_address(host):  # is not resolved
                self._border.check_address(host, port, host)
        return await super().connect(req, *args, **kwargs)


class _GuardedResolver(AbstractResolver):
    """Gives the addresses that may be connected to; they are the ones that will be."""

    def __init__(self, border: Border, own: URL | None, resolver: AbstractResolver) -> None:
        self._border = border
        self._own = own
        self._resolver = resolver

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        found = await self._resolver.resolve(host, port, family)
        if self._own is not None and (host, port) == (self._own.host, self._own.port):
            return found
        return passed(self._border, host, port, found)

    async def close(self) -> None:
        await self._resolver.close()


def passed(border: Border, host: str, port: int, found: list[ResolveResult]) -> list[ResolveResult]:
    """Keep the addresses that may be connected to.

    Raises:
        DestinationRefused: none of them may; the text is about the last.
    """
    allowed, refusal = [], None
    for result in found:
        try:
            border.check_address(host, port, result["host"])
            allowed.append(result)
        except DestinationRefused as refused:
            refusal = refused
    if not allowed and refusal is not None:
        raise refusal
    return allowed


def _is_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True
