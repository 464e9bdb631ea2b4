# SPDX-License-Identifier: AGPL-3.0-or-later
"""Two libraries with nothing in common, neonize and pyaileys, understand each other here."""

import base64
import os
from collections.abc import AsyncIterator

import pytest

from sandbox.whatsapp import WhatsAppSandbox
from tests.sandbox_whatsapp.conftest import ALISA, BORIS, link
from tests.sandbox_whatsapp.peers import Peer
from tests.support.waiting import eventually


@pytest.fixture(scope="module")
async def alisa(net: WhatsAppSandbox, neonize: Peer) -> Peer:
    """Alisa uses neonize."""
    await link(net, neonize, ALISA)
    return neonize


@pytest.fixture(scope="module")
async def boris(
    net: WhatsAppSandbox, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Peer]:
    """Boris uses pyaileys."""
    folder = tmp_path_factory.mktemp("pyaileys")
    env = net.client_environment(folder / "authority.pem")
    peer = await Peer.module(
        "tests.sandbox_whatsapp.pyaileys_peer", str(folder / "auth"), net.url, env=env
    )
    try:
        await peer.do("connect")
        net.phone(BORIS).scan((await peer.wait("qr"))["code"])
        account = net.accounts.find(BORIS)
        await eventually(
            lambda: any(net.accounts.key_count(one) for one in net.accounts.devices(account)),
            describe="pyaileys has left its keys",
        )
        yield peer
    finally:
        await peer.close()


async def test_text_both_ways_with_receipts(net: WhatsAppSandbox, alisa: Peer, boris: Peer) -> None:
    # pyaileys keeps a conversation per address, neonize one per person: both use the LID here.
    sent = await alisa.do("send", who="Alisa", to=BORIS, text="салом")
    await boris.wait("message", id=sent, text="салом")
    await alisa.wait_said("Receipt", sent, who="Alisa")
    answer = await boris.do("send", to=str(net.accounts.find(ALISA).jid()), text="hello")
    await alisa.wait("Message", who="Alisa", id=answer, text="hello", name="Boris")
    await boris.wait("receipt", id=answer)
    await alisa.do("read", who="Alisa", id=answer)
    await boris.wait("receipt", id=answer, type="read")


async def test_files_both_ways(net: WhatsAppSandbox, alisa: Peer, boris: Peer) -> None:
    data = base64.b64encode(os.urandom(20_000)).decode()
    sent = await alisa.do("send_file", who="Alisa", to=BORIS, data=data, name="one.bin")
    await boris.wait("message", id=sent, file="one.bin")
    assert await boris.do("download", id=sent) == data
    sent = await boris.do(
        "send_file", to=str(net.accounts.find(ALISA).jid()), data=data, name="two.bin"
    )
    await alisa.wait("Message", who="Alisa", id=sent, file="two.bin")
    assert await alisa.do("download", who="Alisa", id=sent) == data


async def test_typing_is_seen(net: WhatsAppSandbox, alisa: Peer, boris: Peer) -> None:
    await boris.do("type", to=str(net.accounts.find(ALISA).jid()))
    await alisa.wait("ChatPresence", who="Alisa")


async def test_who_is_there_is_told_to_who_asked(
    net: WhatsAppSandbox, alisa: Peer, boris: Peer
) -> None:
    await boris.do("available", there=False)
    await alisa.do("watch", who="Alisa", whom=str(net.accounts.find(BORIS).jid()))
    await alisa.wait_said("Presence", "Unavailable: true", who="Alisa")
    await boris.do("available", there=True)
    await alisa.wait_said("Presence", "Unavailable: false", who="Alisa")


async def test_groups_both_ways(alisa: Peer, boris: Peer) -> None:
    group = await alisa.do("create_group", who="Alisa", subject="Lunch", members=[BORIS])
    # pyaileys reads both parts of a group's first message at once, the second without the first.
    first = await alisa.do("send", who="Alisa", to=group, text="anybody?")
    await boris.wait("message", id=first)
    sent = await alisa.do("send", who="Alisa", to=group, text="plov?")
    await boris.wait("message", id=sent, text="plov?")
    answer = await boris.do("send", to=group, text="yes")
    await alisa.wait("Message", who="Alisa", id=answer, chat=group, text="yes")
