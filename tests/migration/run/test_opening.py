# SPDX-License-Identifier: AGPL-3.0-or-later
"""Whose numbers are, asked of a bridge over a real socket."""

from pathlib import Path

from attrs import evolve
from mautrix.types import UserID

from bridges.contacts.live.model import BridgeAddress
from bridges.migration.archives.model import Source
from bridges.migration.run.opening import users_with
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
