# SPDX-License-Identifier: AGPL-3.0-or-later
"""``report`` in an encrypted chat: the contacts of a login as an answer and two files; the figures."""

import json
from pathlib import Path

import aiohttp
import pytest
from attrs import evolve
from mautrix.types import UserID

from bridges.contacts.live.model import BridgeAddress
from bridges.core.config import ListenConfig
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
