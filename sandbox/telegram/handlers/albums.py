# SPDX-License-Identifier: AGPL-3.0-or-later
"""Albums: several media that belong together, each a message of its own."""

from types import MappingProxyType
from typing import Any

from telethon.tl import types
from telethon.tl.functions import messages

from sandbox.telegram import inputs, media
from sandbox.telegram.handlers import drafts
from sandbox.telegram.media_rights import kind_of
from sandbox.telegram.rpc import Call, Handlers, bad_request

_UPLOADED = (
    types.InputMediaUploadedPhoto,
    types.InputMediaUploadedDocument,
    types.InputMediaPhoto,
    types.InputMediaDocument,
)


def _send_multi_media(call: Call, request: Any) -> Any:
    me, peer = call.me.id, inputs.peer(call, request.peer)
    posts = call.world.posts
    media.check_album(call, [single.media for single in request.multi_media])
    for single in request.multi_media:
        posts.check_random_id(me, single.random_id)
        posts.check_text(me, single.message, is_caption=True)
        posts.check_sendable(me, peer, kind_of(call, single.media))
    attached = [media.from_input(call, single.media, peer) for single in request.multi_media]
    group = int.from_bytes(call.world.random_bytes(8), "big") >> 1
    sent = []
    for single, shown in zip(request.multi_media, attached, strict=True):
        post = drafts.draft(call, peer, request, single.message, single.entities)
        post.media = shown
        post.grouped_id = group
        sent.append(drafts.deliver(call, post, single.random_id))
    return drafts.sent_answer(call, sent)


def _upload_media(call: Call, request: Any) -> Any:
    peer = inputs.peer(call, request.peer)
    if not isinstance(request.media, _UPLOADED):
        raise bad_request("MEDIA_INVALID")
    return media.from_input(call, request.media, peer)


HANDLERS: Handlers = MappingProxyType(
    {
        messages.SendMultiMediaRequest: _send_multi_media,
        messages.UploadMediaRequest: _upload_media,
    }
)
