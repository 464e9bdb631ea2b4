# SPDX-License-Identifier: AGPL-3.0-or-later
"""Forwarding: messages sent again, with their origin: https://core.telegram.org/api/forwards."""

import copy
from types import MappingProxyType
from typing import Any

from telethon.tl import types
from telethon.tl.functions import messages

from sandbox.telegram import inputs
from sandbox.telegram.handlers import addressing, drafts
from sandbox.telegram.media_rights import kind_of_media
from sandbox.telegram.origins import origin
from sandbox.telegram.records import Peer, Post
from sandbox.telegram.rpc import Call, Handlers, bad_request


def _forward(call: Call, request: Any) -> Any:
    me = call.me.id
    source, target = inputs.readable(call, request.from_peer), inputs.peer(call, request.to_peer)
    posts = call.world.posts
    if len(request.id) != len(request.random_id):
        raise bad_request("RANDOM_ID_INVALID")
    originals = [posts.find(me, source, number) for number in request.id]
    for original, random_id in zip(originals, request.random_id, strict=True):
        posts.check_random_id(me, random_id)
        if original.action is not None or getattr(original.media, "ttl_seconds", None):
            raise bad_request("MESSAGE_ID_INVALID")
        posts.check_sendable(me, target, kind_of_media(original.media))
    albums: dict[int, int] = {}
    sent = []
    for original, random_id in zip(originals, request.random_id, strict=True):
        post = _copy(call, request, original, target)
        topic = types.InputReplyToMessage(request.top_msg_id or 0, request.top_msg_id)
        addressing.address(call, post, request.reply_to or topic, request.send_as)
        if original.grouped_id is not None:
            fresh = int.from_bytes(call.world.random_bytes(8), "big") >> 1
            post.grouped_id = albums.setdefault(original.grouped_id, fresh)
        if post.forward is not None and target == Peer.user(me):
            _remember_source(post.forward, call, original, source)
        sent.append(drafts.deliver(call, post, random_id))
    return drafts.sent_answer(call, sent)


def _copy(call: Call, request: Any, original: Post, target: Peer) -> Post:
    world = call.world
    drops_caption = request.drop_media_captions and original.media is not None
    return world.posts.draft(
        call.me.id,
        target,
        text="" if drops_caption else original.text,
        entities=[] if drops_caption else list(original.entities),
        media=copy.deepcopy(original.media),
        forward=None if request.drop_author else origin(world.accounts, world.rooms, original),
        via_bot=original.via_bot,
        markup=original.markup,
        silent=bool(request.silent),
    )


def _remember_source(header: Any, call: Call, original: Post, source: Peer) -> None:
    header.saved_from_peer = source.tl()
    header.saved_from_msg_id = drafts.number_for(original, call.me.id)


HANDLERS: Handlers = MappingProxyType({messages.ForwardMessagesRequest: _forward})
