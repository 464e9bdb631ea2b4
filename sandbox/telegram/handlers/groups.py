# SPDX-License-Identifier: AGPL-3.0-or-later
"""Basic groups, invite links and what the ``messages`` namespace does to rooms of any kind."""

from types import MappingProxyType
from typing import Any

from telethon.tl import types
from telethon.tl.functions import messages

from sandbox.telegram import inputs, participants
from sandbox.telegram.clock import moment
from sandbox.telegram.records import Kind, Peer, Room, RoomKind
from sandbox.telegram.rpc import Call, Handlers, bad_request


def _create_chat(call: Call, request: Any) -> Any:
    users = [inputs.account(call, given).id for given in request.users]
    if not users:
        raise bad_request("USERS_TOO_FEW")
    room = call.world.room_actions.create(RoomKind.GROUP, request.title, call.me.id, users)
    return invited(call, room)


def invited(call: Call, room: Room) -> Any:
    """Return the answer of the methods that bring people into a room."""
    updates = call.world.updates.answer(call.me.id, peers=[room.peer])
    return types.messages.InvitedUsers(updates, [])


def _add_chat_user(call: Call, request: Any) -> Any:
    room = inputs.group(call, request.chat_id)
    user = inputs.account(call, request.user_id)
    call.world.rooms.require_right(room, call.me.id, "invite_users")
    if len(room.members) >= call.world.limits.group_members:
        raise bad_request("USERS_TOO_MUCH")
    if not call.world.room_actions.invite(room, call.me.id, [user.id]):
        raise bad_request("USER_ALREADY_PARTICIPANT")
    return invited(call, room)


def _delete_chat_user(call: Call, request: Any) -> Any:
    room = inputs.group(call, request.chat_id)
    user = inputs.account(call, request.user_id).id
    me = call.me.id
    own_guest = user in room.members and room.members[user].inviter == me
    if user != me and not own_guest:
        call.world.rooms.require_right(room, me, "ban_users")
    call.world.room_actions.remove(room, user, by=me)
    return call.world.updates.answer(me, peers=[room.peer])


def _edit_title(call: Call, request: Any) -> Any:
    room = inputs.group(call, request.chat_id)
    call.world.rooms.require_right(room, call.me.id, "change_info")
    call.world.room_actions.set_title(room, call.me.id, request.title)
    return call.world.updates.answer(call.me.id)


def _edit_photo(call: Call, request: Any) -> Any:
    room = inputs.group(call, request.chat_id)
    call.world.rooms.require_right(room, call.me.id, "change_info")
    call.world.room_actions.set_photo(room, call.me.id, request.photo)
    return call.world.updates.answer(call.me.id)


def _edit_about(call: Call, request: Any) -> bool:
    room = _room(call, request.peer)
    call.world.rooms.require_right(room, call.me.id, "change_info")
    call.world.room_actions.set_about(room, request.about)
    return True


def _migrate(call: Call, request: Any) -> Any:
    room = inputs.group(call, request.chat_id)
    if room.creator != call.me.id:
        raise bad_request("CHAT_ADMIN_REQUIRED")
    target = call.world.room_actions.migrate(room, call.me.id)
    return call.world.updates.answer(call.me.id, peers=[room.peer, target.peer])


def _get_chats(call: Call, request: Any) -> Any:
    rooms = [call.world.rooms.get(Peer(Kind.CHAT, number)) for number in request.id]
    return types.messages.Chats([call.world.render.chat(call.me.id, room) for room in rooms])


def _get_full_chat(call: Call, request: Any) -> Any:
    room = call.world.rooms.get(Peer(Kind.CHAT, request.chat_id))
    me = call.me.id
    inside = me in room.members
    listed = participants.of_group(room) if inside else types.ChatParticipantsForbidden(room.id)
    full = types.ChatFull(
        id=room.id,
        about=room.about,
        participants=listed,
        notify_settings=call.world.dialogs.shown(me, room.peer).notify_settings,
        chat_photo=call.world.files.stamp(room.photo),
        exported_invite=_exported(call, room) if room.invite and inside else None,
        pinned_msg_id=call.world.pins.latest(me, room.peer),
        available_reactions=room.reactions or types.ChatReactionsAll(),
    )
    named = [room.peer, *(Peer.user(user) for user in (room.members if inside else ()))]
    users, chats = call.world.render.people_and_rooms(me, named)
    return types.messages.ChatFull(full, chats, users)


def _export_invite(call: Call, request: Any) -> Any:
    room = _room(call, request.peer)
    call.world.rooms.require_member(room, call.me.id)
    if not call.world.rooms.has_right(room, call.me.id, "invite_users"):
        raise bad_request("CHAT_ADMIN_REQUIRED")
    call.world.rooms.invite_of(room)
    return _exported(call, room)


def _exported(call: Call, room: Room) -> Any:
    link = f"https://t.me/+{call.world.rooms.invite_of(room)}"
    return types.ChatInviteExported(
        link=link, admin_id=room.creator, date=moment(room.date), permanent=True
    )


def _check_invite(call: Call, request: Any) -> Any:
    room = call.world.rooms.by_invite(request.hash)
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
        about=room.about or None,
    )


def _import_invite(call: Call, request: Any) -> Any:
    room = call.world.rooms.by_invite(request.hash)
    call.world.room_actions.join(room, call.me.id, by_link=True)
    updates = call.world.updates.answer(call.me.id, peers=[room.peer])
    return types.messages.ChatInviteJoinResultOk(updates)


def _room(call: Call, given: Any) -> Room:
    return call.world.rooms.get(inputs.peer(call, given))


HANDLERS: Handlers = MappingProxyType(
    {
        messages.CreateChatRequest: _create_chat,
        messages.AddChatUserRequest: _add_chat_user,
        messages.DeleteChatUserRequest: _delete_chat_user,
        messages.EditChatTitleRequest: _edit_title,
        messages.EditChatPhotoRequest: _edit_photo,
        messages.EditChatAboutRequest: _edit_about,
        messages.MigrateChatRequest: _migrate,
        messages.GetChatsRequest: _get_chats,
        messages.GetFullChatRequest: _get_full_chat,
        messages.ExportChatInviteRequest: _export_invite,
        messages.CheckChatInviteRequest: _check_invite,
        messages.ImportChatInviteRequest: _import_invite,
    }
)
