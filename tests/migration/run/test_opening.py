# SPDX-License-Identifier: AGPL-3.0-or-later
"""Whose numbers are, asked of a bridge over a real socket."""

from pathlib import Path

import pytest
from attrs import evolve
from mautrix.types import UserID

from bridges.contacts.live.model import BridgeAddress
from bridges.core.ids import ChatID, ChatKey
from bridges.migration.archives.model import Source
from bridges.migration.plan.behind import BridgedChat, Edge
from bridges.migration.plan.errors import PlanRefused
from bridges.migration.run.opening import edges_of, users_with
from bridges.migration.run.settings import MigrationSettings
from tests.core.provisioning.served import ALI, SECRET, served

NOWHERE = MigrationSettings("http://127.0.0.1:1", "home.test", "t", "_archive", None, {}, {}, None)


async def test_a_bridge_tells_whose_numbers_are_and_a_silent_one_nobodys(tmp_path: Path) -> None:
    async with served(tmp_path, "whatsapp") as bridge:
        ali, nodira = bridge.network.person("Ali"), bridge.network.person("Nodira")
        ali.saves(nodira, "Nodira")
        await bridge.log_in(ali)
        address = BridgeAddress("whatsapp", "WhatsApp", bridge.url, SECRET)
        settings = evolve(NOWHERE, addresses={Source.WHATSAPP: address})
        numbers = {nodira.account.phone, "+998901112233"}

        async def asked(owner: UserID, settings: MigrationSettings = settings) -> object:
            return await users_with(numbers, Source.WHATSAPP, owner, settings)

        assert await asked(ALI) == {nodira.account.phone: nodira.account.user}
        assert await asked(UserID("@bob:home.test")) == {}
        assert await asked(ALI, NOWHERE) == {}
    assert await asked(ALI) == {}


async def test_a_bridge_tells_where_its_part_of_a_chat_begins(tmp_path: Path) -> None:
    async with served(tmp_path, "telegram") as bridge:
        record = await bridge.log_in(bridge.network.person("Ali"))
        key = ChatKey(ChatID("user:7"), record.id)
        await bridge.give_room(record, key, "!n:home.test")
        await bridge.link(key, "10", "9")
        address = BridgeAddress("telegram", "Telegram", bridge.url, SECRET)
        settings = evolve(NOWHERE, addresses={Source.TELEGRAM: address}, person_token="t")
        mine, anothers = BridgedChat("user:7", record.user), BridgedChat("user:7", "1")

        async def asked(settings: MigrationSettings = settings) -> object:
            return await edges_of({mine, anothers}, Source.TELEGRAM, ALI, settings)

        assert await asked() == {mine: Edge("!n:home.test", "9", mine)}
        # Nobody can speak for the owner there.
        assert await asked(evolve(settings, person_token=None)) == {}
        await bridge.wait_for_history(key, record.id)
        with pytest.raises(PlanRefused):
            await edges_of({mine}, Source.TELEGRAM, ALI, settings, patience=0)
    assert await asked() == {}
