# SPDX-License-Identifier: AGPL-3.0-or-later
"""Uploading files part by part, several parts at a time (https://core.telegram.org/api/files)."""

import asyncio
import secrets
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from telethon.tl.functions.upload import SaveBigFilePartRequest, SaveFilePartRequest
from telethon.tl.types import (
    InputFile,
    InputFileBig,
    InputMediaUploadedDocument,
    InputMediaUploadedPhoto,
)

from bridges.core.clock import Clock
from bridges.core.tasks import ended
from bridges.telegram.connection import Caller
from bridges.telegram.errors import file_too_large, refused
from bridges.telegram.parts import PART_SIZE, Patience
from bridges.telegram.to_telegram.forms import Form, attributes_of
from bridges.telegram.to_telegram.preparing import Ready

_BIG_FROM = 10 * 1024 * 1024
_MOST_PARTS = 4000
_MOST_PARTS_PREMIUM = 8000


class Uploader:
    """Uploads files for one login, ``parallel`` parts at a time.

    ``premium`` tells whether the account has Telegram Premium, which takes larger files.
    """

    def __init__(
        self,
        call: Caller,
        parallel: int,
        premium: Callable[[], bool],
        clock: Clock,
        *,
        random_id: Callable[[], int] = lambda: secrets.randbits(62),
    ) -> None:
        self._call = call
        self._parallel = parallel
        self._premium = premium
        self._clock = clock
        self._random_id = random_id

    async def described(self, ready: Ready) -> Any:
        """The ``InputMedia`` to send a file with, still without the file.

        Raises ``Rejected`` if Telegram would not take it.
        """
        file = ready.file
        size = await asyncio.to_thread(_size, file.path)
        if size == 0:
            raise refused("MEDIA_EMPTY")
        limit = (_MOST_PARTS_PREMIUM if self._premium() else _MOST_PARTS) * PART_SIZE
        if size > limit:
            raise file_too_large(size, limit)
        spoiler = True if file.look.spoiler else None
        if ready.form is Form.PHOTO:
            return InputMediaUploadedPhoto(None, spoiler=spoiler)
        return InputMediaUploadedDocument(
            None,
            file.info.mime,
            attributes_of(ready.form, file),
            nosound_video=True if ready.form is Form.ANIMATION else None,
            force_file=True if ready.form is Form.FILE else None,
            spoiler=spoiler,
        )

    async def upload(self, ready: Ready) -> Any:
        """Upload a file; returns the ``InputMedia`` to send it with."""
        file = ready.file
        media = await self.described(ready)
        if file.thumbnail is not None:
            media.thumb = await self.save(file.thumbnail, "thumbnail.jpg")
        media.file = await self.save(file.path, file.info.name)
        return media

    async def save(self, path: Path, name: str) -> Any:
        """Upload the bytes of a file; returns its ``InputFile``, to be named in a request."""
        size = await asyncio.to_thread(_size, path)
        total = -(-size // PART_SIZE)
        number = self._random_id()
        big = size > _BIG_FROM
        parts = iter(range(total))
        patience = Patience(self._clock)

        async def worker() -> None:
            for part in parts:
                data = await asyncio.to_thread(_read, path, part * PART_SIZE)
                request = (
                    SaveBigFilePartRequest(number, part, total, data)
                    if big
                    else SaveFilePartRequest(number, part, data)
                )
                await patience.with_part(partial(self._call, request))

        await all_of([worker() for _ in range(min(self._parallel, total))])
        if big:
            return InputFileBig(number, total, name)
        return InputFile(number, total, name, md5_checksum="")


async def all_of(workers: list[Any]) -> None:
    """Run coroutines side by side; the first error ends the others and is raised as it is."""
    tasks = [asyncio.create_task(one) for one in workers]
    try:
        await asyncio.gather(*tasks)
    finally:
        await ended(tasks)


def _size(path: Path) -> int:
    return path.stat().st_size


def _read(path: Path, offset: int) -> bytes:
    with path.open("rb") as file:
        file.seek(offset)
        return file.read(PART_SIZE)
