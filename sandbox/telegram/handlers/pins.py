# SPDX-License-Identifier: AGPL-3.0-or-later
"""Pinning and unpinning messages: https://core.telegram.org/api/pin."""

from types import MappingProxyType
from typing import Any

from telethon.tl import types
from telethon.tl.functions import messages

from sandbox.telegram import inputs
from sandbox.telegram.records import Kind, Peer
from sandbox.telegram.rpc import Call, Handlers, bad_request


def _update(call: Call, request: Any) -> Any:
    me, peer = call.me.id, inputs.readable(call, request.peer)
    post = call.world.posts.find(me, peer, request.id)
    _require_right(call, peer)
    if post.action is not None:
        raise bad_request("MESSAGE_ID_INVALID")
    one_side = bool(request.pm_oneside) and peer.kind is Kind.USER
    if request.unpin:
        call.world.pins.unpin(post, me, one_side=one_side)
    else:
        call.world.pins.pin(post, me, silent=bool(request.silent), one_side=one_side)
    return call.world.updates.answer(me)


def _unpin_all(call: Call, request: Any) -> Any:
    me, peer = call.me.id, inputs.readable(call, request.peer)
    _require_right(call, peer)
    count = call.world.pins.unpin_all(me, peer, request.top_msg_id)
    pts = call.world.mailboxes.holding(me, peer).box.pts
    return types.messages.AffectedHistory(pts, count, 0)


def _require_right(call: Call, peer: Peer) -> None:
    if peer.kind is not Kind.USER:
        call.world.pins.require_right(call.world.rooms.get(peer), call.me.id)


HANDLERS: Handlers = MappingProxyType(
    {
        messages.UpdatePinnedMessageRequest: _update,
        messages.UnpinAllMessagesRequest: _unpin_all,
    }
)
