# SPDX-License-Identifier: AGPL-3.0-or-later
"""Fetches a dropped file to the disk, piece by piece, decrypting it on the way."""

import asyncio
import shutil
from pathlib import Path
from typing import IO

from bridges.core.text import UserText, user_text
from bridges.guide.archives.attachment import Attachment, Damaged, Unlocking
from bridges.guide.conversation.command import CannotDo
from bridges.guide.matrix.client import MatrixClient
from bridges.guide.matrix.errors import GuideRefused

_PIECE = 256 * 1024
_KEPT_FREE = 512 * 1024 * 1024
"""Bytes of the disk that are not filled: databases lie on it as well."""

_MIB = 1024 * 1024


async def receive(client: MatrixClient, file: Attachment, target: Path, limit: int) -> None:
    """Fetch a file of at most ``limit`` bytes; ``target`` is there afterwards, whole, or not at all.

    Raises ``CannotDo`` and ``GuideUnavailable``.
    """
    check_size(file.size, limit)
    unfinished = target.parent.with_name("arriving")
    await asyncio.to_thread(target.parent.mkdir, mode=0o700, parents=True, exist_ok=True)
    try:
        with await asyncio.to_thread(unfinished.open, "wb") as written:
            await _fetch(client, file, written, min(limit, _room_for(unfinished)))
    except GuideRefused:
        raise CannotDo(
            user_text(
                "The homeserver does not have {file} any more. Please send it again.",
                file=file.name,
            )
        ) from None
    except Damaged:
        raise CannotDo(damaged(file.name)) from None
    await asyncio.to_thread(unfinished.replace, target)


def check_size(size: int, limit: int) -> None:
    """Raise ``CannotDo`` if a file is too large."""
    if size > limit:
        raise CannotDo(
            user_text(
                "This file is larger than {limit} MB, which is more than I take. Export without"
                " media, or in several parts, or ask the people who run this server.",
                limit=limit // _MIB,
            )
        )


def damaged(name: str) -> UserText:
    """Say that a file is damaged."""
    return user_text("{file} has been damaged on its way. Please send it again.", file=name)


async def _fetch(client: MatrixClient, file: Attachment, written: IO[bytes], limit: int) -> None:
    unlocking = None if file.lock is None else Unlocking(file.lock)
    size = 0
    async with client.download(file.uri) as response:
        check_size(response.content_length or 0, limit)
        async for piece in response.content.iter_chunked(_PIECE):
            size += len(piece)
            check_size(size, limit)
            opened = piece if unlocking is None else unlocking.open(piece)
            await asyncio.to_thread(written.write, opened)
    if unlocking is not None:
        unlocking.finish()


def _room_for(path: Path) -> int:
    return max(0, shutil.disk_usage(path.parent).free - _KEPT_FREE)
