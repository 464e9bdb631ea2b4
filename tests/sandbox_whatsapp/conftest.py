# SPDX-License-Identifier: AGPL-3.0-or-later
"""One network with linked clients for the tests of a module: linking takes seconds."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from sandbox.whatsapp import WhatsAppSandbox
from tests.sandbox_whatsapp.peers import Peer

ALISA, BORIS, VERA = "+992555000101", "+992555000102", "+992555000103"


@pytest.fixture(scope="module")
async def net() -> AsyncIterator[WhatsAppSandbox]:
    """A network with three people."""
    async with WhatsAppSandbox() as network:
        for phone, name in ((ALISA, "Alisa"), (BORIS, "Boris"), (VERA, "Vera")):
            network.add_account(phone, name)
        yield network


@pytest.fixture(scope="module")
async def neonize(
    net: WhatsAppSandbox, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Peer]:
    """A process with neonize; no account is linked yet."""
    folder = tmp_path_factory.mktemp("neonize")
    peer = await start_neonize(net, folder)
    try:
        yield peer
    finally:
        await peer.close()


async def start_neonize(net: WhatsAppSandbox, folder: Path) -> Peer:
    """Start neonize with its files in a folder."""
    env = net.client_environment(folder / "authority.pem") | {"NEONIZE_BOT_TAG": "off"}
    return await Peer.module(
        "sandbox.whatsapp.launch", "tests.sandbox_whatsapp.neonize_peer", str(folder), env=env
    )


async def link(net: WhatsAppSandbox, neonize: Peer, phone: str) -> None:
    """Link a device of neonize by QR code; it is called by the account's name."""
    who = net.accounts.find(phone).name
    await neonize.do("connect", who=who)
    net.phone(phone).scan((await neonize.wait("qr", who=who))["code"])
    await neonize.wait("Connected", who=who)
