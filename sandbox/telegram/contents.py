# SPDX-License-Identifier: AGPL-3.0-or-later
"""Opening what is marked as unread until then: voice messages, video notes, what may be seen once."""

from collections.abc import Iterable

from telethon.tl import types

from sandbox.telegram.attachments import waits_to_be_opened
from sandbox.telegram.clock import Clock
from sandbox.telegram.mailboxes import Mailboxes
from sandbox.telegram.records import Change, Kind, Peer, Post
from sandbox.telegram.updates import Updates


class Contents:
    """Marks contents as opened: https://core.telegram.org/method/messages.readMessageContents."""

    def __init__(self, clock: Clock, mailboxes: Mailboxes, updates: Updates) -> None:
        self._clock = clock
        self._boxes = mailboxes
        self._updates = updates

    def open(self, reader: int, owner: Peer, numbers: Iterable[int]) -> None:
        """Open messages of a mailbox and let their authors and the reader's clients know."""
        posts = self._boxes.of(owner).posts
        opened = [posts[one] for one in numbers if one in posts and _is_new(posts[one], reader)]
        for post in opened:
            post.heard_by[reader] = self._clock.seconds()
            self._boxes.save(post)
            for who in dict.fromkeys([post.sender, reader]):
                self._tell(who, post)

    def _tell(self, who: int, post: Post) -> None:
        room = post.room
        if room is not None and room.kind is Kind.CHANNEL:
            update = types.UpdateChannelReadMessagesContents(room.id, [post.ids[str(room)]])
            self._updates.passing(who, update, [room])
            return
        number = post.ids.get(str(Peer.user(who)))
        if number is None:
            return
        owner = Peer.user(who)
        entry = self._boxes.record(owner, Change.CONTENTS, post.peer_for(who), [number], count=1)
        self._updates.changed(who, entry)


def _is_new(post: Post, reader: int) -> bool:
    is_mine = post.sender == reader and post.recipient != reader
    return waits_to_be_opened(post.media) and not is_mine and reader not in post.heard_by
