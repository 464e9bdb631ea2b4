# SPDX-License-Identifier: AGPL-3.0-or-later
"""Reactions: https://core.telegram.org/api/reactions."""

from types import MappingProxyType
from typing import Any

from telethon.tl import types
from telethon.tl.functions import messages

from sandbox.telegram import inputs
from sandbox.telegram.limits import ALLOWED_REACTIONS
from sandbox.telegram.reaction_view import peer_reaction
from sandbox.telegram.records import Kind
from sandbox.telegram.rpc import Call, Handlers, bad_request, forbidden


def _send_reaction(call: Call, request: Any) -> Any:
    me, peer = call.me.id, inputs.readable(call, request.peer)
    post = call.world.posts.find(me, peer, request.msg_id)
    given = [r for r in request.reaction or [] if not isinstance(r, types.ReactionEmpty)]
    call.world.reactions.replace(call.me, post, given, big=bool(request.big))
    return call.world.updates.answer(me)


def _send_stars(call: Call, request: Any) -> Any:
    me, peer = call.me.id, inputs.readable(call, request.peer)
    post = call.world.posts.find(me, peer, request.msg_id)
    call.world.posts.check_random_id(me, request.random_id)
    anonymous = isinstance(request.private, types.PaidReactionPrivacyAnonymous)
    call.world.reactions.pay(call.me, post, request.count, anonymous=anonymous)
    call.world.posts.remember_random_id(me, request.random_id)
    return call.world.updates.answer(me)


def _get_list(call: Call, request: Any) -> Any:
    me, peer = call.me.id, inputs.readable(call, request.peer)
    post = call.world.posts.find(me, peer, request.id)
    if peer.kind is Kind.CHANNEL and call.world.rooms.get(peer).broadcast:
        raise forbidden("BROADCAST_FORBIDDEN")
    chosen = [
        given
        for given in reversed(post.reactions)
        if request.reaction is None or bytes(given.reaction) == bytes(request.reaction)
    ]
    start = int(request.offset or 0)
    page = chosen[start : start + request.limit]
    end = start + len(page)
    users, chats = call.world.render.people_and_rooms(me, call.world.render.peers_in(post))
    return types.messages.MessageReactionsList(
        count=len(chosen),
        reactions=[peer_reaction(me, given) for given in page],
        chats=chats,
        users=users,
        next_offset=str(end) if end < len(chosen) else None,
    )


def _get_reactions(call: Call, request: Any) -> Any:
    me, peer = call.me.id, inputs.readable(call, request.peer)
    shown, named = [], {peer}
    for number in request.id:
        post = call.world.posts.find(me, peer, number)
        reactions = call.world.render.reactions(me, post)
        shown.append(types.UpdateMessageReactions(peer.tl(), number, reactions))
        named |= call.world.render.peers_in(post)
    return call.world.updates.answer(me, shown, named)


def _get_available(_call: Call, _request: Any) -> Any:
    nothing = types.DocumentEmpty(0)
    available = [
        types.AvailableReaction(
            reaction=emoji,
            title=emoji,
            static_icon=nothing,
            appear_animation=nothing,
            select_animation=nothing,
            activate_animation=nothing,
            effect_animation=nothing,
        )
        for emoji in ALLOWED_REACTIONS
    ]
    return types.messages.AvailableReactions(0, available)


def _set_available(call: Call, request: Any) -> Any:
    peer = inputs.peer(call, request.peer)
    if peer.kind is Kind.USER:
        raise bad_request("PEER_ID_INVALID")
    room = call.world.rooms.get(peer)
    call.world.rooms.require_right(room, call.me.id, "change_info")
    room.reactions = request.available_reactions
    if request.paid_enabled is not None:
        room.paid_reactions = request.paid_enabled
    call.world.rooms.save(room)
    call.world.updates.room_changed(room)
    return call.world.updates.answer(call.me.id)


HANDLERS: Handlers = MappingProxyType(
    {
        messages.SendReactionRequest: _send_reaction,
        messages.SendPaidReactionRequest: _send_stars,
        messages.GetMessageReactionsListRequest: _get_list,
        messages.GetMessagesReactionsRequest: _get_reactions,
        messages.GetAvailableReactionsRequest: _get_available,
        messages.SetChatAvailableReactionsRequest: _set_available,
    }
)
