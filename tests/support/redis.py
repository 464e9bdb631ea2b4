# SPDX-License-Identifier: AGPL-3.0-or-later
"""A private Redis server on loopback, from the binary of the distribution. It keeps nothing."""

import asyncio
import shutil
from pathlib import Path
from types import TracebackType
from typing import Self

from tests.support.ports import LOOPBACK, PortLease
from tests.support.process import ChildProcess


class RedisMissingError(Exception):
    """No Redis server on this machine."""


class RedisServer:
    """One server process; ``folder`` is an existing empty folder.

    Raises:
        RedisMissingError: there is no binary.
    """

    def __init__(self, folder: Path) -> None:
        binary = shutil.which("redis-server")
        if binary is None:
            raise RedisMissingError("no redis-server in PATH: install the package `redis-server`")
        self._lease = PortLease()
        self._process = ChildProcess(
            [
                *(binary, "--port", str(self.port), "--bind", LOOPBACK),
                *("--save", "", "--appendonly", "no", "--dir", folder),
            ],
            log=folder / "redis.log",
            cwd=folder,
        )

    @property
    def port(self) -> int:
        """TCP port on loopback."""
        return self._lease.port

    async def __aenter__(self) -> Self:
        try:
            await self._process.start()
            await self._process.wait_until(self._answers, "answering PING")
        except BaseException:
            await self.close()
            raise
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.close()

    async def close(self) -> None:
        """End it and give its port back."""
        await self._process.close()
        self._lease.release()

    async def _answers(self) -> bool:
        try:
            reader, writer = await asyncio.open_connection(LOOPBACK, self.port)
        except OSError:
            return False
        try:
            writer.write(b"PING\r\n")
            return await reader.readline() == b"+PONG\r\n"
        finally:
            writer.close()
