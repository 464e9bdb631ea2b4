# SPDX-License-Identifier: AGPL-3.0-or-later
"""Connecting through an MTProto proxy without a pause.

Telethon waits two seconds after each connect, to see whether the proxy refuses the transport. This
bridge uses the one that every proxy takes, and a refusal shows in the first request all the same.
"""

from typing import Any

from telethon.network import ConnectionTcpMTProxyRandomizedIntermediate
from telethon.network.connection.connection import ObfuscatedConnection


class MtProxyConnection(ConnectionTcpMTProxyRandomizedIntermediate):  # type: ignore[misc]  # untyped
    """A connection with padded packets."""

    async def _connect(self, timeout: float | None = None, ssl: Any = None) -> None:  # noqa: ASYNC109
        await ObfuscatedConnection._connect(self, timeout=timeout, ssl=ssl)  # noqa: SLF001
