# SPDX-License-Identifier: AGPL-3.0-or-later
"""Files on their way between a network and the homeserver, from disk to disk."""

import contextlib
import json
import secrets
import shutil
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import cattrs
import structlog
from attrs import evolve, frozen

from bridges.core.abilities import FetchesMedia
from bridges.core.chat import Avatar
from bridges.core.clock import Clock
from bridges.core.content import (
    Fetched,
    LocalMedia,
    MediaInfo,
    MediaKind,
    RemoteMedia,
    RemoteThumbnail,
    Unconvertible,
)
from bridges.core.errors import BridgeError, Rejected, Unsupported
from bridges.core.ids import LoginID
from bridges.core.matrix.client import Homeserver
from bridges.core.matrix.content import MediaSource
from bridges.core.matrix.errors import FileTooLarge, HomeserverRefused
from bridges.core.matrix.rendering import Uploaded
from bridges.core.network import Session
from bridges.core.sessions import Sessions
from bridges.core.storage.media import KnownFile, MediaCache
from bridges.core.text import user_text

_LARGEST_THUMBNAIL = 4 * 1024 * 1024


def file_too_large(size: int | None, limit: int) -> Rejected:
    """The refusal of a file; sizes in bytes."""
    megabytes = limit // (1024 * 1024)
    if size is None:
        text = user_text(
            "The file is too large: at most {limit} MB can be carried.", limit=megabytes
        )
    else:
        text = user_text(
            "The file is too large: it has {size} MB and at most {limit} MB can be carried.",
            size=-(-size // (1024 * 1024)),
            limit=megabytes,
        )
    return Rejected("MEDIA.TOO_LARGE", text)


@frozen
class _Became:
    """What a converted file is."""

    kind: MediaKind
    info: MediaInfo


def _fetched(media: RemoteMedia, got: Fetched | Unconvertible | None) -> Fetched:
    """What there is now; it may be what was announced."""
    if isinstance(got, Fetched):
        return got
    return Fetched(media.kind, media.info, "" if got is None else got.converter)


def _cache_key(media: RemoteMedia) -> str:
    return f"{media.cache_key}|{media.converter}" if media.converter else media.cache_key


class MediaCourier:
    """Carries files; at most ``max_size`` bytes each."""

    def __init__(
        self,
        homeserver: Homeserver,
        cache: MediaCache,
        sessions: Sessions,
        clock: Clock,
        spool: Path,
        max_size: int,
        *,
        random_name: Callable[[], str] = lambda: secrets.token_hex(16),
    ) -> None:
        self._log = structlog.get_logger("karvon.media")
        self._hs = homeserver
        self._cache = cache
        self._sessions = sessions
        self._clock = clock
        self._spool = spool
        self._max_size = max_size
        self._random_name = random_name

    def empty_spool(self) -> None:
        """Remove what an earlier process left behind, and make sure the folder is there."""
        shutil.rmtree(self._spool, ignore_errors=True)
        self._spool.mkdir(parents=True, mode=0o700)

    async def to_matrix(self, session: Session, media: RemoteMedia) -> Uploaded:
        """Upload a file from the network, and its thumbnail if that can be had.

        Raises ``Rejected`` if it is too large or cannot be had, and the passing errors.
        """
        file = await self._carried(session, media)
        if media.thumbnail is None:
            return file
        return evolve(file, thumbnail=await self._thumbnail(session, media.thumbnail))

    async def _thumbnail(self, session: Session, thumbnail: RemoteThumbnail) -> Uploaded | None:
        """A small picture. What cannot be had is left out: the file itself is there."""
        info = MediaInfo(
            name="thumbnail",
            mime=thumbnail.mime,
            size=thumbnail.size,
            width=thumbnail.width,
            height=thumbnail.height,
        )
        picture = RemoteMedia(MediaKind.IMAGE, info, thumbnail.reference, thumbnail.cache_key)
        try:
            return await self._carried(session, picture)
        except Rejected as error:
            self._log.info("no thumbnail", error=str(error))
            return None

    async def _carried(self, session: Session, media: RemoteMedia) -> Uploaded:
        known = await self._known(media)
        if known is not None:
            return known
        if media.info.size is not None and media.info.size > self._max_size:
            raise file_too_large(media.info.size, self._max_size)
        if not isinstance(session, FetchesMedia):
            raise Unsupported("MEDIA.UNSUPPORTED", user_text("This file cannot be fetched."))
        async with self._file() as path:
            got = _fetched(media, await session.fetch(media.reference, path))
            size = path.stat().st_size
            if size > self._max_size:
                raise file_too_large(size, self._max_size)
            info = evolve(got.info, size=size)
            file = Uploaded(await self._upload(path, info), got.kind, info)
        # Without its converter a file is no substitute for what it will be, once that is there.
        if media.cache_key and got.converter == media.converter:
            await self._remember(media, file)
        return file

    async def _known(self, media: RemoteMedia) -> Uploaded | None:
        """A file that was uploaded before. One that was converted is known by what it has become."""
        if not media.cache_key:
            return None
        found = await self._cache.get(_cache_key(media))
        if found is None:
            return None
        if not media.converter:
            return Uploaded(found.uri, media.kind, media.info)
        became = cattrs.structure(json.loads(found.details), _Became)
        return Uploaded(found.uri, became.kind, became.info)

    async def _remember(self, media: RemoteMedia, file: Uploaded) -> None:
        details = ""
        if media.converter:
            details = json.dumps(cattrs.unstructure(_Became(file.kind, file.info)))
        known = KnownFile(file.uri, details)
        await self._cache.put(_cache_key(media), known, self._clock.now())

    async def _upload(self, path: Path, info: MediaInfo) -> str:
        try:
            return await self._hs.upload(path, info.mime, info.name)
        except HomeserverRefused as refused:
            if refused.errcode == "M_TOO_LARGE":
                raise file_too_large(info.size, self._max_size) from refused
            raise

    @asynccontextmanager
    async def to_remote(self, source: MediaSource) -> AsyncIterator[LocalMedia]:
        """Have a file from Matrix on disk for the time of the block.

        Raises ``Rejected`` if it is too large or gone, and the passing errors.
        """
        if source.info.size is not None and source.info.size > self._max_size:
            raise file_too_large(source.info.size, self._max_size)
        async with self._file() as path:
            try:
                size = await self._hs.download(source.uri, path, self._max_size)
            except FileTooLarge as error:
                raise file_too_large(None, self._max_size) from error
            except HomeserverRefused as refused:
                raise Rejected(
                    "MEDIA.GONE", user_text("The file could not be downloaded from the homeserver.")
                ) from refused
            info = evolve(source.info, size=size)
            media = LocalMedia(source.kind, info, path, source.caption, source.look)
            if source.thumbnail is None:
                yield media
                return
            async with self._file() as small:
                yield evolve(media, thumbnail=await self._small(source.thumbnail, small))

    async def _small(self, uri: str, path: Path) -> Path | None:
        """A small picture from Matrix on disk. What cannot be had is left out."""
        try:
            await self._hs.download(uri, path, _LARGEST_THUMBNAIL)
        except (FileTooLarge, HomeserverRefused) as error:
            self._log.info("no thumbnail", error=str(error))
            return None
        return path

    async def avatar(self, login: LoginID, avatar: Avatar) -> str:
        """Upload a picture; returns its ``mxc://`` address, empty if it cannot be had."""
        cache_key = f"avatar:{avatar.id}"
        known = await self._cache.get(cache_key)
        if known is not None:
            return known.uri
        active = self._sessions.get(login)
        if active is None or not isinstance(active.session, FetchesMedia):
            return ""
        async with self._file() as path:
            try:
                await active.session.fetch(avatar.reference, path)
                uri = await self._upload(path, MediaInfo("avatar.jpg", "image/jpeg"))
            except (BridgeError, HomeserverRefused) as error:
                # A picture is not worth holding a message back; it comes with the next change.
                self._log.info("no picture", error=str(error))
                return ""
        await self._cache.put(cache_key, KnownFile(uri), self._clock.now())
        return uri

    @asynccontextmanager
    async def _file(self) -> AsyncIterator[Path]:
        path = self._spool / self._random_name()
        try:
            yield path
        finally:
            with contextlib.suppress(FileNotFoundError):
                path.unlink()
