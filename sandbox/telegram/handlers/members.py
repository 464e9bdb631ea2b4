# SPDX-License-Identifier: AGPL-3.0-or-later
"""Who is in supergroups and channels, and with which rights."""

from types import MappingProxyType
from typing import Any

from telethon.tl import types
from telethon.tl.functions import channels

from sandbox.telegram import inputs, participants, rights
from sandbox.telegram.handlers.groups import invited, willing
from sandbox.telegram.records import Kind, Member, Peer, Room, RoomKind
from sandbox.telegram.room_parts import Restriction
from sandbox.telegram.rpc import Call, Handlers, bad_request


def _invite(call: Call, request: Any) -> Any:
    room = inputs.channel(call, request.channel)
    users, missing = willing(call, request.users)
    call.world.rooms.require_right(room, call.me.id, "invite_users")
    call.world.room_actions.invite(room, call.me.id, users)
    return invited(call, room, missing)


def _join(call: Call, request: Any) -> Any:
    room = inputs.channel(call, request.channel)
    call.world.rooms.require_readable(room, call.me.id)
    me = call.me.id
    if room.join_request and me not in room.members:
        call.world.invites.ask(me, room)
    call.world.room_actions.join(room, me, types.MessageActionChatAddUser([me]))
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
    if not rights.sees_members(room, me) and not isinstance(request.filter, _ALWAYS_SHOWN):
        raise bad_request("CHAT_ADMIN_REQUIRED")
    listed = _filtered(call, room, request.filter)
    page = listed[request.offset : request.offset + min(request.limit, 200)]
    now = call.world.clock()
    shown = [participants.of_channel(room, found, me, now) for found in page]
    named = [room.peer, *map(participants.peer_of, page)]
    users, chats = call.world.render.people_and_rooms(me, named)
    return types.channels.ChannelParticipants(len(listed), shown, chats, users)


def _filtered(call: Call, room: Room, wanted: Any) -> list[Member | Restriction]:
    query = (getattr(wanted, "q", None) or "").casefold()
    if isinstance(wanted, types.ChannelParticipantsKicked | types.ChannelParticipantsBanned):
        gone = isinstance(wanted, types.ChannelParticipantsKicked)
        call.world.rooms.require_admin(room, call.me.id, "ban_users")
        return [
            one
            for one in rights.restrictions(room, call.world.clock())
            if bool(one.rights.view_messages) == gone and query in _name(call, one)
        ]
    members = list(room.members.values())
    if isinstance(wanted, types.ChannelParticipantsAdmins):
        return [m for m in members if m.admin is not None or m.user == room.creator]
    if isinstance(wanted, types.ChannelParticipantsBots):
        return [m for m in members if call.world.accounts.get(m.user).bot]
    if isinstance(wanted, types.ChannelParticipantsContacts):
        accounts, me = call.world.accounts, call.me.id
        members = [m for m in members if accounts.contact(me, m.user) is not None]
    return [m for m in members if query in _name(call, m)]


def _name(call: Call, found: Member | Restriction) -> str:
    if isinstance(found, Restriction) and found.is_channel:
        return call.world.rooms.get(Peer(Kind.CHANNEL, found.user)).title.casefold()
    account = call.world.accounts.get(found.user)
    return f"{account.first_name} {account.last_name} {account.username or ''}".casefold()


def _get_participant(call: Call, request: Any) -> Any:
    room = inputs.channel(call, request.channel)
    call.world.rooms.require_readable(room, call.me.id)
    me, peer = call.me.id, inputs.peer(call, request.participant)
    now = call.world.clock()
    found = room.members.get(peer.id) or rights.active(room, peer.id, now)
    if found is None:
        raise bad_request("USER_NOT_PARTICIPANT")
    users, chats = call.world.render.people_and_rooms(me, [room.peer, peer])
    shown = participants.of_channel(room, found, me, now)
    return types.channels.ChannelParticipant(shown, chats, users)


def _toggle_hidden(call: Call, request: Any) -> Any:
    room = inputs.channel(call, request.channel)
    me = call.me.id
    call.world.rooms.require_admin(room, me, "ban_users")
    if len(room.members) < call.world.limits.hidden_members_group_size_min:
        raise bad_request("PARTICIPANTS_TOO_FEW")
    if room.members_hidden == request.enabled:
        raise bad_request("CHAT_NOT_MODIFIED")
    room.members_hidden = request.enabled
    return _changed(call, room)


def _convert_to_gigagroup(call: Call, request: Any) -> Any:
    room = inputs.channel(call, request.channel)
    if room.creator != call.me.id or room.kind is not RoomKind.SUPERGROUP:
        raise bad_request("CHAT_ADMIN_REQUIRED")
    if len(room.members) < call.world.limits.gigagroup_members:
        raise bad_request("PARTICIPANTS_TOO_FEW")
    if room.forum:
        raise bad_request("FORUM_ENABLED")
    room.gigagroup = True
    return _changed(call, room)


def _changed(call: Call, room: Room) -> Any:
    call.world.rooms.save(room)
    call.world.updates.room_changed(room)
    return call.world.updates.answer(call.me.id, peers=[room.peer])


_ALWAYS_SHOWN = (types.ChannelParticipantsAdmins, types.ChannelParticipantsBots)
"""What everybody sees of a group that hides its members."""

HANDLERS: Handlers = MappingProxyType(
    {
        channels.InviteToChannelRequest: _invite,
        channels.JoinChannelRequest: _join,
        channels.LeaveChannelRequest: _leave,
        channels.GetParticipantsRequest: _get_participants,
        channels.GetParticipantRequest: _get_participant,
        channels.ToggleParticipantsHiddenRequest: _toggle_hidden,
        channels.ConvertToGigagroupRequest: _convert_to_gigagroup,
    }
)
