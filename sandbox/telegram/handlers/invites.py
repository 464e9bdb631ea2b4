# SPDX-License-Identifier: AGPL-3.0-or-later
"""Invite links and requests to join: https://core.telegram.org/api/invites."""

from types import MappingProxyType
from typing import Any

from telethon.tl import types
from telethon.tl.functions import channels, messages

from sandbox.telegram import inputs
from sandbox.telegram.clock import moment
from sandbox.telegram.records import Kind, Peer, Room, RoomKind
from sandbox.telegram.rpc import Call, Handlers, bad_request


def _export(call: Call, request: Any) -> Any:
    room = _own_room(call, request.peer)
    invites, me = call.world.invites, call.me.id
    special = request.expire_date or request.usage_limit or request.request_needed or request.title
    if not special:
        anew = bool(request.legacy_revoke_permanent)
        return invites.shown(invites.permanent(room, me, anew=anew))
    made = invites.make(
        room,
        me,
        expires=request.expire_date,
        limit=request.usage_limit or 0,
        request=bool(request.request_needed),
        title=request.title or "",
    )
    return invites.shown(made)


def _get_links(call: Call, request: Any) -> Any:
    room = _own_room(call, request.peer)
    admin = inputs.account(call, request.admin_id).id
    revoked = bool(request.revoked)
    found = [i for i in room.invites.values() if i.admin == admin and i.revoked == revoked]
    users, _ = call.world.render.people_and_rooms(call.me.id, [Peer.user(admin)])
    shown = [call.world.invites.shown(invite) for invite in found[: request.limit]]
    return types.messages.ExportedChatInvites(len(found), shown, users)


def _edit_link(call: Call, request: Any) -> Any:
    room = _own_room(call, request.peer)
    if not request.revoked:
        raise bad_request("CHAT_INVITE_PERMANENT")
    invite = call.world.invites.revoke(room, request.link)
    users, _ = call.world.render.people_and_rooms(call.me.id, [Peer.user(invite.admin)])
    return types.messages.ExportedChatInvite(call.world.invites.shown(invite), users)


def _check(call: Call, request: Any) -> Any:
    room, invite = call.world.invites.find(call.me.id, request.hash)
    if call.me.id in room.members:
        return types.ChatInviteAlready(call.world.render.chat(call.me.id, room))
    in_channel = room.kind is not RoomKind.GROUP
    return types.ChatInvite(
        title=room.title,
        photo=call.world.files.stamp(room.photo) or types.PhotoEmpty(0),
        participants_count=len(room.members),
        color=0,
        channel=in_channel or None,
        broadcast=room.broadcast or None,
        megagroup=(in_channel and not room.broadcast) or None,
        public=bool(room.username) or None,
        request_needed=invite.request or None,
        about=room.about or None,
    )


def _import(call: Call, request: Any) -> Any:
    room, invite = call.world.invites.find(call.me.id, request.hash)
    if room.kind is RoomKind.GROUP and len(room.members) >= call.world.limits.group_members:
        raise bad_request("USERS_TOO_MUCH")
    call.world.invites.join(call.me.id, room, invite)
    updates = call.world.updates.answer(call.me.id, peers=[room.peer])
    return types.messages.ChatInviteJoinResultOk(updates)


def _get_importers(call: Call, request: Any) -> Any:
    room = _own_room(call, request.peer)
    if not request.requested:
        return types.messages.ChatInviteImporters(0, [], [])
    waiting = [
        types.ChatInviteImporter(user, moment(date), requested=True)
        for user, date in reversed(room.requests.items())
    ]
    peers = [Peer.user(user) for user in room.requests]
    users, _ = call.world.render.people_and_rooms(call.me.id, peers)
    return types.messages.ChatInviteImporters(len(waiting), waiting[: request.limit], users)


def _decide(call: Call, request: Any) -> Any:
    room = _own_room(call, request.peer)
    user = inputs.account(call, request.user_id).id
    call.world.invites.decide(room, user, approved=bool(request.approved))
    return call.world.updates.answer(call.me.id, peers=[room.peer])


def _decide_all(call: Call, request: Any) -> Any:
    room = _own_room(call, request.peer)
    for user in list(room.requests):
        call.world.invites.decide(room, user, approved=bool(request.approved))
    return call.world.updates.answer(call.me.id, peers=[room.peer])


def _toggle_join_request(call: Call, request: Any) -> Any:
    room = inputs.channel(call, request.channel)
    call.world.rooms.require_admin(room, call.me.id, "change_info")
    if not room.username and room.linked is None:
        raise bad_request("CHAT_PUBLIC_REQUIRED")
    if room.join_request == request.enabled:
        raise bad_request("CHAT_NOT_MODIFIED")
    room.join_request = request.enabled
    call.world.rooms.save(room)
    call.world.updates.room_changed(room)
    return call.world.updates.answer(call.me.id, peers=[room.peer])


def _own_room(call: Call, given: Any) -> Room:
    peer = inputs.peer(call, given)
    if peer.kind is Kind.USER:
        raise bad_request("PEER_ID_INVALID")
    room = call.world.rooms.get(peer)
    call.world.rooms.require_admin(room, call.me.id, "invite_users")
    return room


HANDLERS: Handlers = MappingProxyType(
    {
        messages.ExportChatInviteRequest: _export,
        messages.GetExportedChatInvitesRequest: _get_links,
        messages.EditExportedChatInviteRequest: _edit_link,
        messages.CheckChatInviteRequest: _check,
        messages.ImportChatInviteRequest: _import,
        messages.GetChatInviteImportersRequest: _get_importers,
        messages.HideChatJoinRequestRequest: _decide,
        messages.HideAllChatJoinRequestsRequest: _decide_all,
        channels.ToggleJoinRequestRequest: _toggle_join_request,
    }
)
