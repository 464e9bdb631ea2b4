# SPDX-License-Identifier: AGPL-3.0-or-later
"""Files that Telegram has already are not uploaded again.

What makes two files the same is their content and everything Telegram is told about them: a
document keeps the name, the type and the attributes it was made with.
"""

import hashlib
import logging
from asyncio import to_thread
from pathlib import Path
from typing import Any

from attrs import frozen
from telethon.tl.types import (
    Document,
    InputDocument,
    InputFile,
    InputMediaDocument,
    InputMediaPhoto,
    InputPhoto,
    Photo,
)

from bridges.core.clock import Clock
from bridges.telegram.store.uploads import SentFile, UploadStore
from bridges.telegram.to_telegram.preparing import Ready
from bridges.telegram.to_telegram.uploads import Uploader

_log = logging.getLogger(__name__)

_PIECE = 1024 * 1024
_NO_FILE = InputFile(0, 0, "", "")
_GONE = frozenset(
    f"TELEGRAM.{name}"
    for name in (
        "FILE_REFERENCE_EXPIRED",
        "FILE_REFERENCE_INVALID",
        "FILE_REFERENCE_EMPTY",
        "FILE_ID_INVALID",
        "MEDIA_EMPTY",
        "MEDIA_INVALID",
    )
)


@frozen
class Prepared:
    """A file that can be sent.

    Attributes:
        media: the ``InputMedia``.
        fingerprint: what it is known by once it was sent.
        reused: whether Telegram is asked for a file it should still have.
    """

    media: Any
    fingerprint: str
    reused: bool

    def is_gone(self, code: str) -> bool:
        """Whether an error's code says that Telegram does not have the file any more."""
        return self.reused and code in _GONE


class Reuse:
    """Prepares the files of one login."""

    def __init__(self, uploader: Uploader, store: UploadStore, clock: Clock) -> None:
        self._uploader = uploader
        self._store = store
        self._clock = clock

    async def prepared(self, file: Ready) -> Prepared:
        """Find a file on Telegram, or upload it."""
        fingerprint = await self._fingerprint(file)
        known = await self._store.get(fingerprint)
        if known is None:
            return Prepared(await self._uploader.upload(file), fingerprint, reused=False)
        told = await self._uploader.described(file)
        return Prepared(_sent_again(known, told), fingerprint, reused=True)

    async def uploaded(self, file: Ready) -> Any:
        """Upload a file, whether Telegram should have it or not; returns the ``InputMedia``."""
        return await self._uploader.upload(file)

    async def was_sent(self, prepared: Prepared, media: Any) -> None:
        """Remember the file in a message's ``media``, unless it can be seen once only."""
        found = _file_in(media)
        if found is None or prepared.media.ttl_seconds:
            return
        try:
            await self._store.put(prepared.fingerprint, found, self._clock.now())
        except Exception:  # noqa: BLE001 - the message is sent, which must not be reported as failed
            _log.exception("A file that was sent could not be remembered")

    async def _fingerprint(self, file: Ready) -> str:
        told = await self._uploader.described(file)
        told.file = _NO_FILE
        if getattr(told, "thumb", None) is not None:
            told.thumb = _NO_FILE
        digest = hashlib.sha256(bytes(told))
        await to_thread(_add_content, digest, file.file.path)
        return digest.hexdigest()


def _sent_again(known: SentFile, told: Any) -> Any:
    shown = {"spoiler": told.spoiler, "ttl_seconds": told.ttl_seconds}
    where = (known.id, known.access_hash, known.file_reference)
    if known.kind == "photo":
        return InputMediaPhoto(InputPhoto(*where), **shown)
    return InputMediaDocument(InputDocument(*where), **shown)


def _file_in(media: Any) -> SentFile | None:
    document, photo = getattr(media, "document", None), getattr(media, "photo", None)
    if isinstance(document, Document):
        where = (document.id, document.access_hash, document.file_reference)
        return SentFile("document", *where)
    if isinstance(photo, Photo):
        return SentFile("photo", photo.id, photo.access_hash, photo.file_reference)
    return None


def _add_content(digest: Any, path: Path) -> None:
    with path.open("rb") as file:
        while piece := file.read(_PIECE):
            digest.update(piece)
