# SPDX-License-Identifier: AGPL-3.0-or-later
"""Where a message came from: what forwards and replies from elsewhere say about it."""

import copy
from typing import Any

from telethon.tl import types

from sandbox.telegram.accounts import Accounts
from sandbox.telegram.clock import moment
from sandbox.telegram.records import Peer, Post
from sandbox.telegram.rooms import Rooms


def origin(accounts: Accounts, rooms: Rooms, post: Post) -> Any:
    """Return the TL ``MessageFwdHeader`` of a message.

    A forwarded message keeps its first origin, a post of a channel names the channel, and who
    does not want to be found by forwards is named without an id:
    https://core.telegram.org/api/forwards.
    """
    if post.forward is not None:
        header = copy.copy(post.forward)
        header.saved_from_peer = header.saved_from_msg_id = None
        header.saved_from_id = header.saved_from_name = header.saved_date = None
        return header
    date = moment(post.date)
    room = rooms.find(post.room) if post.room else None
    if room is not None and room.broadcast:
        return types.MessageFwdHeader(
            date=date,
            from_id=room.peer.tl(),
            channel_post=post.ids[str(room.peer)],
            post_author=post.author,
        )
    if post.sent_as is not None:
        return types.MessageFwdHeader(date=date, from_id=post.sent_as.tl(), post_author=post.author)
    author = accounts.get(post.sender)
    if author.hides_forwards:
        name = f"{author.first_name} {author.last_name}".strip()
        return types.MessageFwdHeader(date=date, from_name=name)
    return types.MessageFwdHeader(date=date, from_id=Peer.user(author.id).tl())
