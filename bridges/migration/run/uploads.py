# SPDX-License-Identifier: AGPL-3.0-or-later
"""Brings files of archives to the homeserver, each content once."""

import asyncio
import hashlib
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import IO

from bridges.core.content import MediaInfo, MediaKind
from bridges.core.conversion.measures import measured
from bridges.core.matrix.client import Homeserver
from bridges.core.matrix.errors import HomeserverRefused
from bridges.core.matrix.rendering import Uploaded
from bridges.core.text import Translation, UserText, user_text
from bridges.migration.archives.errors import ArchiveRefused
from bridges.migration.archives.model import Archive, ArchivedMessage
from bridges.migration.run.composing import Files, files_of
from bridges.migration.run.journal import Journal, KnownUpload

_CHUNK = 256 * 1024
_FILE_NAME = "file"
_ANY = "application/octet-stream"


class Uploads:
    """Uploads and remembers; a file is on our disk only while it travels."""

    def __init__(
        self, homeserver: Homeserver, journal: Journal, limit: int | None, say: Translation
    ) -> None:
        """``limit``: bytes of the largest file the homeserver takes."""
        self._hs = homeserver
        self._journal = journal
        self._limit = limit
        self._say = say

    async def of(self, name: str, archive: Archive, message: ArchivedMessage) -> Files:
        """Give the files of a message of the archive called ``name``, uploaded where that is needed.

        Raises ``HomeserverUnavailable``.
        """
        return {
            path: await self._file(name, archive, path, mime, called)
            for path, mime, called in files_of(message)
        }

    async def _file(
        self, name: str, archive: Archive, path: str, mime: str, called: str
    ) -> Uploaded | UserText:
        known = self._journal.file(name, path)
        if known is None:
            known = await self._bring(name, archive, path, mime, called)
        return as_uploaded(known)

    async def _bring(
        self, name: str, archive: Archive, path: str, mime: str, called: str
    ) -> KnownUpload:
        with TemporaryDirectory(prefix="karvon-") as folder:
            file = Path(folder) / _FILE_NAME
            try:
                digest, size = await asyncio.to_thread(
                    _lay_down, archive.open, path, file, self._limit
                )
                known = self._journal.upload(digest)
                if known is None:
                    uri = await self._hs.upload(file, mime, called)
                    seen = await asyncio.to_thread(measured, file)
                    known = KnownUpload(uri, size, measures=seen)
            except (ArchiveRefused, HomeserverRefused, _TooLarge) as error:
                why = self._say(_reason(error))
                self._journal.note_file(name, path, None, why)
                return KnownUpload("", 0, why)
        self._journal.note_upload(digest, known)
        self._journal.note_file(name, path, digest)
        return known


def as_uploaded(known: KnownUpload) -> Uploaded | UserText:
    """Give a file of the journal as messages are composed of it."""
    if known.why:
        return UserText("{why}", {"why": known.why})
    seen = known.measures
    info = MediaInfo(
        _FILE_NAME, seen.mime or _ANY, known.size, seen.width, seen.height, seen.duration_ms
    )
    return Uploaded(known.uri, MediaKind.FILE, info)


class _TooLarge(Exception):
    """A file is larger than the homeserver takes."""


def _reason(error: Exception) -> UserText:
    if isinstance(error, ArchiveRefused):
        return error.text
    if isinstance(error, _TooLarge):
        return user_text("The file is larger than the homeserver allows.")
    return user_text("The homeserver does not take the file.")


def _lay_down(
    open_file: Callable[[str], IO[bytes]], path: str, target: Path, limit: int | None
) -> tuple[str, int]:
    """Copy a file out of an archive; gives its SHA-256 and its size in bytes."""
    digest, size = hashlib.sha256(), 0
    with open_file(path) as source, target.open("wb") as file:
        while piece := source.read(_CHUNK):
            size += len(piece)
            if limit is not None and size > limit:
                raise _TooLarge
            digest.update(piece)
            file.write(piece)
    return digest.hexdigest(), size
