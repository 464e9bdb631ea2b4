# SPDX-License-Identifier: AGPL-3.0-or-later
"""Replies: to a message of the chat or part of it, of another chat, or to a story.

Source: https://core.telegram.org/api/threads. A reply is kept as it was sent; its header is
made for each viewer, because message ids differ between mailboxes.
"""

from typing import Any

from attrs import frozen
from telethon.tl import types

from sandbox.telegram.mailboxes import Mailboxes
from sandbox.telegram.records import Kind, Peer, Post
from sandbox.telegram.rooms import Rooms
from sandbox.telegram.rpc import bad_request


@frozen
class Replies:
    """Renders what a post replies to."""

    mailboxes: Mailboxes
    rooms: Rooms

    def header(self, viewer: int, owner: Peer, post: Post) -> Any:
        """Return the TL ``MessageReplyHeader`` or ``MessageReplyStoryHeader``, None without one."""
        reply: Any = post.reply
        if reply is None or isinstance(reply, types.MessageReplyStoryHeader):
            return reply
        target = self.mailboxes.post(post.reply_uid) if post.reply_uid is not None else None
        number = target.ids.get(str(owner)) if target is not None else None
        elsewhere: Any = post.reply_origin
        if elsewhere is None and number is None:
            return None
        header = types.MessageReplyHeader(
            reply_to_msg_id=number,
            quote=reply.quote_text is not None or None,
            quote_text=reply.quote_text,
            quote_entities=reply.quote_entities,
            quote_offset=reply.quote_offset,
            todo_item_id=reply.todo_item_id,
            poll_option=reply.poll_option,
        )
        if elsewhere is not None:
            header.reply_from = elsewhere.reply_from
            header.reply_media = elsewhere.reply_media
            if target is not None:
                self._name_elsewhere(header, viewer, target)
        return header

    def _name_elsewhere(self, header: Any, viewer: int, target: Post) -> None:
        place = target.room if target.room and target.room.kind is Kind.CHANNEL else None
        header.reply_to_msg_id = target.ids.get(str(place or Peer.user(viewer)))
        room = self.rooms.find(place) if place else None
        if room is not None and viewer not in room.members and not room.username:
            header.reply_to_msg_id = None
        if header.reply_to_msg_id is not None:
            header.reply_to_peer_id = (place or target.peer_for(viewer)).tl()


def check_quote(reply: Any, target: Post) -> None:
    """Raise QUOTE_TEXT_INVALID unless the quote is part of the message."""
    if reply.quote_text is not None and reply.quote_text not in target.text:
        raise bad_request("QUOTE_TEXT_INVALID")
