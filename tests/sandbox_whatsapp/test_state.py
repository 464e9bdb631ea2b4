# SPDX-License-Identifier: AGPL-3.0-or-later
"""A network with a state file goes on where it was, even after ``kill -9``."""

import re
import sys
from pathlib import Path
from typing import Any

import pytest
from aiohttp import ClientSession

from sandbox.statefile import StateFileError
from sandbox.whatsapp import WhatsAppSandbox
from sandbox.whatsapp.environment import CERTIFICATES, ROOT
from tests.sandbox_whatsapp.peers import Peer
from tests.support.ports import PortLease
from tests.support.process import ChildProcess

NODIRA, FARHOD = "+992555000101", "+992555000102"


class Running:
    """A sandbox in a process of its own, always at the same ports."""

    def __init__(self, folder: Path) -> None:
        with PortLease() as plain, PortLease() as front, PortLease() as control:
            ports = [str(lease.port) for lease in (plain, front, control)]
        names = ("--port", "--front-port", "--control-port")
        options = [part for pair in zip(names, ports, strict=True) for part in pair]
        command = [sys.executable, "-m", "sandbox.whatsapp", *options, "--state"]
        log = folder / "sandbox.log"
        self.child = ChildProcess([*command, str(folder / "state.db")], log=log, name="sandbox")
        self._control = f"http://127.0.0.1:{ports[2]}"
        self._starts = 0

    async def start(self) -> None:
        """Start it, and wait until it is ready."""
        self._starts += 1
        await self.child.start()
        await self.child.wait_until(
            lambda: len(re.findall("ready:", self.child.output())) == self._starts, "readiness"
        )

    async def ask(self, path: str, **fields: Any) -> dict[str, Any]:
        """Use the control API."""
        method = "POST" if fields else "GET"
        async with (
            ClientSession() as http,
            http.request(method, self._control + path, json=fields or None) as response,
        ):
            answer: dict[str, Any] = await response.json()
            assert response.status == 200, answer
            return answer


async def test_what_waited_for_a_device_survives_kill_9(tmp_path: Path) -> None:
    running = Running(tmp_path)
    await running.start()
    ready = await running.ask("/ready")
    (tmp_path / "authority.pem").write_text(ready["authority"])
    env = {
        CERTIFICATES: str(tmp_path / "authority.pem"),
        ROOT: ready["root_key"],
        "https_proxy": ready["proxy"],
        "NEONIZE_BOT_TAG": "off",
    }
    peer = await Peer.module(
        "sandbox.whatsapp.launch", "tests.sandbox_whatsapp.neonize_peer", str(tmp_path), env=env
    )
    try:
        for phone, who in ((NODIRA, "Nodira"), (FARHOD, "Farhod")):
            await peer.do("connect", who=who)
            qr = (await peer.wait("qr", who=who))["code"]
            await running.ask("/phones/scan", account=phone, qr=qr)
            await peer.wait("Connected", who=who)
            # As a real phone does, unasked, for a device it has linked.
            other = "Nodira" if who == "Farhod" else "Farhod"
            await peer.wait_said("HistorySync", other, who=who)
        await peer.do("disconnect", who="Farhod")
        sent = await peer.do("send", who="Nodira", to=FARHOD, text="before the crash")
        await running.child.kill()
        await running.start()
        await peer.do("reconnect", who="Farhod")
        got = await peer.wait("Message", who="Farhod", id=sent)
        assert got["text"] == "before the crash"
    finally:
        await peer.close()
        await running.child.kill()


async def test_a_state_file_has_one_user(tmp_path: Path) -> None:
    state = tmp_path / "state.db"
    async with WhatsAppSandbox(state):
        with pytest.raises(StateFileError, match="stop the other sandbox"):
            WhatsAppSandbox(state)


async def test_people_groups_and_trust_outlive_the_process(tmp_path: Path) -> None:
    state = tmp_path / "state.db"
    async with WhatsAppSandbox(state) as net:
        lid = net.add_account(NODIRA, "Nodira").lid
        group = net.world.groups.create("Lunch", lid, [])
        code = net.world.groups.new_invite(group)
        trust = (net.root_key, net.authority)
    async with WhatsAppSandbox(state) as net:
        assert (net.root_key, net.authority) == trust
        assert net.accounts.find(NODIRA).lid == lid
        found = net.world.groups.invited(code)
        assert found is not None
        assert (found.subject, [one.role for one in found.members]) == ("Lunch", ["superadmin"])
        assert net.world.groups.create("Dinner", lid, []).id != found.id
