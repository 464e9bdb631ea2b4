# SPDX-License-Identifier: AGPL-3.0-or-later
"""Rights of administrators, bans and what members may do: https://core.telegram.org/api/rights."""

from types import MappingProxyType
from typing import Any

from telethon.tl import types
from telethon.tl.functions import channels, messages

from sandbox.telegram import inputs
from sandbox.telegram.privacy import INVITE, allows
from sandbox.telegram.records import Kind, Peer
from sandbox.telegram.rpc import Call, Handlers, bad_request, forbidden


def _edit_admin(call: Call, request: Any) -> Any:
    room = inputs.channel(call, request.channel)
    user, me = inputs.account(call, request.user_id), call.me.id
    if user.deleted:
        raise bad_request("INPUT_USER_DEACTIVATED")
    if user.id not in room.members and not allows(call.world.accounts, user, me, INVITE):
        raise forbidden("USER_PRIVACY_RESTRICTED")
    call.world.moderation.promote(room, user.id, me, request.admin_rights, request.rank)
    return call.world.updates.answer(me, peers=[room.peer, Peer.user(user.id)])


def _edit_group_admin(call: Call, request: Any) -> bool:
    room = inputs.group(call, request.chat_id)
    user, me = inputs.account(call, request.user_id).id, call.me.id
    call.world.moderation.set_group_admin(room, user, me, is_admin=request.is_admin)
    return True


def _edit_banned(call: Call, request: Any) -> Any:
    room = inputs.channel(call, request.channel)
    me = call.me.id
    if isinstance(request.participant, types.InputPeerChannel):
        named = inputs.channel(call, request.participant).peer
        call.world.moderation.ban_channel(room, named, me, request.banned_rights)
    else:
        named = Peer.user(inputs.account(call, request.participant).id)
        call.world.moderation.restrict(room, named.id, me, request.banned_rights)
    return call.world.updates.answer(me, peers=[room.peer, named])


def _edit_default_rights(call: Call, request: Any) -> Any:
    peer = inputs.peer(call, request.peer)
    if peer.kind is Kind.USER:
        raise bad_request("PEER_ID_INVALID")
    me = call.me.id
    room = call.world.rooms.get(peer)
    call.world.moderation.set_default_rights(room, me, request.banned_rights)
    return call.world.updates.answer(me, peers=[peer])


def _toggle_slow_mode(call: Call, request: Any) -> Any:
    room = inputs.channel(call, request.channel)
    me = call.me.id
    call.world.rooms.require_admin(room, me, "ban_users")
    if request.seconds not in {0, 10, 30, 60, 300, 900, 3600}:
        raise bad_request("SECONDS_INVALID")
    if room.slow_seconds == request.seconds:
        raise bad_request("CHAT_NOT_MODIFIED")
    room.slow_seconds = request.seconds
    call.world.rooms.save(room)
    call.world.updates.room_changed(room)
    return call.world.updates.answer(me, peers=[room.peer])


HANDLERS: Handlers = MappingProxyType(
    {
        channels.EditAdminRequest: _edit_admin,
        messages.EditChatAdminRequest: _edit_group_admin,
        channels.EditBannedRequest: _edit_banned,
        messages.EditChatDefaultBannedRightsRequest: _edit_default_rights,
        channels.ToggleSlowModeRequest: _toggle_slow_mode,
    }
)
