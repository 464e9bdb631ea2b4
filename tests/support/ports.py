# SPDX-License-Identifier: AGPL-3.0-or-later
"""Free loopback ports that nobody else can take before, during or between uses.

A port number alone is a race: between finding it free and a child process listening on it, any
other program may take it, and again while a killed server is down. A `PortLease` therefore
keeps a socket *bound* to the port without listening for as long as the port is needed. On Linux
a server that sets SO_REUSEADDR (Synapse, PostgreSQL, asyncio and aiohttp all do) can still bind
and listen beside it, while the kernel gives the port to no one who asks for any free one.
"""

import socket
from types import TracebackType
from typing import Self

LOOPBACK = "127.0.0.1"


class PortLease:
    """One free TCP port on loopback, ours until `release`."""

    def __init__(self) -> None:
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        # First exclusively, so that the port of another lease is never shared, then permissive.
        self._socket.bind((LOOPBACK, 0))
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.port: int = self._socket.getsockname()[1]

    def release(self) -> None:
        """Give the port back; calling it again does nothing."""
        self._socket.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.release()
