# SPDX-License-Identifier: AGPL-3.0-or-later
"""Sending and deleting messages, and showing that one is being written."""

from types import MappingProxyType
from typing import Any

from telethon.tl import types
from telethon.tl.functions import channels, messages

from sandbox.telegram import inputs, media
from sandbox.telegram.clock import moment
from sandbox.telegram.handlers import drafts
from sandbox.telegram.media_rights import kind_of
from sandbox.telegram.records import Kind, Peer
from sandbox.telegram.rights import speaks_as
from sandbox.telegram.rpc import Call, Handlers, bad_request, forbidden


def _send_message(call: Call, request: Any) -> Any:
    me, peer = call.me.id, inputs.peer(call, request.peer)
    posts = call.world.posts
    posts.check_random_id(me, request.random_id)
    if not request.message.strip():
        raise bad_request("MESSAGE_EMPTY")
    posts.check_text(me, request.message)
    posts.check_sendable(me, peer)
    post = drafts.draft(call, peer, request, request.message, request.entities)
    if not request.no_webpage:
        call.world.previews.attach(post)
    sent = drafts.deliver(call, post, request.random_id)
    entry = call.world.updates.own_message(me)
    if peer.kind is Kind.CHANNEL or entry is None:
        return drafts.sent_answer(call, [sent])
    return types.UpdateShortSentMessage(
        id=entry.ids[0],
        pts=entry.pts,
        pts_count=entry.count,
        date=moment(post.date),
        out=True,
        media=call.world.attachments.shown(me, post),
        entities=post.entities or None,
        ttl_period=post.ttl or None,
    )


def _send_media(call: Call, request: Any) -> Any:
    me, peer = call.me.id, inputs.peer(call, request.peer)
    posts = call.world.posts
    posts.check_random_id(me, request.random_id)
    is_text = isinstance(request.media, types.InputMediaWebPage)
    if is_text and not request.message.strip():
        raise bad_request("MESSAGE_EMPTY")
    posts.check_text(me, request.message, is_caption=not is_text)
    posts.check_sendable(me, peer, kind_of(call, request.media))
    post = drafts.draft(call, peer, request, request.message, request.entities)
    post.media = media.from_input(call, request.media, peer)
    return drafts.sent_answer(call, [drafts.deliver(call, post, request.random_id)])


def _delete_messages(call: Call, request: Any) -> Any:
    me = Peer.user(call.me.id)
    mailbox = call.world.mailboxes.of(me)
    for number in request.id if request.revoke else ():
        post = mailbox.posts.get(number)
        if post is None or post.room is None or post.sender == me.id:
            continue
        if not call.world.rooms.has_right(
            call.world.rooms.get(post.room), me.id, "delete_messages"
        ):
            raise forbidden("MESSAGE_DELETE_FORBIDDEN")
    return _deleted(call, me, request.id, revoke=bool(request.revoke))


def _delete_channel_messages(call: Call, request: Any) -> Any:
    room = inputs.channel(call, request.channel)
    me = call.me.id
    call.world.rooms.require_member(room, me)
    posts = call.world.mailboxes.of(room.peer).posts
    others = any(posts[number].sender != me for number in request.id if number in posts)
    if others and not call.world.rooms.has_right(room, me, "delete_messages"):
        raise forbidden("MESSAGE_DELETE_FORBIDDEN")
    call.world.discussions.posts_deleted(
        [posts[number] for number in request.id if number in posts]
    )
    return _deleted(call, room.peer, request.id, revoke=True)


def _deleted(call: Call, owner: Peer, numbers: list[int], *, revoke: bool) -> Any:
    entry = call.world.posts.delete(owner, numbers, revoke=revoke)
    pts = call.world.mailboxes.of(owner).box.pts
    return types.messages.AffectedMessages(pts, entry.count if entry is not None else 0)


def _delete_history(call: Call, request: Any) -> Any:
    peer = inputs.peer(call, request.peer)
    if peer.kind is Kind.CHANNEL:
        raise bad_request("PEER_ID_INVALID")
    me = Peer.user(call.me.id)
    mailbox = call.world.mailboxes.of(me)
    numbers = [n for n in mailbox.history(peer) if not request.max_id or n <= request.max_id]
    revoke = bool(request.revoke) and peer.kind is Kind.USER
    entry = call.world.posts.delete(me, numbers, revoke=revoke)
    if not request.just_clear and not mailbox.history(peer):
        call.world.mailboxes.remove_dialog(me.id, peer)
    count = entry.count if entry is not None else 0
    return types.messages.AffectedHistory(mailbox.box.pts, count, 0)


def _set_typing(call: Call, request: Any) -> bool:
    me, peer = call.me.id, inputs.readable(call, request.peer)
    shown = types.PeerUser(me)
    if peer.kind is Kind.USER:
        if me != peer.id and me not in call.world.accounts.get(peer.id).blocked:
            update = types.UpdateUserTyping(me, request.action, request.top_msg_id)
            call.world.updates.passing(peer.id, update, [Peer.user(me)])
        return True
    room = call.world.rooms.get(peer)
    call.world.rooms.require_writable(room, me)
    if speaks_as(room, me) is not None:
        return True
    for member in room.members:
        if member == me:
            continue
        if peer.kind is Kind.CHAT:
            update = types.UpdateChatUserTyping(peer.id, shown, request.action)
        else:
            update = types.UpdateChannelUserTyping(
                peer.id, shown, request.action, request.top_msg_id
            )
        call.world.updates.passing(member, update, [Peer.user(me), peer])
    return True


HANDLERS: Handlers = MappingProxyType(
    {
        messages.SendMessageRequest: _send_message,
        messages.SendMediaRequest: _send_media,
        messages.DeleteMessagesRequest: _delete_messages,
        channels.DeleteMessagesRequest: _delete_channel_messages,
        messages.DeleteHistoryRequest: _delete_history,
        messages.SetTypingRequest: _set_typing,
    }
)
