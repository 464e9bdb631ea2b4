# SPDX-License-Identifier: AGPL-3.0-or-later
"""Who is in supergroups and channels, and with which rights."""

from types import MappingProxyType
from typing import Any

from telethon.tl import types
from telethon.tl.functions import channels

from sandbox.telegram import inputs
from sandbox.telegram.clock import moment
from sandbox.telegram.handlers.groups import invited
from sandbox.telegram.records import Member, Peer, Restriction, Room
from sandbox.telegram.rooms import ALL_RIGHTS
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


def _edit_admin(call: Call, request: Any) -> Any:
    room = inputs.channel(call, request.channel)
    user = inputs.account(call, request.user_id).id
    me = call.me.id
    call.world.rooms.require_right(room, me, "add_admins")
    call.world.room_actions.promote(room, user, me, request.admin_rights, request.rank)
    return call.world.updates.answer(me, peers=[room.peer, Peer.user(user)])


def _edit_banned(call: Call, request: Any) -> Any:
    room = inputs.channel(call, request.channel)
    user = inputs.account(call, request.participant).id
    me = call.me.id
    call.world.rooms.require_right(room, me, "ban_users")
    call.world.room_actions.restrict(room, user, me, request.banned_rights)
    return call.world.updates.answer(me, peers=[room.peer, Peer.user(user)])


def _get_participants(call: Call, request: Any) -> Any:
    room = inputs.channel(call, request.channel)
    me = call.me.id
    call.world.rooms.require_readable(room, me)
    if room.broadcast and not call.world.rooms.has_right(room, me, "invite_users"):
        raise bad_request("CHAT_ADMIN_REQUIRED")
    listed = _filtered(call, room, request.filter)
    page = listed[request.offset : request.offset + min(request.limit, 200)]
    shown = [_participant(room, found, me) for found in page]
    named = [room.peer, *(Peer.user(found.user) for found in page)]
    users, chats = call.world.render.people_and_rooms(me, named)
    return types.channels.ChannelParticipants(len(listed), shown, chats, users)


def _filtered(call: Call, room: Room, wanted: Any) -> list[Member | Restriction]:
    if isinstance(wanted, types.ChannelParticipantsBots):
        return []
    if isinstance(wanted, types.ChannelParticipantsKicked | types.ChannelParticipantsBanned):
        gone = isinstance(wanted, types.ChannelParticipantsKicked)
        return [r for r in room.restricted.values() if bool(r.rights.view_messages) == gone]
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
    return types.channels.ChannelParticipant(_participant(room, found, call.me.id), chats, users)


def _participant(room: Room, found: Member | Restriction, viewer: int) -> Any:
    restriction = room.restricted.get(found.user)
    if restriction is not None:
        return types.ChannelParticipantBanned(
            peer=types.PeerUser(found.user),
            kicked_by=restriction.by,
            date=moment(restriction.date),
            banned_rights=restriction.rights,
            left=found.user not in room.members or None,
        )
    assert isinstance(found, Member)
    if found.user == room.creator:
        return types.ChannelParticipantCreator(found.user, ALL_RIGHTS, found.rank)
    if found.admin is not None:
        return types.ChannelParticipantAdmin(
            user_id=found.user,
            promoted_by=found.promoted_by,
            date=moment(found.date),
            admin_rights=found.admin,
            can_edit=viewer in {room.creator, found.promoted_by} or None,
            is_self=found.user == viewer or None,
            inviter_id=found.inviter if found.user == viewer else None,
            rank=found.rank,
        )
    if found.user == viewer:
        return types.ChannelParticipantSelf(found.user, found.inviter, moment(found.date))
    return types.ChannelParticipant(found.user, moment(found.date))


HANDLERS: Handlers = MappingProxyType(
    {
        channels.InviteToChannelRequest: _invite,
        channels.JoinChannelRequest: _join,
        channels.LeaveChannelRequest: _leave,
        channels.EditAdminRequest: _edit_admin,
        channels.EditBannedRequest: _edit_banned,
        channels.GetParticipantsRequest: _get_participants,
        channels.GetParticipantRequest: _get_participant,
    }
)
