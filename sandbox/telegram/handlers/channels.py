# SPDX-License-Identifier: AGPL-3.0-or-later
"""Supergroups and channels themselves; their members are in `members`."""

from types import MappingProxyType
from typing import Any

from telethon.tl import types
from telethon.tl.functions import channels

from sandbox.telegram import inputs, rights
from sandbox.telegram.records import Kind, Peer, Room, RoomKind
from sandbox.telegram.rpc import Call, Handlers, bad_request


def _create(call: Call, request: Any) -> Any:
    kind = RoomKind.SUPERGROUP if request.megagroup else RoomKind.CHANNEL
    room = call.world.room_actions.create(kind, request.title, call.me.id, about=request.about)
    if request.forum:
        call.world.topics.toggle(room, call.me.id, enabled=True, tabs=False)
    if request.ttl_period:
        call.world.lifetimes.set(call.me.id, room.peer, request.ttl_period)
    return call.world.updates.answer(call.me.id, peers=[room.peer])


def _delete(call: Call, request: Any) -> Any:
    room = inputs.channel(call, request.channel)
    if room.creator != call.me.id:
        raise bad_request("CHAT_ADMIN_REQUIRED")
    call.world.room_actions.delete(room)
    return call.world.updates.answer(call.me.id, peers=[room.peer])


def _get(call: Call, request: Any) -> Any:
    rooms = [inputs.channel(call, given) for given in request.id]
    return types.messages.Chats([call.world.render.chat(call.me.id, room) for room in rooms])


def _get_full(call: Call, request: Any) -> Any:
    room = inputs.channel(call, request.channel)
    me = call.me.id
    call.world.rooms.require_readable(room, me)
    mailbox = call.world.mailboxes.of(room.peer)
    dialog = call.world.dialogs.shown(me, room.peer)
    is_admin = rights.admin_rights(room, me) is not None
    taken = rights.restrictions(room, call.world.clock())
    old_chat, old_top = _before_migration(call, room)
    full = types.ChannelFull(
        id=room.id,
        about=room.about,
        read_inbox_max_id=dialog.read_inbox_max_id,
        read_outbox_max_id=dialog.read_outbox_max_id,
        unread_count=dialog.unread_count,
        chat_photo=call.world.files.stamp(room.photo) or types.PhotoEmpty(0),
        notify_settings=dialog.notify_settings,
        folder_id=dialog.folder_id,
        bot_info=[],
        pts=mailbox.box.pts,
        can_view_participants=rights.sees_members(room, me) or None,
        participants_hidden=room.members_hidden or None,
        ttl_period=room.ttl or None,
        exported_invite=call.world.invites.own(room, me),
        requests_pending=len(room.requests) or None if is_admin else None,
        recent_requesters=list(room.requests) or None if is_admin else None,
        kicked_count=sum(1 for r in taken if r.rights.view_messages) if is_admin else None,
        banned_count=sum(1 for r in taken if not r.rights.view_messages) if is_admin else None,
        participants_count=len(room.members),
        admins_count=1 + sum(1 for member in room.members.values() if member.admin is not None),
        linked_chat_id=room.linked,
        default_send_as=_default_send_as(call, room),
        slowmode_seconds=room.slow_seconds or None,
        migrated_from_chat_id=old_chat,
        migrated_from_max_id=old_top,
        pinned_msg_id=call.world.pins.latest(me, room.peer),
        paid_reactions_available=room.paid_reactions or None,
        available_reactions=room.reactions or types.ChatReactionsAll(),
    )
    linked = [Peer(Kind.CHANNEL, room.linked)] if room.linked else []
    users, chats = call.world.render.people_and_rooms(me, [room.peer, *linked])
    return types.messages.ChatFull(full, chats, users)


def _default_send_as(call: Call, room: Room) -> Any:
    member = room.members.get(call.me.id)
    if member is None or member.send_as is None:
        return None
    return call.world.identities.default(room, call.me.id).tl()


def _before_migration(call: Call, room: Room) -> tuple[int | None, int | None]:
    # Ids in a basic group are each member's own, and who came later has no part in it.
    if room.migrated_from is None:
        return None, None
    mailbox = call.world.mailboxes.of(Peer.user(call.me.id))
    history = mailbox.history(Peer(Kind.CHAT, room.migrated_from))
    return (room.migrated_from, history[-1]) if history else (None, None)


def _edit_title(call: Call, request: Any) -> Any:
    room = inputs.channel(call, request.channel)
    call.world.rooms.require_right(room, call.me.id, "change_info")
    call.world.room_actions.set_title(room, call.me.id, request.title)
    return call.world.updates.answer(call.me.id)


def _edit_photo(call: Call, request: Any) -> Any:
    room = inputs.channel(call, request.channel)
    call.world.rooms.require_right(room, call.me.id, "change_info")
    call.world.room_actions.set_photo(room, call.me.id, request.photo)
    return call.world.updates.answer(call.me.id)


def _is_username(text: str) -> bool:
    known = text.isascii() and text.replace("_", "").isalnum() and text[0].isalpha()
    return known and 5 <= len(text) <= 32


def _check_username(call: Call, request: Any) -> bool:
    accounts, rooms = call.world.accounts, call.world.rooms
    return (
        accounts.by_username(request.username) is None
        and rooms.by_username(request.username) is None
    )


def _update_username(call: Call, request: Any) -> bool:
    room = inputs.channel(call, request.channel)
    if room.creator != call.me.id:
        raise bad_request("CHAT_ADMIN_REQUIRED")
    if (room.username or "") == request.username:
        raise bad_request("USERNAME_NOT_MODIFIED")
    if request.username and not _is_username(request.username):
        raise bad_request("USERNAME_INVALID")
    if request.username and not _check_username(call, request):
        raise bad_request("USERNAME_OCCUPIED")
    room.username = request.username or None
    call.world.rooms.save(room)
    call.world.updates.room_changed(room)
    return True


HANDLERS: Handlers = MappingProxyType(
    {
        channels.CreateChannelRequest: _create,
        channels.DeleteChannelRequest: _delete,
        channels.GetChannelsRequest: _get,
        channels.GetFullChannelRequest: _get_full,
        channels.EditTitleRequest: _edit_title,
        channels.EditPhotoRequest: _edit_photo,
        channels.CheckUsernameRequest: _check_username,
        channels.UpdateUsernameRequest: _update_username,
    }
)
