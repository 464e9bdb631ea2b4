# SPDX-License-Identifier: AGPL-3.0-or-later
"""Matrix messages as WhatsApp's, with everything their conversion has to know looked up and uploaded."""

import asyncio
import secrets
import shutil
import uuid
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from bridges.core.content import LocalMedia, OutgoingContent, Poll
from bridges.core.errors import Rejected
from bridges.core.ids import ChatKey, MessageID
from bridges.core.outgoing import OutgoingEdit, OutgoingMessage
from bridges.core.text import user_text
from bridges.whatsapp.ids import Jid
from bridges.whatsapp.linked.device import LinkedDevice
from bridges.whatsapp.linked.people import People
from bridges.whatsapp.linked.refusals import guarded
from bridges.whatsapp.linked.stores import Stores
from bridges.whatsapp.to_whatsapp.context import Answered, Writing
from bridges.whatsapp.to_whatsapp.files import form_of
from bridges.whatsapp.to_whatsapp.messages import Carried, edited_text, messages_of
from bridges.whatsapp.to_whatsapp.polls import SECRET_BYTES

_JPEG = b"\xff\xd8\xff"
_LARGEST_THUMBNAIL = 64 * 1024
"""Bytes; it goes with the message itself."""


class Outgoing:
    """For one login."""

    def __init__(self, device: LinkedDevice, stores: Stores, people: People) -> None:
        self._device = device
        self._stores = stores
        self._people = people

    async def messages(self, message: OutgoingMessage, chat: Jid) -> list[dict[str, Any]]:
        """The messages one Matrix event becomes, in order. Raises ``Rejected`` and passing errors."""
        writing = await self._writing(message.chat, message.reply_to)
        found = messages_of(message.content, writing, await self._carried(message.content))
        if not found:
            raise Rejected(
                "WHATSAPP.EMPTY", user_text("There is nothing in this message that can be seen.")
            )
        return found

    async def edited(self, edit: OutgoingEdit, chat: Jid) -> dict[str, Any]:
        """What a message says after an edit. Raises ``Rejected``."""
        return edited_text(edit.content, await self._writing(edit.chat, None))

    async def _writing(self, chat: ChatKey, reply_to: MessageID | None) -> Writing:
        said = None if reply_to is None else await self._stores.messages.get(chat.chat, reply_to)
        facts = await self._stores.chats.get(chat.chat)
        return Writing(
            # Clients show what they have by the id; what was said is not kept here.
            answered=None if said is None else Answered(said.id, said.sender),
            timer=facts.timer,
            timer_set=facts.timer_set,
        )

    async def _carried(self, content: OutgoingContent) -> Carried:
        match content:
            case LocalMedia():
                uploaded = await self._upload(content.path, form_of(content).upload_kind)
                return Carried(uploaded, await asyncio.to_thread(_thumbnail, content.thumbnail))
            case Poll():
                return Carried(secret=secrets.token_bytes(SECRET_BYTES))
        return Carried()

    async def _upload(self, path: Path, kind: str) -> Mapping[str, Any]:
        worker = self._device.worker
        transit = worker.files / uuid.uuid4().hex
        try:
            await asyncio.to_thread(shutil.copyfile, path, transit)
            return await guarded(worker.upload(self._device.name, transit, kind))
        finally:
            transit.unlink(missing_ok=True)


def _thumbnail(path: Path | None) -> bytes:
    """A small picture that WhatsApp's clients can show; empty if this is none."""
    if path is None or path.stat().st_size > _LARGEST_THUMBNAIL:
        return b""
    picture = path.read_bytes()
    return picture if picture.startswith(_JPEG) else b""
