# SPDX-License-Identifier: AGPL-3.0-or-later
"""Making files from Matrix ready to be sent: what they are, and changed where WhatsApp needs it."""

import contextlib
from asyncio import to_thread
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from attrs import evolve

from bridges.core.content import LocalMedia
from bridges.core.conversion.looking import as_seen, looked_at
from bridges.core.conversion.outgoing import OutgoingConverter
from bridges.core.media import file_too_large
from bridges.whatsapp.linked.features import LARGEST_FILE
from bridges.whatsapp.to_whatsapp.changes import change_for, changed


class Preparer:
    """Prepares files. One that cannot be changed is sent as it is, if need be as a document."""

    def __init__(self, converter: OutgoingConverter) -> None:
        self._converter = converter

    @asynccontextmanager
    async def ready(self, file: LocalMedia) -> AsyncIterator[LocalMedia]:
        """Have a file ready for the time of the block. Raises ``Rejected`` if it is too large."""
        target = file.path.with_name(f"{file.path.name}.changed")
        size = (await to_thread(file.path.stat)).st_size
        if size > LARGEST_FILE:
            raise file_too_large(size, LARGEST_FILE)
        try:
            yield await self._ready(file, size, target)
        finally:
            with contextlib.suppress(FileNotFoundError):
                await to_thread(target.unlink)

    async def _ready(self, file: LocalMedia, size: int, target: Path) -> LocalMedia:
        look = await to_thread(looked_at, file)
        file = evolve(file, info=as_seen(file.info, look))
        change = change_for(file, size, look)
        if change is None:
            return file
        info = await self._converter.convert(file.path, target, change, file.info)
        return file if info is None else evolve(changed(file, change, info), path=target)
