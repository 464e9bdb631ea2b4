# SPDX-License-Identifier: AGPL-3.0-or-later
"""neonize and Baileys (JavaScript, Node) understand each other on the network.

Baileys is taken from npm, once, into the build folder. Where npm is missing or cannot fetch it the
tests are skipped, or fail where CI is set.
"""

import asyncio
import os
import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from sandbox.whatsapp import WhatsAppSandbox
from tests.sandbox_whatsapp.conftest import ALISA, BORIS, link
from tests.sandbox_whatsapp.peers import Peer
from tests.support.waiting import eventually

_BAILEYS = "baileys@7.0.0-rc14"
_REPOSITORY = Path(__file__).parents[2]
_INSTALL_SECONDS = 60


class MissingError(Exception):
    """Baileys cannot be had here; the text says why."""


@pytest.fixture(scope="module")
async def installed() -> Path:
    """The folder Baileys is installed in."""
    folder = _REPOSITORY / "build" / _BAILEYS
    try:
        if not (folder / "complete").exists():
            await _install(folder)
    except MissingError as error:
        if os.environ.get("CI"):
            raise
        pytest.skip(str(error))
    return folder


def _prepare(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "package.json").write_text("{}")


async def _install(folder: Path) -> None:
    npm = shutil.which("npm")
    if npm is None:
        raise MissingError("npm is not installed")
    _prepare(folder)
    options = ("--ignore-scripts", "--no-audit", "--no-fund")
    process = await asyncio.create_subprocess_exec(
        *(npm, "install", *options, _BAILEYS),
        cwd=folder,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    try:
        async with asyncio.timeout(_INSTALL_SECONDS):
            said, _ = await process.communicate()
    except TimeoutError as error:
        process.kill()
        await process.wait()
        raise MissingError(f"npm did not fetch {_BAILEYS} in time") from error
    if process.returncode:
        raise MissingError(f"npm cannot fetch {_BAILEYS}: {said.decode()[-300:]}")
    (folder / "complete").touch()


@pytest.fixture(scope="module")
async def alisa(net: WhatsAppSandbox, neonize: Peer, installed: Path) -> Peer:
    """Alisa uses neonize."""
    await link(net, neonize, ALISA)
    return neonize


@pytest.fixture(scope="module")
async def boris(
    net: WhatsAppSandbox, installed: Path, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Peer]:
    """Boris uses Baileys."""
    program = Path(__file__).with_name("baileys_peer.mjs")
    state = tmp_path_factory.mktemp("baileys")
    arguments = (str(program), str(installed), str(state), net.url, net.root_key.hex())
    peer = await Peer.start("node", *arguments, env={})
    try:
        await peer.do("connect")
        net.phone(BORIS).scan((await peer.wait("qr"))["code"])
        account = net.accounts.find(BORIS)
        await eventually(
            lambda: any(net.accounts.key_count(one) for one in net.accounts.devices(account)),
            describe="Baileys has left its keys",
        )
        yield peer
    finally:
        await peer.close()


async def test_text_both_ways_with_receipts(net: WhatsAppSandbox, alisa: Peer, boris: Peer) -> None:
    sent = await alisa.do("send", who="Alisa", to=BORIS, text="салом")
    await boris.wait("message", id=sent, text="салом", name="Alisa")
    await alisa.wait_said("Receipt", sent, who="Alisa")
    answer = await boris.do("send", to=str(net.accounts.find(ALISA).jid()), text="hello")
    await alisa.wait("Message", who="Alisa", id=answer, text="hello")
    await alisa.do("read", who="Alisa", id=answer)
    await boris.wait("status", id=answer, status=4)


async def test_groups_both_ways(alisa: Peer, boris: Peer) -> None:
    group = await alisa.do("create_group", who="Alisa", subject="Lunch", members=[BORIS])
    await boris.wait("group", id=group, subject="Lunch")
    sent = await alisa.do("send", who="Alisa", to=group, text="plov?")
    await boris.wait("message", id=sent, chat=group, text="plov?")
    answer = await boris.do("send", to=group, text="yes")
    await alisa.wait("Message", who="Alisa", id=answer, chat=group, text="yes")


async def test_a_pinned_chat_is_pinned_on_the_other_device(
    net: WhatsAppSandbox, alisa: Peer, boris: Peer
) -> None:
    account, chat = net.accounts.find(BORIS), str(net.accounts.find(ALISA).jid())
    await link(net, alisa, BORIS)
    devices = net.accounts.devices(account)
    for device in devices:
        await net.phone(BORIS).share_app_state_key(device)
    await boris.wait("app-state-key")
    await eventually(
        lambda: not any(map(net.operator.waiting, devices)), describe="the key's receipts"
    )
    await boris.do("pin", chat=chat)

    async def pinned() -> bool:
        return bool(await alisa.do("pinned", who="Boris", chat=chat))

    await eventually(pinned, describe="the pin on the other device")
    assert net.world.app_state.version(account, "regular_low") == 1
