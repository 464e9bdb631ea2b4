# SPDX-License-Identifier: AGPL-3.0-or-later
"""Albums: several media that belong together, each a message of its own."""

from types import MappingProxyType
from typing import Any

from telethon.tl.functions import messages

from sandbox.telegram import inputs, media
from sandbox.telegram.handlers import drafts
from sandbox.telegram.rpc import Call, Handlers, bad_request


def _send_multi_media(call: Call, request: Any) -> Any:
    me, peer = call.me.id, inputs.peer(call, request.peer)
    posts = call.world.posts
    if not 1 <= len(request.multi_media) <= 10:
        raise bad_request("MULTI_MEDIA_TOO_LONG")
    for single in request.multi_media:
        posts.check_random_id(me, single.random_id)
        posts.check_text(single.message, is_caption=True)
        posts.check_sendable(me, peer, media.kind_of(single.media))
    attached = [media.from_input(call, single.media, peer) for single in request.multi_media]
    group = int.from_bytes(call.world.random_bytes(8), "big", signed=True)
    sent = []
    for single, shown in zip(request.multi_media, attached, strict=True):
        post = drafts.draft(call, peer, request, single.message, single.entities)
        post.media = shown
        post.grouped_id = group
        sent.append(drafts.deliver(call, post, single.random_id))
    return drafts.sent_answer(call, sent)


def _upload_media(call: Call, request: Any) -> Any:
    peer = inputs.peer(call, request.peer)
    return media.from_input(call, request.media, peer)


HANDLERS: Handlers = MappingProxyType(
    {
        messages.SendMultiMediaRequest: _send_multi_media,
        messages.UploadMediaRequest: _upload_media,
    }
)
