# SPDX-License-Identifier: AGPL-3.0-or-later
"""Makes the export of a person and hands it to them in the chat, step by step; each may be done again."""

import asyncio
import hashlib
import shutil
from pathlib import Path

from attrs import define, evolve, frozen
from mautrix.types import UserID

from bridges.contacts.store.books import ContactStore
from bridges.core.clock import Clock
from bridges.core.tasks import in_thread
from bridges.guide.conversation.repeating import told_meanwhile
from bridges.guide.leaving import telling
from bridges.guide.leaving.speaking import Speaking
from bridges.guide.leaving.wish import Stage, Wish
from bridges.guide.matrix.client import MatrixClient
from bridges.guide.store.wishes import WishStore
from bridges.migration.archives.container import open_container
from bridges.migration.leaving.errors import LeavingRefused
from bridges.migration.leaving.export.exporting import (
    forget_journal,
    is_complete,
    pack,
    prepare,
)
from bridges.migration.leaving.export.keys import Unsealing
from bridges.migration.leaving.export.manifest import Manifest, read_manifest
from bridges.migration.leaving.export.parts import TooLarge, pack_parts
from bridges.migration.leaving.export.reading import Progress
from bridges.migration.leaving.export.whole import export, wishes_of
from bridges.migration.leaving.settings import LeavingSettings

_EXPORT = "export"
_PARTS = "parts"


class NotAlone(Exception):
    """Somebody else is in the chat by now, or it is not encrypted: nothing may be handed over there."""


@frozen
class Folders:
    """Where the files of those who leave lie, each in a folder of their own below ``root``."""

    root: Path

    @classmethod
    def for_exports(cls, guide: Path) -> "Folders":
        """Give those of exports; ``guide`` is the guide's own folder."""
        return cls(guide / "exports")

    @classmethod
    def for_farewells(cls, guide: Path) -> "Folders":
        """Give those of receipts."""
        return cls(guide / "farewells")

    def of(self, owner: UserID) -> Path:
        """Give a person's."""
        return self.root / hashlib.sha256(owner.encode()).hexdigest()[:32]

    async def delete(self, owner: UserID) -> None:
        """Delete a person's."""
        await asyncio.to_thread(shutil.rmtree, self.of(owner), ignore_errors=True)


@frozen
class Exports:
    """Does the steps. ``most`` is how many bytes are sent altogether."""

    settings: LeavingSettings
    folders: Folders
    client: MatrixClient
    contacts: ContactStore
    store: WishStore
    speaking: Speaking
    clock: Clock
    most: int

    async def advance(self, wish: Wish) -> Wish:
        """Do the next step and give what the wish has become.

        Raises ``NotAlone``, ``LeavingRefused``, and the errors of homeservers and of ``MatrixClient``.
        """
        if wish.stage is Stage.MAKING:
            return await self._make(wish)
        return await self._hand(wish)

    async def is_made(self, owner: UserID) -> bool:
        """Tell whether all of an export is there."""
        return await asyncio.to_thread(is_complete, self.folders.of(owner) / _EXPORT)

    async def _make(self, wish: Wish) -> Wish:
        token, folder = self.settings.person_token, self.folders.of(wish.owner) / _EXPORT
        if token is None:
            raise LeavingRefused(telling.NOBODY_SPEAKS)
        if not await self.is_made(wish.owner):
            await asyncio.to_thread(prepare, folder)
            books = await self.contacts.books(wish.owner)
            cards = tuple(card for book in books for card in book.cards)
            say = self.speaking.voice.words_in(wish.details.language)
            wishes = wishes_of(self.settings, wish.owner, cards, say)
            counted = _Counted()
            progress = Progress(begin=counted.begin, step=counted.step)
            async with told_meanwhile(lambda: self._tell(wish, counted), self.clock):
                await export(
                    self.settings, token, wishes, folder, Unsealing({}), progress, self.clock
                )
        await asyncio.to_thread(forget_journal, folder)
        manifest = await asyncio.to_thread(_manifest, folder)
        return wish.become(Stage.HANDING, manifest=manifest.sha256, handed=0)

    async def _tell(self, wish: Wish, counted: "_Counted") -> None:
        if counted.what and counted.changed():
            lines = telling.export_progress(counted.what, counted.done, counted.total)
            await self.speaking.update(wish, f"{counted.what} {counted.done}", lines)

    async def _hand(self, wish: Wish) -> Wish:
        place = self.folders.of(wish.owner)
        packed = place / f"{_EXPORT}.zip"
        if not await asyncio.to_thread(packed.exists):
            limit = await self.client.largest_upload() or self.most
            counts = (await asyncio.to_thread(_manifest, place / _EXPORT)).counts
            try:
                parts = await in_thread(
                    pack_parts, place / _EXPORT, place / _PARTS, limit, self.most
                )
            except TooLarge:
                await in_thread(pack, place / _EXPORT)
            else:
                wish = await self._send(wish, parts)
                await self.speaking.say(wish, "done", telling.export_done(counts, len(parts)))
                await self.folders.delete(wish.owner)
                return wish.become(Stage.HANDED)
        size = (await asyncio.to_thread(packed.stat)).st_size
        shown = packed.relative_to(self.folders.root.parent.parent).as_posix()
        await self.speaking.say(wish, "large", telling.export_large(size, shown))
        return wish.become(Stage.LARGE)

    async def _send(self, wish: Wish, parts: list[Path]) -> Wish:
        for part in parts[wish.details.handed :]:
            if not await self.client.is_sealed_with(wish.details.room, wish.owner):
                raise NotAlone
            await self.speaking.hand(wish, part, "application/zip")
            details = evolve(wish.details, handed=wish.details.handed + 1)
            wish = evolve(wish, details=details)
            await self.store.save(wish)
        return wish


@define
class _Counted:
    """How far it is."""

    what: str = ""
    done: int = 0
    total: int = 0
    _told: tuple[str, int] = ("", 0)

    def begin(self, what: str, total: int) -> None:
        """So many of something are to be done now."""
        self.what, self.done, self.total = what, 0, total

    def step(self) -> None:
        """One more is done."""
        self.done += 1

    def changed(self) -> bool:
        """Tell whether it is further than when this was asked last."""
        before, self._told = self._told, (self.what, self.done)
        return before != self._told


def _manifest(folder: Path) -> Manifest:
    with open_container(folder) as container:
        return read_manifest(container)
