# SPDX-License-Identifier: AGPL-3.0-or-later
"""Discussion groups, comments and threads: https://core.telegram.org/api/discussion, /api/threads."""

from types import MappingProxyType
from typing import Any

from telethon.tl import types
from telethon.tl.functions import channels, messages

from sandbox.telegram import inputs
from sandbox.telegram.handlers import history
from sandbox.telegram.records import Kind, Peer, Room
from sandbox.telegram.rpc import Call, Handlers, bad_request
from sandbox.telegram.threads import GENERAL


def _link(call: Call, request: Any) -> bool:
    channel, group = [
        None if isinstance(one, types.InputChannelEmpty) else inputs.channel(call, one)
        for one in (request.broadcast, request.group)
    ]
    call.world.discussions.link(call.me.id, channel, group)
    return True


def _get_groups(call: Call, _request: Any) -> Any:
    me = call.me.id
    own = [
        room
        for room in call.world.rooms.of_member(me)
        if room.creator == me and not room.broadcast and not room.forum and not room.deactivated
    ]
    return types.messages.Chats([call.world.render.chat(me, room) for room in own])


def _toggle_join_to_send(call: Call, request: Any) -> Any:
    group = inputs.channel(call, request.channel)
    call.world.rooms.require_admin(group, call.me.id, "change_info")
    if group.join_to_send == request.enabled:
        raise bad_request("CHAT_NOT_MODIFIED")
    group.join_to_send = request.enabled
    call.world.rooms.save(group)
    call.world.updates.room_changed(group)
    return call.world.updates.answer(call.me.id, peers=[group.peer])


def _get_discussion(call: Call, request: Any) -> Any:
    me = call.me.id
    group, top = _thread(call, request.peer, request.msg_id)
    mailbox = call.world.mailboxes.of(group.peer)
    numbers = call.world.threads.numbers(group, top)
    first = [mailbox.posts[top]] if top in mailbox.posts else []
    named = {group.peer}.union(*(call.world.render.peers_in(post) for post in first))
    users, chats = call.world.render.people_and_rooms(me, named)
    dialog = call.world.mailboxes.find_dialog(me, group.peer)
    reading = dialog.threads.get(top) if dialog is not None else None
    return types.messages.DiscussionMessage(
        messages=[call.world.render.message(me, group.peer, post) for post in first],
        unread_count=call.world.threads.unread(group, top, me),
        chats=chats,
        users=users,
        max_id=numbers[-1] if numbers else None,
        read_inbox_max_id=call.world.threads.read_up_to(group, top, me) or None,
        read_outbox_max_id=reading.outbox if reading is not None else None,
    )


def _get_replies(call: Call, request: Any) -> Any:
    group, top = _thread(call, request.peer, request.msg_id)
    mailbox = call.world.mailboxes.of(group.peer)
    numbers = call.world.threads.numbers(group, top)
    return history.page(call, mailbox, numbers, request, group.peer)


def _read(call: Call, request: Any) -> bool:
    group, top = _thread(call, request.peer, request.msg_id)
    call.world.rooms.require_readable(group, call.me.id)
    call.world.readings.read(call.me.id, group, top, request.read_max_id)
    return True


def _get_views(call: Call, request: Any) -> Any:
    me, peer = call.me.id, inputs.readable(call, request.peer)
    mailbox = call.world.mailboxes.holding(me, peer)
    shown = []
    for number in request.id:
        post = mailbox.posts.get(number)
        message = call.world.render.message(me, mailbox.owner, post) if post is not None else None
        shown.append(
            types.MessageViews(
                views=getattr(message, "views", None),
                forwards=getattr(message, "forwards", None),
                replies=getattr(message, "replies", None),
            )
        )
    users, chats = call.world.render.people_and_rooms(me, [peer])
    return types.messages.MessageViews(shown, chats, users)


def _thread(call: Call, given: Any, number: int) -> tuple[Room, int]:
    peer: Peer = inputs.readable(call, given)
    if peer.kind is not Kind.CHANNEL:
        raise bad_request("PEER_ID_INVALID")
    room = call.world.rooms.get(peer)
    if room.forum and number == GENERAL:
        return room, number
    return call.world.discussions.thread(room, number)


HANDLERS: Handlers = MappingProxyType(
    {
        channels.SetDiscussionGroupRequest: _link,
        channels.GetGroupsForDiscussionRequest: _get_groups,
        channels.ToggleJoinToSendRequest: _toggle_join_to_send,
        messages.GetDiscussionMessageRequest: _get_discussion,
        messages.GetRepliesRequest: _get_replies,
        messages.ReadDiscussionRequest: _read,
        messages.GetMessagesViewsRequest: _get_views,
    }
)
