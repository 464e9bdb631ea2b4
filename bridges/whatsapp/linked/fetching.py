# SPDX-License-Identifier: AGPL-3.0-or-later
"""Files and pictures, by the worker, through the folder both processes see.

A file's reference is that of ``bridges.whatsapp.media``, a picture's ``picture:`` and whose it is.
"""

import asyncio
import shutil
import uuid
from pathlib import Path

from bridges.core.content import Fetched, MediaInfo, MediaKind, Unconvertible
from bridges.core.conversion.converter import StickerConverter
from bridges.core.conversion.formats import STICKER_CONVERTERS, WAS
from bridges.core.errors import Rejected
from bridges.core.text import user_text
from bridges.whatsapp.ids import maybe_jid
from bridges.whatsapp.json_form import Json, mapping
from bridges.whatsapp.linked.device import LinkedDevice
from bridges.whatsapp.linked.pictures import PREFIX
from bridges.whatsapp.linked.refusals import guarded
from bridges.whatsapp.media import BadReference, content_of, message_of, still_of

_STICKER = "sticker"
_GONE = frozenset({"WHATSAPP.STATUS_403", "WHATSAPP.STATUS_404", "WHATSAPP.STATUS_410"})


class MediaFetcher:
    """Fetches for one login."""

    def __init__(self, device: LinkedDevice, stickers: StickerConverter) -> None:
        self._device = device
        self._stickers = stickers

    async def fetch(self, reference: str, target: Path) -> Fetched | Unconvertible | None:
        """Write the file behind a reference to ``target``. Raises ``Rejected`` if it is gone."""
        worker, name = self._device.worker, self._device.name
        transit = worker.files / uuid.uuid4().hex
        try:
            if reference.startswith(PREFIX):
                whose = maybe_jid(reference.removeprefix(PREFIX))
                await guarded(worker.fetch_picture(name, str(whose), transit))
                await asyncio.to_thread(_move, transit, target)
                return None
            message = await self._file(reference, transit)
            await asyncio.to_thread(_move, transit, target)
            return await self._shown(message, target)
        except Rejected as error:
            if error.code not in _GONE:
                raise
            gone = user_text(
                "This file is not on WhatsApp's servers any more. Open it in WhatsApp on your phone."
            )
            raise Rejected("WHATSAPP.FILE_GONE", gone) from error
        finally:
            transit.unlink(missing_ok=True)

    async def _shown(self, message: Json, target: Path) -> Fetched | Unconvertible | None:
        """Make a picture of an animated sticker, or show the still one that came along."""
        if mapping(message.get("stickerMessage")).get("mimetype") != WAS:
            return None
        converter = STICKER_CONVERTERS[WAS]
        picture = None
        if self._stickers.reads(WAS):
            picture = await self._stickers.convert(target, WAS)
        if picture is not None:
            info = MediaInfo(_STICKER, picture.mime, width=picture.width, height=picture.height)
            return Fetched(MediaKind.STICKER, info, converter)
        still = still_of(message)
        if not still:
            return Unconvertible(converter)
        await asyncio.to_thread(target.write_bytes, still)
        return Fetched(MediaKind.STICKER, MediaInfo(_STICKER, "image/png"), converter)

    async def _file(self, reference: str, transit: Path) -> Json:
        """Fetch a file; returns what was told of it."""
        inline = content_of(reference)
        if inline is not None:
            await asyncio.to_thread(transit.write_bytes, inline)
            return {}
        try:
            message = message_of(reference)
        except BadReference as error:
            unknown = user_text("This file cannot be found on WhatsApp.")
            raise Rejected("WHATSAPP.BAD_REFERENCE", unknown) from error
        await guarded(self._device.worker.download(self._device.name, message, transit))
        return message


def _move(source: Path, target: Path) -> None:
    try:
        source.replace(target)
    except OSError:  # another file system
        shutil.copyfile(source, target)
