# SPDX-License-Identifier: AGPL-3.0-or-later
"""Who is in supergroups and channels, and with which rights."""

from types import MappingProxyType
from typing import Any

from telethon.tl import types
from telethon.tl.functions import channels

from sandbox.telegram import inputs, participants, rights
from sandbox.telegram.handlers.groups import invited
from sandbox.telegram.records import Member, Peer, Room
from sandbox.telegram.room_parts import Restriction
from sandbox.telegram.rpc import Call, Handlers, bad_request


def _invite(call: Call, request: Any) -> Any:
    room = inputs.channel(call, request.channel)
    users = [inputs.account(call, given) for given in request.users]
    call.world.rooms.require_right(room, call.me.id, "invite_users")
    call.world.room_actions.invite(
        room, call.me.id, [user.id for user in users if not user.deleted]
    )
    return invited(call, room)


def _join(call: Call, request: Any) -> Any:
    room = inputs.channel(call, request.channel)
    call.world.rooms.require_readable(room, call.me.id)
    call.world.room_actions.join(room, call.me.id, by_link=False)
    updates = call.world.updates.answer(call.me.id, peers=[room.peer])
    return types.messages.ChatInviteJoinResultOk(updates)


def _leave(call: Call, request: Any) -> Any:
    room = inputs.channel(call, request.channel)
    me = call.me.id
    call.world.rooms.require_member(room, me)
    if me == room.creator:
        raise bad_request("USER_CREATOR")
    call.world.room_actions.remove(room, me, by=me)
    return call.world.updates.answer(me, peers=[room.peer])


def _get_participants(call: Call, request: Any) -> Any:
    room = inputs.channel(call, request.channel)
    me = call.me.id
    call.world.rooms.require_readable(room, me)
    if room.broadcast and not call.world.rooms.has_right(room, me, "invite_users"):
        raise bad_request("CHAT_ADMIN_REQUIRED")
    listed = _filtered(call, room, request.filter)
    page = listed[request.offset : request.offset + min(request.limit, 200)]
    shown = [participants.of_channel(room, found, me, call.world.clock()) for found in page]
    named = [room.peer, *(Peer.user(found.user) for found in page)]
    users, chats = call.world.render.people_and_rooms(me, named)
    return types.channels.ChannelParticipants(len(listed), shown, chats, users)


def _filtered(call: Call, room: Room, wanted: Any) -> list[Member | Restriction]:
    if isinstance(wanted, types.ChannelParticipantsBots):
        return []
    if isinstance(wanted, types.ChannelParticipantsKicked | types.ChannelParticipantsBanned):
        gone = isinstance(wanted, types.ChannelParticipantsKicked)
        now = call.world.clock()
        active = [r for r in room.restricted.values() if rights.active(room, r.user, now)]
        return [r for r in active if bool(r.rights.view_messages) == gone]
    members = list(room.members.values())
    if isinstance(wanted, types.ChannelParticipantsAdmins):
        return [m for m in members if m.admin is not None or m.user == room.creator]
    query = getattr(wanted, "q", "").casefold()
    return [m for m in members if query in _name(call, m.user)]


def _name(call: Call, user: int) -> str:
    account = call.world.accounts.get(user)
    return f"{account.first_name} {account.last_name} {account.username or ''}".casefold()


def _get_participant(call: Call, request: Any) -> Any:
    room = inputs.channel(call, request.channel)
    call.world.rooms.require_readable(room, call.me.id)
    user = inputs.account(call, request.participant).id
    found = room.members.get(user) or room.restricted.get(user)
    if found is None:
        raise bad_request("USER_NOT_PARTICIPANT")
    users, chats = call.world.render.people_and_rooms(call.me.id, [room.peer, Peer.user(user)])
    shown = participants.of_channel(room, found, call.me.id, call.world.clock())
    return types.channels.ChannelParticipant(shown, chats, users)


HANDLERS: Handlers = MappingProxyType(
    {
        channels.InviteToChannelRequest: _invite,
        channels.JoinChannelRequest: _join,
        channels.LeaveChannelRequest: _leave,
        channels.GetParticipantsRequest: _get_participants,
        channels.GetParticipantRequest: _get_participant,
    }
)
