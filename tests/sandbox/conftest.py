# SPDX-License-Identifier: AGPL-3.0-or-later
"""A network per test and plain Telethon clients that talk to it."""

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from typing import Any

import pytest
from attrs import frozen
from telethon import TelegramClient, events
from telethon.crypto import rsa as client_keys
from telethon.errors import RPCError
from telethon.errors.rpcerrorlist import rpc_errors_dict
from telethon.sessions import MemorySession

from sandbox.telegram import Person, TelegramSandbox
from tests.support.waiting import eventually

Connect = Callable[..., Awaitable[Any]]


@pytest.fixture
async def net() -> AsyncIterator[TelegramSandbox]:
    """A network with four people: Alisa, Boris, Vera and Grisha."""
    async with TelegramSandbox() as network:
        await populate(network)
        yield network


async def populate(network: TelegramSandbox) -> None:
    """Create the four people every test knows."""
    await network.add_account("+99955500201", "Alisa", "Made-Up", username="alisa_test")
    await network.add_account("+99955500202", "Boris", "Made-Up", username="boris_test")
    await network.add_account("+99955500203", "Vera", "Made-Up", username="vera_test")
    await network.add_account("+99955500204", "Grisha", "Made-Up", username="grisha_test")


@pytest.fixture
async def alisa(net: TelegramSandbox) -> Person:
    """Alisa at her client."""
    return await net.person("alisa_test")


@pytest.fixture
async def boris(net: TelegramSandbox) -> Person:
    """Boris at his client."""
    return await net.person("boris_test")


@pytest.fixture
async def vera(net: TelegramSandbox) -> Person:
    """Vera at her client."""
    return await net.person("vera_test")


@pytest.fixture
async def connect() -> AsyncIterator[Connect]:
    """Make connected clients that nobody is logged in with; they are closed at the end."""
    clients: list[Any] = []

    async def make(network: TelegramSandbox, session: Any = None, **options: Any) -> Any:
        client = new_client(network, session, **options)
        clients.append(client)
        await client.connect()
        return client

    yield make
    for client in clients:
        await client.disconnect()


@frozen
class Shared:
    """A network all tests of a module use, and three people at their clients."""

    net: TelegramSandbox
    alisa: Person
    boris: Person
    vera: Person


@pytest.fixture(scope="module")
async def shared() -> AsyncIterator[Shared]:
    """One network for a whole module: tests tell their messages apart by their texts."""
    async with TelegramSandbox() as network:
        await populate(network)
        people = [await network.person(f"{name}_test") for name in ("alisa", "boris", "vera")]
        yield Shared(network, *people)


class Watched:
    """The raw updates of one type that a client received."""

    def __init__(self, person: Person, kind: type) -> None:
        self.updates: list[Any] = []
        self._client = person.client
        self._event = events.Raw(kind)
        self._client.add_event_handler(self._note, self._event)

    async def _note(self, update: Any) -> None:
        self.updates.append(update)

    async def first(self, wanted: Callable[[Any], bool] = lambda _: True) -> Any:
        """Return the first update that fits, now or soon."""
        return await eventually(
            lambda: next((one for one in self.updates if wanted(one)), None),
            describe=lambda: f"an update; seen: {[one.to_dict() for one in self.updates]}",
        )

    def stop(self) -> None:
        """Look no longer."""
        self._client.remove_event_handler(self._note)


Watch = Callable[[Person, type], Watched]


@pytest.fixture
def watch() -> Iterator[Watch]:
    """Watch a client for updates of a type until the end of the test."""
    watched: list[Watched] = []

    def start(person: Person, kind: type) -> Watched:
        watched.append(Watched(person, kind))
        return watched[-1]

    yield start
    for one in watched:
        one.stop()


def refused(name: str) -> Any:
    """Expect the service to refuse with this error, by its name in the API."""
    known = rpc_errors_dict.get(name)
    return pytest.raises(known) if known else pytest.raises(RPCError, match=name)


def new_client(
    network: TelegramSandbox,
    session: Any = None,
    dc: int | None = None,
    address: tuple[str, int] | None = None,
    **options: Any,
) -> Any:
    """Return a client as an application would construct it.

    It goes to the first data centre or to `dc`, at another address if one is given.
    """
    client_keys.add_key(network.public_key_pem, old=False)
    if session is None:
        session = MemorySession()
        place = dc or network.dc
        session.set_dc(place, *(address or network.server.addresses()[place]))
    settings: dict[str, Any] = {
        "flood_sleep_threshold": 0,
        "retry_delay": 0.05,
        "request_retries": 1,
        "connection_retries": 3,
        "raise_last_call_error": True,
        "device_model": "Test client",
    }
    return TelegramClient(session, 12345, "hash", **(settings | options))


async def log_in(client: Any, phone: str, code: str = "22222") -> Any:
    """Log in with a code and return the user."""
    sent = await client.send_code_request(phone)
    return await client.sign_in(phone, code, phone_code_hash=sent.phone_code_hash)


def png(width: int, height: int, *, filler: int = 0) -> bytes:
    """Return bytes with the header of a PNG of this size."""
    header = b"\x89PNG\r\n\x1a\n" + (13).to_bytes(4, "big") + b"IHDR"
    return (
        header
        + width.to_bytes(4, "big")
        + height.to_bytes(4, "big")
        + b"\x08\x02"
        + b"\0" * (filler + 8)
    )
