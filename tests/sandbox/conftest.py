# SPDX-License-Identifier: AGPL-3.0-or-later
"""A network per test and plain Telethon clients that talk to it."""

from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import pytest
from telethon import TelegramClient
from telethon.crypto import rsa as client_keys
from telethon.sessions import MemorySession

from sandbox.telegram import Person, TelegramSandbox

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


def new_client(
    network: TelegramSandbox, session: Any = None, dc: int | None = None, **options: Any
) -> Any:
    """Return a client as an application would construct it, at the first data centre or another."""
    client_keys.add_key(network.public_key_pem, old=False)
    if session is None:
        session = MemorySession()
        place = dc or network.dc
        session.set_dc(place, *network.server.addresses()[place])
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
