# SPDX-License-Identifier: AGPL-3.0-or-later
"""Previews of links before a message is sent: https://core.telegram.org/api/webpages."""

from types import MappingProxyType
from typing import Any

from telethon.tl import types
from telethon.tl.functions import messages

from sandbox.telegram.rpc import Call, Handlers


def _get_preview(call: Call, request: Any) -> Any:
    preview = call.world.previews.in_text(request.message, request.entities or [])
    media: Any = types.MessageMediaEmpty()
    if preview is not None:
        shown = call.world.previews.media(types.MessageMediaWebPage(preview.page))
        media = shown or media
    return types.messages.WebPagePreview(media, chats=[], users=[])


HANDLERS: Handlers = MappingProxyType({messages.GetWebPagePreviewRequest: _get_preview})
