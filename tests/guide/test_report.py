# SPDX-License-Identifier: AGPL-3.0-or-later
"""``report`` in an encrypted chat: the contacts of a login as an answer and two files; the figures."""

import asyncio
import json
from collections.abc import Sequence
from pathlib import Path

import aiohttp
import pytest
from attrs import evolve
from mautrix.types import UserID

from bridges.contacts.live.client import BridgeClient
from bridges.contacts.live.model import BridgeAddress, LiveContact
from bridges.core.config import ListenConfig
from bridges.core.ids import LoginID
from tests.core.provisioning.served import SECRET, served
from tests.guide.conftest import Village
from tests.support.ports import LOOPBACK, PortLease
from tests.support.waiting import eventually

pytestmark = pytest.mark.synapse


async def test_a_report_comes_as_an_answer_and_as_files(village: Village, tmp_path: Path) -> None:
    lease = PortLease()
    async with served(tmp_path, "telegram") as bridge, aiohttp.ClientSession() as http:
        fake = bridge.network
        madina, nodira = fake.person("Madina"), fake.person("Nodira")
        madina.saves(nodira, "<b>Nodira</b>")
        record = await bridge.log_in(madina, UserID(village.town.server.mxid("madina")))
        settings = evolve(
            village.settings,
            bridges=(BridgeAddress("telegram", "Telegram", bridge.url, SECRET),),
            metrics=ListenConfig(host=LOOPBACK, port=lease.port),
        )
        place = evolve(village, settings=settings)
        async with place.guided(), place.person(device="report") as person:
            room = await person.chat_with(village.guide)
            await person.hears(lambda text: text.startswith("Hello!"))
            figures = f"http://{LOOPBACK}:{lease.port}/metrics"

            async def counted(number: int) -> bool:
                async with http.get(figures) as response:
                    told = await response.text()
                return f'karvon_contacts{{state="bridged"}} {number}.0' in told

            await eventually(lambda: counted(1))
            await person.say(room, "report")
            answer = await person.hears(lambda text: "1 contacts" in text)
            assert "Through a bridge: 1" in answer
            page = await person.pick_up("karvon-contacts.html")
            assert b"&lt;b&gt;Nodira&lt;/b&gt;" in page
            data = json.loads(await person.pick_up("karvon-contacts.json"))
            assert data["totals"]["bridged"] == {"people": 1, "cards": 1}
            await bridge.sessions.remove(record.id)
            await eventually(lambda: counted(0))
    lease.release()


async def test_a_bridge_that_hangs_keeps_nobody_from_talking(
    village: Village, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And a report that was asked for comes, also if the guide was stopped meanwhile."""
    answering, contacts = asyncio.Event(), BridgeClient.contacts
    asked = 0

    async def hanging(self: BridgeClient, user: UserID, login: LoginID) -> Sequence[LiveContact]:
        nonlocal asked
        asked += 1
        await answering.wait()
        return await contacts(self, user, login)

    async with served(tmp_path, "telegram") as bridge, village.person(device="hanging") as person:
        madina = bridge.network.person("Madina")
        madina.saves(bridge.network.person("Nodira"), "Nodira")
        await bridge.log_in(madina, UserID(village.town.server.mxid("madina")))
        address = BridgeAddress("telegram", "Telegram", bridge.url, SECRET)
        place = evolve(village, settings=evolve(village.settings, bridges=(address,)))
        monkeypatch.setattr(BridgeClient, "contacts", hanging)
        async with place.guided():
            room = await person.chat_with(village.guide)
            await eventually(lambda: asked)  # It follows the login.
            await person.say(room, "report")
            await person.hears(lambda text: text.startswith("I ask your networks"))
            await person.say(room, "help lang")
            await person.hears(lambda text: text.startswith("- `lang"))
        answering.set()
        async with place.guided():
            await person.hears(lambda text: "1 contacts" in text)
            assert b"Nodira" in await person.pick_up("karvon-contacts.html")
        assert len([one for one in person.read if one.startswith("I ask your networks")]) == 1
