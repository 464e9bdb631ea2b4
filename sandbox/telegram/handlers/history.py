# SPDX-License-Identifier: AGPL-3.0-or-later
"""Reading messages: history, search, single messages, marking as read.

Paging follows https://core.telegram.org/api/offsets.
"""

from bisect import bisect_left
from types import MappingProxyType
from typing import Any

from telethon.tl import types
from telethon.tl.functions import channels, messages

from sandbox.telegram import inputs
from sandbox.telegram.mailboxes import Mailbox
from sandbox.telegram.records import Kind, Peer, Post
from sandbox.telegram.rpc import Call, Handlers


def _get_history(call: Call, request: Any) -> Any:
    peer = inputs.readable(call, request.peer)
    mailbox = call.world.mailboxes.holding(call.me.id, peer)
    return page(call, mailbox, mailbox.history(peer), request, peer)


def _search(call: Call, request: Any) -> Any:
    peer = inputs.readable(call, request.peer)
    mailbox = call.world.mailboxes.holding(call.me.id, peer)
    sender = inputs.peer(call, request.from_id) if request.from_id is not None else None
    wanted = request.q.casefold()
    searched = mailbox.history(peer)
    if request.top_msg_id and peer.kind is Kind.CHANNEL:
        searched = call.world.threads.numbers(call.world.rooms.get(peer), request.top_msg_id)
    found = [
        number
        for number in searched
        if wanted in mailbox.posts[number].text.casefold()
        and (sender is None or mailbox.posts[number].shown_sender == sender)
        and passes(mailbox, mailbox.posts[number], request.filter)
    ]
    return page(call, mailbox, found, request, peer)


def passes(mailbox: Mailbox, post: Post, wanted: Any) -> bool:
    """Tell whether a message is of the kind a ``MessagesFilter`` wants."""
    if isinstance(wanted, types.InputMessagesFilterPinned):
        return post.is_pinned(mailbox.owner)
    if isinstance(wanted, types.InputMessagesFilterPhotos):
        return isinstance(post.media, types.MessageMediaPhoto)
    if isinstance(wanted, types.InputMessagesFilterDocument):
        return isinstance(post.media, types.MessageMediaDocument)
    return isinstance(wanted, types.InputMessagesFilterEmpty)


def page(call: Call, mailbox: Mailbox, found: list[int], request: Any, peer: Peer) -> Any:
    """Answer with the part of `found` (ids, oldest first) that the offsets of a request mean."""
    offset_date = getattr(request, "offset_date", None)
    if request.offset_id:
        newer = len(found) - bisect_left(found, request.offset_id)
    elif offset_date is not None and offset_date.timestamp() > 0:
        before = offset_date.timestamp()
        newer = sum(1 for number in found if mailbox.posts[number].date >= before)
    else:
        newer = 0
    start = newer + request.add_offset
    limit = max(0, min(request.limit, call.world.limits.page))
    newest_first = found[::-1]
    chosen = newest_first[max(0, start) : max(0, start + limit)]
    chosen = [
        number
        for number in chosen
        if (not request.max_id or number < request.max_id) and number > request.min_id
    ]
    posts = [mailbox.posts[number] for number in chosen]
    return answer(call, mailbox, posts, len(found), peer)


def answer(call: Call, mailbox: Mailbox, posts: list[Post], count: int, peer: Peer | None) -> Any:
    """Return messages as the methods do: all of them, a slice, or those of a channel."""
    me = call.me.id
    shown = [call.world.render.message(me, mailbox.owner, post) for post in posts]
    named = {peer} if peer is not None else set()
    named.update(*(call.world.render.peers_in(post) for post in posts))
    users, chats = call.world.render.people_and_rooms(me, named)
    if mailbox.owner.kind is Kind.CHANNEL:
        return types.messages.ChannelMessages(
            pts=mailbox.box.pts, count=count, messages=shown, topics=[], chats=chats, users=users
        )
    if len(shown) == count:
        return types.messages.Messages(shown, [], chats, users)
    return types.messages.MessagesSlice(
        count=count, messages=shown, topics=[], chats=chats, users=users
    )


def _get_messages(call: Call, request: Any) -> Any:
    return _by_ids(call, call.world.mailboxes.of(Peer.user(call.me.id)), request.id)


def _get_channel_messages(call: Call, request: Any) -> Any:
    room = inputs.channel(call, request.channel)
    call.world.rooms.require_readable(room, call.me.id)
    return _by_ids(call, call.world.mailboxes.of(room.peer), request.id)


def _by_ids(call: Call, mailbox: Mailbox, wanted: list[Any]) -> Any:
    numbers = [_number(call, mailbox, given) for given in wanted]
    posts = [mailbox.posts[number] for number in numbers if number in mailbox.posts]
    in_channel = mailbox.owner.kind is Kind.CHANNEL
    result = answer(call, mailbox, posts, len(posts), mailbox.owner if in_channel else None)
    present = {message.id: message for message in result.messages}
    result.messages = [
        present.get(number) or types.MessageEmpty(number, None) for number in numbers
    ]
    return result


def _number(call: Call, mailbox: Mailbox, given: Any) -> int:
    if isinstance(given, types.InputMessageReplyTo):
        post = mailbox.posts.get(given.id)
        target = call.world.mailboxes.post(post.reply_uid) if post and post.reply_uid else None
        return target.ids.get(str(mailbox.owner), 0) if target is not None else 0
    if isinstance(given, types.InputMessagePinned):
        return call.world.pins.latest(call.me.id, mailbox.owner) or 0
    return int(given.id)


def _read_history(call: Call, request: Any) -> Any:
    me = call.me.id
    peer = inputs.readable(call, request.peer)
    entry = call.world.posts.read(me, peer, request.max_id)
    pts = call.world.mailboxes.of(Peer.user(me)).box.pts
    return types.messages.AffectedMessages(pts, entry.count if entry is not None else 0)


def _read_channel(call: Call, request: Any) -> bool:
    room = inputs.channel(call, request.channel)
    call.world.rooms.require_member(room, call.me.id)
    return call.world.posts.read(call.me.id, room.peer, request.max_id) is not None


def _read_contents(call: Call, request: Any) -> Any:
    me = Peer.user(call.me.id)
    before = call.world.mailboxes.of(me).box.pts
    call.world.contents.open(me.id, me, request.id)
    pts = call.world.mailboxes.of(me).box.pts
    return types.messages.AffectedMessages(pts, pts - before)


def _read_channel_contents(call: Call, request: Any) -> bool:
    room = inputs.channel(call, request.channel)
    call.world.rooms.require_readable(room, call.me.id)
    call.world.contents.open(call.me.id, room.peer, request.id)
    return True


HANDLERS: Handlers = MappingProxyType(
    {
        messages.GetHistoryRequest: _get_history,
        messages.SearchRequest: _search,
        messages.GetMessagesRequest: _get_messages,
        channels.GetMessagesRequest: _get_channel_messages,
        messages.ReadHistoryRequest: _read_history,
        channels.ReadHistoryRequest: _read_channel,
        messages.ReadMessageContentsRequest: _read_contents,
        channels.ReadMessageContentsRequest: _read_channel_contents,
    }
)
