# SPDX-License-Identifier: AGPL-3.0-or-later
"""Matrix messages as WhatsApp's, with everything their conversion has to know looked up."""

import asyncio
import io
import secrets
import shutil
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any

from PIL import Image

from bridges.core.content import LocalMedia, MediaKind, Poll
from bridges.core.ids import ChatKey, MessageID
from bridges.core.outgoing import OutgoingEdit, OutgoingMessage
from bridges.whatsapp.linked.device import LinkedDevice
from bridges.whatsapp.linked.preparing import Preparer
from bridges.whatsapp.linked.refusals import guarded
from bridges.whatsapp.linked.stores import Stores
from bridges.whatsapp.to_whatsapp.context import Answered, Writing
from bridges.whatsapp.to_whatsapp.files import form_of
from bridges.whatsapp.to_whatsapp.messages import (
    Carried,
    Message,
    edited_caption,
    edited_text,
    messages_of,
)
from bridges.whatsapp.to_whatsapp.polls import SECRET_BYTES

_THUMBNAIL_SIDE = 100
"""Pixels; WhatsApp's own clients send tiny ones, as they travel within the message."""


class Outgoing:
    """For one login."""

    def __init__(
        self,
        device: LinkedDevice,
        stores: Stores,
        preparer: Preparer,
        random_bytes: Callable[[int], bytes] = secrets.token_bytes,
    ) -> None:
        self._device = device
        self._stores = stores
        self._preparer = preparer
        self._random_bytes = random_bytes

    async def messages(self, message: OutgoingMessage) -> list[Message]:
        """The messages one Matrix event becomes, in order. Raises ``Rejected``."""
        writing = await self._writing(message.chat, message.reply_to)
        match message.content:
            case LocalMedia() as original:
                async with self._preparer.ready(original) as file:
                    return messages_of(file, writing, await self._uploaded(file, original))
            case Poll():
                carried = Carried(secret=self._random_bytes(SECRET_BYTES))
                return messages_of(message.content, writing, carried)
            case content:
                return messages_of(content, writing)

    async def edited(self, edit: OutgoingEdit) -> Message:
        """What a message says after an edit: a text, or a file with another caption."""
        writing = await self._writing(edit.chat, None)
        original = await self._stores.sent.get(edit.targets[0])
        if original is None:
            return edited_text(edit.content, writing)
        return edited_caption(edit.content, original, writing)

    async def _writing(self, chat: ChatKey, reply_to: MessageID | None) -> Writing:
        said = None if reply_to is None else await self._stores.messages.get(chat.chat, reply_to)
        facts = await self._stores.chats.get(chat.chat)
        return Writing(
            answered=None if said is None else Answered(said.id, said.sender),
            timer=facts.timer,
            timer_set=facts.timer_set,
        )

    async def _uploaded(self, file: LocalMedia, original: LocalMedia) -> Carried:
        """Upload a file; it goes through the folder the worker sees."""
        worker = self._device.worker
        transit = worker.files / uuid.uuid4().hex
        try:
            await asyncio.to_thread(shutil.copyfile, file.path, transit)
            kind = form_of(file).upload_kind
            uploaded: dict[str, Any] = dict(
                await guarded(worker.upload(self._device.name, transit, kind))
            )
        finally:
            transit.unlink(missing_ok=True)
        is_picture = original.kind is MediaKind.IMAGE
        source = original.thumbnail or (original.path if is_picture else None)
        thumbnail = b"" if source is None else await asyncio.to_thread(_thumbnail, source)
        return Carried(uploaded, thumbnail)


def _thumbnail(source: Path) -> bytes:
    """A tiny JPEG of a picture, nothing of what is none."""
    try:
        with Image.open(source) as image:
            small = image.convert("RGB")
            small.thumbnail((_THUMBNAIL_SIDE, _THUMBNAIL_SIDE))
            written = io.BytesIO()
            small.save(written, "JPEG", quality=60)
            return written.getvalue()
    except (OSError, ValueError, Image.DecompressionBombError):
        return b""
