# SPDX-License-Identifier: AGPL-3.0-or-later
"""What a request to send becomes: a post that is not delivered yet, and the answer to it."""

from typing import Any

from telethon.tl import types

from sandbox.telegram import inputs
from sandbox.telegram.handlers import addressing, replying
from sandbox.telegram.records import Kind, Peer, Post
from sandbox.telegram.rpc import Call, bad_request


def draft(call: Call, peer: Peer, request: Any, text: str, entities: Any) -> Post:
    """Prepare a post with what every way to send has: text, reply, thread, name, silence.

    Raises ENTITY_BOUNDS_INVALID, and what `addressing.address` and `replying.attach` raise.
    """
    me = call.me
    call.world.lifetimes.start_chat(me, peer)
    post = call.world.posts.draft(
        me.id,
        peer,
        text=text,
        entities=kept_entities(call, text, entities),
        silent=bool(request.silent),
    )
    reply = addressing.address(call, post, request.reply_to, request.send_as)
    replying.attach(call, post, peer, reply)
    if request.clear_draft:
        call.world.dialog_settings.save_draft(me.id, peer, None, post.top)
    return post


def deliver(call: Call, post: Post, random_id: int) -> tuple[Post, int]:
    """Send a post; returns it with its random id, as `sent_answer` wants them."""
    call.world.posts.send(post)
    call.world.polls.shown_in(post.media, post.uid)
    call.world.discussions.post_added(post)
    call.world.previews.shown_in(post)
    call.world.posts.remember_random_id(call.me.id, random_id)
    return post, random_id


def kept_entities(call: Call, text: str, entities: Any) -> list[Any]:
    """Return the entities a post keeps; raises ENTITY_BOUNDS_INVALID."""
    length = len(text.encode("utf-16-le")) // 2
    kept = []
    for entity in entities or []:
        if entity.offset < 0 or entity.offset + entity.length > length:
            raise bad_request("ENTITY_BOUNDS_INVALID")
        if entity.length <= 0:
            continue
        if isinstance(entity, types.InputMessageEntityMentionName):
            named = inputs.account(call, entity.user_id)
            kept.append(types.MessageEntityMentionName(entity.offset, entity.length, named.id))
        else:
            kept.append(entity)
    return kept


def sent_answer(call: Call, posts: list[tuple[Post, int]]) -> Any:
    """Answer with the updates of posts that were sent, each with its random id."""
    me = call.me.id
    numbers = [types.UpdateMessageID(number_for(post, me), random_id) for post, random_id in posts]
    return call.world.updates.answer(me, numbers)


def number_for(post: Post, viewer: int) -> int:
    """Return the id of a post as `viewer` knows it."""
    in_channel = post.room is not None and post.room.kind is Kind.CHANNEL
    return post.ids[str(post.room if in_channel else Peer.user(viewer))]
