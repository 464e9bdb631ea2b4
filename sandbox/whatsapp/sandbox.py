# SPDX-License-Identifier: AGPL-3.0-or-later
"""The sandbox network as one object, for tests and for the command line."""

import os
import time
from pathlib import Path
from types import TracebackType
from typing import Self

from sandbox.statefile import StateFile
from sandbox.whatsapp.accounts import Accounts
from sandbox.whatsapp.environment import CERTIFICATES, ROOT
from sandbox.whatsapp.faults import Faults
from sandbox.whatsapp.front import Front
from sandbox.whatsapp.history import OldChat
from sandbox.whatsapp.keys import RandomBytes
from sandbox.whatsapp.linking import Linking
from sandbox.whatsapp.operator import Operator
from sandbox.whatsapp.person import Person
from sandbox.whatsapp.phone import Phone
from sandbox.whatsapp.records import Account
from sandbox.whatsapp.server import Server
from sandbox.whatsapp.switchboard import Switchboard
from sandbox.whatsapp.world import World


class WhatsAppSandbox:
    """A WhatsApp network on loopback.

    >>> async with WhatsAppSandbox() as net:  # doctest: +SKIP
    ...     net.add_account("+992555000101", "Nodira")
    ...     net.phone("+992555000101").scan(qr_code)

    `state` names the file that keeps the network over restarts; without it, nothing is kept.
    Clients whose addresses are built in use the proxy at `front_port`; others `url`.
    """

    def __init__(
        self,
        state: Path | str | None = None,
        *,
        host: str = "127.0.0.1",
        port: int = 0,
        front_port: int = 0,
        random_bytes: RandomBytes = os.urandom,
    ) -> None:
        self.host = host
        self.port = port
        self.front_port = front_port
        self.faults = Faults()
        self._store = StateFile(Path(state) if state is not None else None)
        self.world = World(self._store, lambda: int(time.time()), random_bytes)
        self.switchboard = Switchboard(self.world)
        self.operator = Operator(self.world, self.switchboard)
        self._linking = Linking(random_bytes)
        self._server = Server(self.world, self.switchboard, self._linking, self.faults)
        self._phones: dict[str, Phone] = {}
        self._people: dict[str, Person] = {}
        self._random = random_bytes
        self._front: Front | None = None

    @property
    def accounts(self) -> Accounts:
        """The people of the network."""
        return self.world.accounts

    @property
    def url(self) -> str:
        """Where clients find the protocol without TLS."""
        return f"ws://{self.host}:{self.port}/ws/chat"

    @property
    def proxy(self) -> str:
        """The proxy through which the service's own names lead here."""
        return f"http://{self.host}:{self.front_port}"

    @property
    def root_key(self) -> bytes:
        """The public key clients must trust instead of the service's."""
        return self.world.identity.root.public

    @property
    def authority(self) -> str:
        """The certificate (PEM) of the authority behind the proxy's TLS."""
        return self.world.tls.authority

    def client_environment(self, authority_file: Path) -> dict[str, str]:
        """Write the authority's certificate and return what a client's process needs to know."""
        authority_file.write_text(self.authority)
        return {
            CERTIFICATES: str(authority_file),
            ROOT: self.root_key.hex(),
            "https_proxy": self.proxy,
            "no_proxy": self.host,
        }

    def add_account(self, phone: str, name: str) -> Account:
        """Create an account, or return the one that has the number already."""
        account = self.accounts.add(phone, name)
        self._store.commit()
        return account

    def phone(self, name: str) -> Phone:
        """Return somebody's phone. `name` is a number, LID or name."""
        account = self.accounts.find(name)
        if account.phone not in self._phones:
            phone = Phone(self.world, self.switchboard, self._linking, account)
            self._phones[account.phone] = phone
        return self._phones[account.phone]

    async def person(self, name: str) -> Person:
        """Return somebody with a device of their own, linked when this is first asked for.

        `name` is a number, LID or name.
        """
        account = self.accounts.find(name)
        if account.phone not in self._people:
            media = f"http://{self.host}:{self.port}"
            phone = self.phone(account.phone)
            person = Person(
                account,
                self.accounts,
                self.url,
                media,
                phone.scan,
                phone.share_app_state_key,
                self._random,
            )
            await person.start()
            self._people[account.phone] = person
        return self._people[account.phone]

    async def past(self, account: Account) -> list[OldChat]:
        """Return the chats somebody sees at their device; none if they have used no `person`."""
        person = self._people.get(account.phone)
        return [] if person is None else await person.past()

    async def start(self) -> None:
        """Listen."""
        self.port = await self._server.start(self.host, self.port)
        self._front = Front(self.world.tls.context(), self.host, self.port)
        self.front_port = await self._front.start(self.front_port)

    async def stop(self) -> None:
        """End every connection and let go of the state file."""
        for person in self._people.values():
            await person.close()
        self._people.clear()
        await self._server.stop()
        if self._front is not None:
            await self._front.stop()
        self._store.close()

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
