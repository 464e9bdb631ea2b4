# SPDX-License-Identifier: AGPL-3.0-or-later
"""The sandbox network as one object, for tests and for the command line."""

import asyncio
import os
from collections.abc import Callable, Mapping
from pathlib import Path
from types import TracebackType
from typing import Self

from telethon import TelegramClient

from sandbox.telegram.accounts import Accounts
from sandbox.telegram.bulk import Bulk
from sandbox.telegram.clock import Clock
from sandbox.telegram.faults import Faults
from sandbox.telegram.handshake import ServerKey
from sandbox.telegram.library import Library
from sandbox.telegram.limits import DC_ID, LOGIN_CODE, Limits
from sandbox.telegram.operator import Operator
from sandbox.telegram.persistence import open_store
from sandbox.telegram.person import Person
from sandbox.telegram.places import Places
from sandbox.telegram.records import Account, Room
from sandbox.telegram.request_log import RequestLog
from sandbox.telegram.server import Server
from sandbox.telegram.world import World


class TelegramSandbox:
    """A Telegram network on loopback.

    >>> async with TelegramSandbox() as net:  # doctest: +SKIP
    ...     await net.add_account("+99955500101", "Alice", username="alice")
    ...     alice = await net.person("alice")

    `state` names the file that keeps the network over restarts; without it, nothing is kept.
    A client reaches it at `host`, `port` as data centre `dc` with the key `public_key_pem`.
    `more_dcs` maps further data centres to their ports (0: a free one).
    """

    def __init__(
        self,
        state: Path | str | None = None,
        *,
        host: str = "127.0.0.1",
        port: int = 0,
        more_dcs: Mapping[int, int] | None = None,
        limits: Limits | None = None,
        random_bytes: Callable[[int], bytes] = os.urandom,
    ) -> None:
        self.dc = DC_ID
        self.login_code = LOGIN_CODE
        self.clock = Clock()
        self._store = open_store(Path(state) if state is not None else None)
        ports = {DC_ID: port, **(more_dcs or {})}
        self.world = World(self._store, self.clock, random_bytes, limits or Limits(), ports)
        self.faults = Faults(self.clock)
        self.log = RequestLog(self.clock)
        key = ServerKey.load()
        self.public_key_pem = key.public_pem
        self.server = Server(self.world, self.faults, self.log, key)
        self.operator = Operator(self.world, self.server)
        self.places = Places(self.world)
        self.bulk = Bulk(self.world, self.operator)
        self.library = Library(self.world)
        self._wanted = (host, ports)
        # Telethon keeps the addresses of data centres per class, and every network has its own.
        self._client_type = type("PersonClient", (TelegramClient,), {})
        self._persons: dict[int, Person] = {}
        self._person_lock = asyncio.Lock()

    @property
    def host(self) -> str:
        """The address clients connect to."""
        return self.server.addresses()[self.dc][0]

    @property
    def port(self) -> int:
        """The port clients connect to."""
        return self.server.addresses()[self.dc][1]

    @property
    def accounts(self) -> Accounts:
        """The people of the network."""
        return self.world.accounts

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.stop()

    async def start(self) -> None:
        """Listen. Raises `OSError` if the address is taken."""
        await self.server.start(*self._wanted)

    async def stop(self) -> None:
        """Let all persons go, cut all connections, close the state file."""
        for person in list(self._persons.values()):
            await person.close()
        self._persons.clear()
        await self.server.stop()
        self._store.close()

    # -- people and rooms

    async def add_account(
        self,
        phone: str,
        first_name: str,
        last_name: str = "",
        *,
        username: str | None = None,
        password: str | None = None,
        hint: str = "",
    ) -> Account:
        """Create an account, or return the one that has the phone already."""
        return self.operator.add_account(
            phone, first_name, last_name, username=username, password=password, hint=hint
        )

    async def add_room(
        self,
        kind: str,
        title: str,
        creator: str | int,
        members: tuple[str | int, ...] = (),
        *,
        username: str | None = None,
        about: str = "",
    ) -> Room:
        """Create a ``group``, ``supergroup`` or ``channel``."""
        return self.operator.add_room(kind, title, creator, members, username=username, about=about)

    async def person(self, name: str | int) -> Person:
        """Return somebody who uses the network through a plain Telethon client.

        `name` is an id, phone, username or first name. The same person is returned every time.
        """
        account = self.world.accounts.find(name)
        async with self._person_lock:
            known = self._persons.get(account.id)
            if known is None:
                self.operator.forget_persons(account)
                address = self.server.addresses()[account.dc]
                known = Person(account, address, self.public_key_pem, self._client_type)
                self._persons[account.id] = known
                try:
                    await known.start()
                except BaseException:
                    del self._persons[account.id]
                    await known.close()
                    raise
            return known
