# SPDX-License-Identifier: AGPL-3.0-or-later
"""Forwarding: messages sent again, with their origin."""

from types import MappingProxyType
from typing import Any

from telethon.tl import types
from telethon.tl.functions import messages

from sandbox.telegram import inputs
from sandbox.telegram.clock import moment
from sandbox.telegram.handlers import drafts
from sandbox.telegram.records import Peer, Post
from sandbox.telegram.rpc import Call, Handlers


def _forward(call: Call, request: Any) -> Any:
    me = call.me.id
    source, target = inputs.readable(call, request.from_peer), inputs.peer(call, request.to_peer)
    posts = call.world.posts
    for random_id in request.random_id:
        posts.check_random_id(me, random_id)
    sent = []
    for number, random_id in zip(request.id, request.random_id, strict=True):
        original = posts.find(me, source, number)
        posts.check_sendable(me, target)
        post = posts.draft(
            me,
            target,
            text=original.text,
            entities=list(original.entities),
            media=original.media,
            forward=None if request.drop_author else _forward_header(original),
        )
        sent.append(drafts.deliver(call, post, random_id))
    return drafts.sent_answer(call, sent)


def _forward_header(original: Post) -> Any:
    if original.forward is not None:
        return original.forward
    source = Peer.user(original.sender)
    return types.MessageFwdHeader(date=moment(original.date), from_id=source.tl())


HANDLERS: Handlers = MappingProxyType({messages.ForwardMessagesRequest: _forward})
