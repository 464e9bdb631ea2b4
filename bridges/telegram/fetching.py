# SPDX-License-Identifier: AGPL-3.0-or-later
"""Fetching whatever a reference names: files on Telegram, pictures of emoji, cards made here."""

import asyncio
from pathlib import Path

from attrs import evolve
from telethon.tl.functions.messages import GetCustomEmojiDocumentsRequest
from telethon.tl.types import Document

from bridges.core.content import Fetched, MediaInfo, MediaKind, RemoteMedia, Unconvertible
from bridges.core.conversion.converter import StickerConverter
from bridges.core.conversion.formats import EMOJI_CONVERTER, PICTURE, STICKER_CONVERTERS
from bridges.core.ids import LoginID
from bridges.telegram.connection import Caller
from bridges.telegram.documents import document_info
from bridges.telegram.downloads import Downloader
from bridges.telegram.errors import refused
from bridges.telegram.media import (
    BadReference,
    FileReference,
    document_reference,
    emoji_reference,
    load_reference,
)

_GONE = "FILE_ID_INVALID"


class MediaFetcher:
    """Fetches files for one login."""

    def __init__(
        self, login: LoginID, call: Caller, downloader: Downloader, converter: StickerConverter
    ) -> None:
        self._login = login
        self._call = call
        self._downloader = downloader
        self._converter = converter

    async def fetch(self, reference: str, target: Path) -> Fetched | Unconvertible | None:
        """See ``FetchesMedia``."""
        try:
            file = load_reference(reference)
        except BadReference:
            raise refused(_GONE) from None
        match file.kind:
            case "inline":
                await asyncio.to_thread(target.write_text, file.content, "utf-8")
                return None
            case "emoji":
                return await self._emoji(file.id, target)
        await self._downloader.download(file, target)
        return await self._sticker(file, target) if file.convert else None

    async def close(self) -> None:
        """Close the connections to other data centres."""
        await self._downloader.close()

    async def _sticker(self, file: FileReference, target: Path) -> Fetched | Unconvertible | None:
        converter = STICKER_CONVERTERS[file.convert]
        if not self._converter.reads(file.convert):
            return None
        picture = await self._converter.convert(target, file.convert)
        if picture is None:
            return Unconvertible(converter)
        info = MediaInfo(
            f"sticker_{file.id}.webp", picture.mime, width=picture.width, height=picture.height
        )
        return Fetched(MediaKind.STICKER, info, converter)

    async def _emoji(self, emoji: int, target: Path) -> Fetched:
        """The picture of a custom emoji. What cannot be shown inside a text is refused."""
        found = await self._call(GetCustomEmojiDocumentsRequest([emoji]))
        document = next((one for one in found if isinstance(one, Document)), None)
        if document is None:
            raise refused(_GONE)
        await self._downloader.download(document_reference(document, self._login), target)
        info = document_info(document)
        if document.mime_type in STICKER_CONVERTERS:
            picture = await self._converter.convert(target, document.mime_type)
            if picture is None:
                raise refused(_GONE)
            info = evolve(info, mime=picture.mime, width=picture.width, height=picture.height)
        return Fetched(MediaKind.STICKER, evolve(info, name=_emoji_name(emoji)), EMOJI_CONVERTER)


def emoji_picture(emoji: str) -> RemoteMedia:
    """See ``HasCustomEmoji``."""
    number = int(emoji) if emoji.removeprefix("-").isdecimal() else 0
    return RemoteMedia(
        kind=MediaKind.STICKER,
        info=MediaInfo(_emoji_name(number), PICTURE),
        reference=emoji_reference(number),
        cache_key=f"telegram:emoji:{number}",
        converter=EMOJI_CONVERTER,
    )


def _emoji_name(emoji: int) -> str:
    return f"emoji_{emoji}.webp"
