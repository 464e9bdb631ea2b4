# SPDX-License-Identifier: AGPL-3.0-or-later
"""Basic groups and what the ``messages`` namespace does to rooms of any kind."""

from types import MappingProxyType
from typing import Any

from telethon.tl import types
from telethon.tl.functions import messages

from sandbox.telegram import inputs, participants
from sandbox.telegram.privacy import INVITE, allows
from sandbox.telegram.records import Kind, Peer, Room, RoomKind
from sandbox.telegram.rpc import Call, Handlers, bad_request


def _create_chat(call: Call, request: Any) -> Any:
    users, missing = willing(call, request.users)
    if not request.users:
        raise bad_request("USERS_TOO_FEW")
    room = call.world.room_actions.create(RoomKind.GROUP, request.title, call.me.id, users)
    if request.ttl_period:
        call.world.lifetimes.set(call.me.id, room.peer, request.ttl_period)
    return invited(call, room, missing)


def willing(call: Call, given: list[Any]) -> tuple[list[int], list[int]]:
    """Return who lets the caller add them to groups, and who does not.

    Raises INPUT_USER_DEACTIVATED.
    """
    accounts = [inputs.account(call, one) for one in given]
    if any(one.deleted for one in accounts):
        raise bad_request("INPUT_USER_DEACTIVATED")
    allowed = [one.id for one in accounts if allows(call.world.accounts, one, call.me.id, INVITE)]
    return allowed, [one.id for one in accounts if one.id not in allowed]


def invited(call: Call, room: Room, missing: list[int]) -> Any:
    """Return the answer of the methods that bring people into a room."""
    named = [room.peer, *map(Peer.user, missing)]
    updates = call.world.updates.answer(call.me.id, peers=named)
    return types.messages.InvitedUsers(updates, [types.MissingInvitee(user) for user in missing])


def _add_chat_user(call: Call, request: Any) -> Any:
    room = inputs.group(call, request.chat_id)
    users, missing = willing(call, [request.user_id])
    call.world.rooms.require_right(room, call.me.id, "invite_users")
    if len(room.members) >= call.world.limits.group_members:
        raise bad_request("USERS_TOO_MUCH")
    if users and not call.world.room_actions.invite(room, call.me.id, users):
        raise bad_request("USER_ALREADY_PARTICIPANT")
    return invited(call, room, missing)


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
        ttl_period=room.ttl or None,
        exported_invite=call.world.invites.own(room, me),
        requests_pending=len(room.requests) or None,
        recent_requesters=list(room.requests) or None,
        pinned_msg_id=call.world.pins.latest(me, room.peer),
        available_reactions=room.reactions or types.ChatReactionsAll(),
    )
    named = [room.peer, *(Peer.user(user) for user in (room.members if inside else ()))]
    users, chats = call.world.render.people_and_rooms(me, named)
    return types.messages.ChatFull(full, chats, users)


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
    }
)
