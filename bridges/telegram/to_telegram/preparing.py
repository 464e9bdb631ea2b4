# SPDX-License-Identifier: AGPL-3.0-or-later
"""Making files from Matrix ready to be sent: what they are, and changed where Telegram needs it."""

import contextlib
from asyncio import to_thread
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from attrs import evolve, frozen

from bridges.core.content import LocalMedia
from bridges.core.conversion.looking import as_seen, looked_at
from bridges.core.conversion.outgoing import OutgoingConverter
from bridges.telegram.to_telegram.forms import Form, plan_for

_WITH_THUMBNAIL = frozenset({Form.VIDEO, Form.ROUND, Form.ANIMATION, Form.FILE})


@frozen
class Ready:
    """A file and as what Telegram shall show it; a thumbnail of it is a JPEG of the right size."""

    file: LocalMedia
    form: Form


class Preparer:
    """Prepares files; photos have at most ``largest_photo`` pixels, others are sent as files."""

    def __init__(self, converter: OutgoingConverter, largest_photo: int) -> None:
        self._converter = converter
        self._largest_photo = largest_photo

    @asynccontextmanager
    async def ready(self, file: LocalMedia) -> AsyncIterator[Ready]:
        """Have a file ready for the time of the block."""
        changed = file.path.with_name(f"{file.path.name}.changed")
        small = file.path.with_name(f"{file.path.name}.small")
        try:
            ready = await self._planned(file, changed)
            yield evolve(ready, file=await self._with_thumbnail(ready, small))
        finally:
            for path in (changed, small):
                with contextlib.suppress(FileNotFoundError):
                    await to_thread(path.unlink)

    async def _planned(self, file: LocalMedia, changed: Path) -> Ready:
        look = await to_thread(looked_at, file)
        file = evolve(file, info=as_seen(file.info, look))
        size = (await to_thread(file.path.stat)).st_size
        plan = plan_for(file, size, look, self._largest_photo)
        if plan.change is None:
            return Ready(file, plan.form)
        info = await self._converter.convert(file.path, changed, plan.change, file.info)
        if info is None:
            return Ready(file, plan.otherwise)
        return Ready(evolve(file, info=info, path=changed), plan.form)

    async def _with_thumbnail(self, ready: Ready, small: Path) -> LocalMedia:
        file = ready.file
        if file.thumbnail is None or ready.form not in _WITH_THUMBNAIL:
            return evolve(file, thumbnail=None)
        made = await self._converter.thumbnail(file.thumbnail, small)
        return evolve(file, thumbnail=small if made else None)
