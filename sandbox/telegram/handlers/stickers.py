# SPDX-License-Identifier: AGPL-3.0-or-later
"""Sets of stickers and custom emoji: https://core.telegram.org/api/stickers."""

from types import MappingProxyType
from typing import Any

from telethon.tl import types
from telethon.tl.functions import messages

from sandbox.telegram.rpc import Call, Handlers

_MAX_EMOJI = 200


def _get_set(call: Call, request: Any) -> Any:
    found = call.world.stickers.find(request.stickerset)
    full = call.world.stickers.full(found)
    if request.hash and request.hash == full.set.hash:
        return types.messages.StickerSetNotModified()
    return full


def _get_custom_emoji(call: Call, request: Any) -> Any:
    wanted = dict.fromkeys(request.document_id[:_MAX_EMOJI])
    found = [call.world.stickers.custom_emoji(number) for number in wanted]
    return [document for document in found if document is not None]


HANDLERS: Handlers = MappingProxyType(
    {
        messages.GetStickerSetRequest: _get_set,
        messages.GetCustomEmojiDocumentsRequest: _get_custom_emoji,
    }
)
