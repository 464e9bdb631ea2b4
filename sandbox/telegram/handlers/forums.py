# SPDX-License-Identifier: AGPL-3.0-or-later
"""Forums and their topics: https://core.telegram.org/api/forum."""

from types import MappingProxyType
from typing import Any

from telethon.tl import types
from telethon.tl.functions import channels, messages

from sandbox.telegram import inputs
from sandbox.telegram.records import Room
from sandbox.telegram.room_parts import Topic
from sandbox.telegram.rpc import Call, Handlers, bad_request


def _toggle(call: Call, request: Any) -> Any:
    room = inputs.channel(call, request.channel)
    me = call.me.id
    call.world.rooms.require_member(room, me)
    call.world.topics.toggle(room, me, enabled=request.enabled, tabs=request.tabs)
    return call.world.updates.answer(me, peers=[room.peer])


def _create(call: Call, request: Any) -> Any:
    room = _forum(call, request.peer)
    me = call.me.id
    call.world.posts.check_random_id(me, request.random_id)
    topic, _ = call.world.topics.create(
        room, me, request.title, request.icon_color, request.icon_emoji_id
    )
    call.world.posts.remember_random_id(me, request.random_id)
    return call.world.updates.answer(me, [types.UpdateMessageID(topic.id, request.random_id)])


def _edit(call: Call, request: Any) -> Any:
    room = _forum(call, request.peer)
    me = call.me.id
    call.world.topics.edit(
        room,
        me,
        request.topic_id,
        title=request.title,
        emoji=request.icon_emoji_id,
        closed=request.closed,
        hidden=request.hidden,
    )
    return call.world.updates.answer(me, peers=[room.peer])


def _get(call: Call, request: Any) -> Any:
    room = _forum(call, request.peer)
    ordered = call.world.topics.ordered(room, request.q or "")
    start = 0
    if request.offset_topic:
        numbers = [topic.id for topic in ordered]
        known = request.offset_topic in numbers
        start = numbers.index(request.offset_topic) + 1 if known else len(numbers)
    page = ordered[start : start + max(1, min(request.limit or 100, call.world.limits.page))]
    shown = [call.world.topics.shown(call.me.id, room, topic) for topic in page]
    return _answer(call, room, page, shown, len(ordered))


def _get_by_id(call: Call, request: Any) -> Any:
    room = _forum(call, request.peer)
    page = [room.topics[number] for number in request.topics if number in room.topics]
    shown = [
        call.world.topics.shown(call.me.id, room, room.topics[number])
        if number in room.topics
        else types.ForumTopicDeleted(number)
        for number in request.topics
    ]
    return _answer(call, room, page, shown, len(shown))


def _answer(call: Call, room: Room, page: list[Topic], shown: list[Any], count: int) -> Any:
    me = call.me.id
    mailbox = call.world.mailboxes.of(room.peer)
    numbers = [call.world.topics.top_message(room, topic.id) for topic in page]
    posts = [mailbox.posts[number] for number in numbers if number in mailbox.posts]
    named = {room.peer}.union(*(call.world.render.peers_in(post) for post in posts))
    users, chats = call.world.render.people_and_rooms(me, named)
    return types.messages.ForumTopics(
        count=count,
        topics=shown,
        messages=[call.world.render.message(me, room.peer, post) for post in posts],
        chats=chats,
        users=users,
        pts=mailbox.box.pts,
    )


def _pin(call: Call, request: Any) -> Any:
    room = _forum(call, request.peer)
    call.world.topics.pin(room, call.me.id, request.topic_id, pinned=request.pinned)
    return call.world.updates.answer(call.me.id, peers=[room.peer])


def _reorder(call: Call, request: Any) -> Any:
    room = _forum(call, request.peer)
    call.world.topics.reorder(room, call.me.id, request.order)
    return call.world.updates.answer(call.me.id, peers=[room.peer])


def _delete(call: Call, request: Any) -> Any:
    room = _forum(call, request.peer)
    entry = call.world.topics.delete(room, call.me.id, request.top_msg_id)
    pts = call.world.mailboxes.of(room.peer).box.pts
    return types.messages.AffectedHistory(pts, entry.count if entry is not None else 0, 0)


def _forum(call: Call, given: Any) -> Room:
    if not isinstance(given, types.InputPeerChannel | types.InputPeerChannelFromMessage):
        raise bad_request("PEER_ID_INVALID")
    room = inputs.channel(call, given)
    call.world.rooms.require_readable(room, call.me.id)
    call.world.topics.require_forum(room)
    return room


HANDLERS: Handlers = MappingProxyType(
    {
        channels.ToggleForumRequest: _toggle,
        messages.CreateForumTopicRequest: _create,
        messages.EditForumTopicRequest: _edit,
        messages.GetForumTopicsRequest: _get,
        messages.GetForumTopicsByIDRequest: _get_by_id,
        messages.UpdatePinnedForumTopicRequest: _pin,
        messages.ReorderPinnedForumTopicsRequest: _reorder,
        messages.DeleteTopicHistoryRequest: _delete,
    }
)
