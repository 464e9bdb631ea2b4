# SPDX-License-Identifier: AGPL-3.0-or-later
"""What the operator may do with files: make large ones of nothing, compare them, spoil references."""

import asyncio
from hashlib import sha256

from telethon.tl import types
from telethon.tl.tlobject import TLObject

from sandbox.telegram.world import World

_PIECE = 1024 * 1024


class Library:
    """The files of a network."""

    def __init__(self, world: World) -> None:
        self._world = world

    def generate(
        self,
        owner: str | int,
        size: int,
        name: str = "generated.bin",
        *,
        mime: str = "application/octet-stream",
        seed: int = 1,
    ) -> TLObject:
        """Make a document of any size that takes neither disk nor memory; returns it.

        Its contents depend on `seed` alone. A client sends it like a document it got before.
        """
        account = self._world.accounts.find(owner)
        attributes = [types.DocumentAttributeFilename(name)]
        document = self._world.files.generate(account.id, size, seed, mime, attributes)
        self._world.store.commit()
        return document

    async def digest(self, number: int) -> str:
        """Return the SHA-256 of a photo's or document's contents in hexadecimal digits."""
        digest = sha256()
        for offset in range(0, self._world.files.size(number), _PIECE):
            digest.update(self._world.files.read(number, "", offset, _PIECE))
            await asyncio.sleep(0)  # clients are served meanwhile
        return digest.hexdigest()

    def expire(self, number: int) -> None:
        """Make the references handed out for one photo or document invalid."""
        self._world.files.expire(number)
        self._world.store.commit()
