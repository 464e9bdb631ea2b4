# SPDX-License-Identifier: AGPL-3.0-or-later
"""The guide's picture, so that people find it in their list of chats."""

import asyncio
import hashlib
from contextlib import suppress
from pathlib import Path

from bridges.core.config import DEFAULT_PICTURE
from bridges.guide.matrix.client import MatrixClient
from bridges.guide.matrix.errors import GuideRefused
from bridges.guide.store.progress import ProgressStore

PICTURE = Path(__file__).parents[1] / "picture.png"

_MIME = "image/png"


async def show_picture(client: MatrixClient, wanted: str | None, progress: ProgressStore) -> None:
    """Have the account show a picture (``GuideConfig.avatar``); it is uploaded once.

    Homeservers may keep people from choosing pictures: then it has none.
    Raises ``GuideUnavailable`` and ``LoggedOut``.
    """
    if wanted is None:
        return
    with suppress(GuideRefused):
        uri = wanted if wanted != DEFAULT_PICTURE else await _uploaded(client, progress)
        if await client.picture() != uri:
            await client.set_picture(uri)


async def _uploaded(client: MatrixClient, progress: ProgressStore) -> str:
    picture = await asyncio.to_thread(PICTURE.read_bytes)
    digest = hashlib.sha256(picture).hexdigest()
    known = await progress.picture(digest)
    if known is None:
        known = await client.publish(PICTURE.name, _MIME, picture)
        await progress.note_picture(digest, known)
    return known
