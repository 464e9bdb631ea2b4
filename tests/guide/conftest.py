# SPDX-License-Identifier: AGPL-3.0-or-later
"""One homeserver with an account for the guide, and somebody who talks to it."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from attrs import frozen

from bridges.contacts.store.schema import contact_tables
from bridges.core.clock import SystemClock
from bridges.core.secretbox import SecretBox
from bridges.core.storage.database import Database, open_database
from bridges.guide.config import GuideSettings
from bridges.guide.process import running_guide
from bridges.guide.store.progress import ProgressStore
from karvon.config.layout import Layout
from karvon.config.load import load_config
from karvon.config.secretstore import SecretStore
from karvon.stack.guide import guide_settings
from tests.guide.person import EncryptedPerson, encrypted_person
from tests.migration.run.town import PASSWORD, Town, town
from tests.support.synapse import SynapseFactory
from tests.support.waiting import eventually

GUIDE_PASSWORD = "the guide's password"
_START = 60.0
"""Seconds until a process listens, on a machine that is busy with other tests."""


@frozen
class Village:
    """All of it."""

    town: Town
    settings: GuideSettings

    @property
    def guide(self) -> str:
        """Who the guide is."""
        return self.settings.mxid

    @asynccontextmanager
    async def guided(self) -> AsyncIterator[asyncio.Task[None]]:
        """Have the guide run for the time of the block."""
        async with running_guide(self.settings, SystemClock()) as work:
            yield work

    @asynccontextmanager
    async def process(self) -> AsyncIterator[asyncio.subprocess.Process]:
        """Have the guide run as a process that listens; it is killed at the end of the block."""
        socket = self.settings.socket
        await asyncio.to_thread(socket.unlink, missing_ok=True)
        process = await self.town.start("guide")
        try:
            await eventually(socket.exists, timeout=_START)
            yield process
        finally:
            if process.returncode is None:
                process.kill()
            _, told = await process.communicate()
            log = told.decode()
            assert "[error" not in log, log
            assert "Traceback" not in log, log
            for private in ("export.zip", "Gilos", "message "):
                assert private not in log

    @asynccontextmanager
    async def database(self) -> AsyncIterator[Database]:
        """Have the guide's database."""
        database = await open_database(self.settings.database.url, None, contact_tables)
        try:
            yield database
        finally:
            await database.close()

    def progress(self, database: Database) -> ProgressStore:
        """Give how far the guide has listened."""
        return ProgressStore(database, SecretBox(self.settings.encryption_key))

    @asynccontextmanager
    async def person(
        self, name: str = "madina", device: str = "phone"
    ) -> AsyncIterator[EncryptedPerson]:
        """Have somebody on a device of theirs."""
        server = self.town.server
        folder = self.town.folder / "devices"
        async with encrypted_person(
            server.url, server.mxid(name), PASSWORD, folder, f"{name}-{device}"
        ) as person:
            yield person


@pytest.fixture(scope="session")
async def village(
    synapse_factory: SynapseFactory, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Village]:
    """A homeserver with madina and the guide's account on it."""
    folder: Path = tmp_path_factory.mktemp("village")
    guide = {"guide": {"enabled": True, "password": GUIDE_PASSWORD}}
    async with town(synapse_factory, folder, further=guide) as place:
        await place.server.register_user("karvon", GUIDE_PASSWORD)
        await place.server.register_user("behruz", PASSWORD)
        config = load_config(folder / "karvon.yaml", {}, cwd=folder)
        settings = guide_settings(config, SecretStore(Layout.of(config).secrets))
        settings.folder.mkdir()
        (folder / "devices").mkdir()
        yield Village(place, settings)
