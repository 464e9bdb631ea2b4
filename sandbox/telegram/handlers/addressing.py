# SPDX-License-Identifier: AGPL-3.0-or-later
"""In which thread and in whose name a message is sent."""

from typing import Any

from telethon.tl import types

from sandbox.telegram import inputs
from sandbox.telegram.records import Kind, Peer, Post, Room
from sandbox.telegram.rpc import Call
from sandbox.telegram.threads import GENERAL, topic_of


def address(call: Call, post: Post, reply: Any, send_as: Any) -> Any:
    """Put a post into its thread and under its name.

    `reply` is an ``InputReplyTo``, `send_as` an ``InputPeer``, both or None. Returns what the post
    still replies to: None if the reply only names a topic. Raises SEND_AS_PEER_INVALID,
    TOPIC_CLOSED or TOPIC_DELETED.
    """
    room = call.world.rooms.find(post.room) if post.room is not None else None
    if room is None:
        return reply
    _sign(call, post, room, send_as)
    if room.peer.kind is not Kind.CHANNEL:
        return reply
    number = _number_here(call, room, reply)
    _place(call, post, room, number, getattr(reply, "top_msg_id", None))
    return None if room.forum and number in room.topics else reply


def _sign(call: Call, post: Post, room: Room, given: Any) -> None:
    me = call.me
    if room.broadcast:
        if room.signatures:
            post.author = f"{me.first_name} {me.last_name}".strip()
        if room.signature_profiles:
            post.sent_as = Peer.user(me.id)
        return
    identities = call.world.identities
    shown = identities.default(room, me.id)
    if given is not None:
        shown = identities.checked(room, me.id, inputs.peer(call, given))
    post.sent_as = shown if shown != Peer.user(me.id) else None
    if shown == room.peer:
        post.author = room.members[me.id].rank


def _number_here(call: Call, room: Room, reply: Any) -> int:
    """Return the id of the replied-to message if it is in this room, otherwise 0."""
    if not isinstance(reply, types.InputReplyToMessage):
        return 0
    elsewhere = reply.reply_to_peer_id
    if elsewhere is not None and inputs.peer(call, elsewhere) != room.peer:
        return 0
    return int(reply.reply_to_msg_id or 0)


def _place(call: Call, post: Post, room: Room, number: int, top: int | None) -> None:
    target = call.world.mailboxes.of(room.peer).posts.get(number)
    if not room.forum:
        post.top = (target.top or number) if target is not None else 0
        return
    topic = topic_of(room, target, number) if target is not None else top or GENERAL
    call.world.topics.require_open(room, call.me.id, topic)
    post.top = topic if topic != GENERAL else 0
