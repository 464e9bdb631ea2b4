# SPDX-License-Identifier: AGPL-3.0-or-later
"""What a message that is being sent replies to."""

from typing import Any

from telethon.tl import types

from sandbox.telegram import inputs
from sandbox.telegram.origins import origin
from sandbox.telegram.records import Peer, Post
from sandbox.telegram.replies import check_quote
from sandbox.telegram.rpc import Call, bad_request


def attach(call: Call, post: Post, peer: Peer, reply: Any) -> None:
    """Make a post a reply; `reply` is an ``InputReplyTo`` or None.

    Raises REPLY_MESSAGE_ID_INVALID, QUOTE_TEXT_INVALID or STORY_ID_INVALID.
    """
    if isinstance(reply, types.InputReplyToStory):
        if reply.story_id <= 0:
            raise bad_request("STORY_ID_INVALID")
        whose = inputs.peer(call, reply.peer)
        post.reply = types.MessageReplyStoryHeader(whose.tl(), reply.story_id)
        return
    if not isinstance(reply, types.InputReplyToMessage) or not reply.reply_to_msg_id:
        return
    elsewhere = reply.reply_to_peer_id
    source = peer if elsewhere is None else inputs.readable(call, elsewhere)
    mailbox = call.world.mailboxes.holding(call.me.id, source)
    target = mailbox.posts.get(reply.reply_to_msg_id)
    if target is None or target.peer_for(call.me.id) != source:
        raise bad_request("REPLY_MESSAGE_ID_INVALID")
    check_quote(reply, target)
    post.reply_uid = target.uid
    post.reply = types.InputReplyToMessage(
        reply.reply_to_msg_id,
        quote_text=reply.quote_text,
        quote_entities=reply.quote_entities,
        quote_offset=reply.quote_offset,
        todo_item_id=reply.todo_item_id,
        poll_option=reply.poll_option,
    )
    if source != peer:
        world = call.world
        post.reply_origin = types.MessageReplyHeader(
            reply_from=origin(world.accounts, world.rooms, target),
            reply_media=world.attachments.shown(call.me.id, target),
        )
