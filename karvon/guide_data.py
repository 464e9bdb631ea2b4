# SPDX-License-Identifier: AGPL-3.0-or-later
"""What the guide keeps of somebody, from outside of its process. Needs what the guide needs."""

import asyncio
import shutil
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from uuid import uuid4

from attrs import frozen
from mautrix.types import UserID

from bridges.contacts.directory.store import DirectoryStore
from bridges.contacts.store.books import ContactStore
from bridges.contacts.store.schema import contact_tables
from bridges.core.secretbox import SecretBox
from bridges.core.storage.database import open_database
from bridges.guide.archives.deposit import Place
from bridges.guide.leaving.exports import Folders
from bridges.guide.leaving.kept import kept_subjects
from bridges.guide.leaving.wish import Kind
from bridges.guide.store.archives import DepositStore
from bridges.guide.store.errands import ErrandStore
from bridges.guide.store.people import GuidedPeople
from bridges.guide.store.schema import guide_tables
from bridges.guide.store.wishes import WishStore
from bridges.migration.leaving.deletion.subjects import Subject
from karvon.config.layout import Layout
from karvon.config.model import KarvonConfig
from karvon.config.secretstore import SecretStore
from karvon.config.settings import database_of, encryption_keys


@frozen
class GuideData:
    """Its database and folder."""

    contacts: ContactStore
    directory: DirectoryStore
    deposits: DepositStore
    people: GuidedPeople
    wishes: WishStore
    errands: ErrandStore
    folder: Path

    def subjects(self, owner: UserID) -> Mapping[str, Subject]:
        """Give what can be deleted of a person, by the name of its kind."""

        async def forget_archives() -> None:
            for deposit in await self.deposits.of(owner):
                folder = Place.of(self.folder / "archives", deposit).folder
                await asyncio.to_thread(shutil.rmtree, folder, ignore_errors=True)
                await self.deposits.remove(deposit.id)
            for folders in (Folders.for_exports(self.folder), Folders.for_farewells(self.folder)):
                await folders.delete(owner)
            for kind in Kind:
                await self.wishes.remove(owner, kind)
            await self.errands.forget(owner)
            await self.people.forget(owner)

        return kept_subjects(owner, self.contacts, self.directory, self.deposits, forget_archives)


@asynccontextmanager
async def opened(config: KarvonConfig, secrets: SecretStore) -> AsyncIterator[GuideData]:
    """Have it, with its database open."""
    place = database_of(config, "guide")
    key, previous = encryption_keys(config, secrets)
    box = SecretBox(key, previous)
    database = await open_database(place.url, place.schema, contact_tables)
    try:
        await database.upgrade(guide_tables)
        yield GuideData(
            ContactStore(database, box, lambda: uuid4().hex),
            DirectoryStore(database, box),
            DepositStore(database, box),
            GuidedPeople(database),
            WishStore(database, box),
            ErrandStore(database, box),
            Layout.of(config).guide,
        )
    finally:
        await database.close()
