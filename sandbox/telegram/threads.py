# SPDX-License-Identifier: AGPL-3.0-or-later
"""Threads: topics of a forum, comments under a channel's post, replies in a supergroup.

A thread has the id of its first message. https://core.telegram.org/api/threads and /api/forum.
"""

from typing import Any

from attrs import frozen
from telethon.tl import types

from sandbox.telegram.mailboxes import Mailbox, Mailboxes
from sandbox.telegram.records import Kind, Peer, Post, Room
from sandbox.telegram.rooms import Rooms

GENERAL = 1
"""The topic every forum has: whatever belongs to no other one."""

_REPLIERS = 3


@frozen
class Threads:
    """Tells which messages belong together and how that is shown."""

    rooms: Rooms
    mailboxes: Mailboxes

    def numbers(self, room: Room, top: int) -> list[int]:
        """Return the ids of a thread, oldest first; a topic begins with its service message."""
        mailbox = self.mailboxes.of(room.peer)
        if not room.forum or top not in room.topics:
            return mailbox.threads.get(top, [])
        if top != GENERAL:
            first = [top] if top in mailbox.posts else []
            return first + mailbox.threads.get(top, [])
        history = mailbox.history(room.peer)
        return [n for n in history if topic_of(room, mailbox.posts[n], n) == GENERAL]

    def unread(self, room: Room, top: int, reader: int) -> int:
        """Count the messages of a thread that others wrote after the last one read."""
        posts = self.mailboxes.of(room.peer).posts
        up_to = self.read_up_to(room, top, reader)
        return sum(1 for n in self.numbers(room, top) if n > up_to and posts[n].sender != reader)

    def read_up_to(self, room: Room, top: int, reader: int) -> int:
        """Return the id of the last message of a thread somebody has read."""
        dialog = self.mailboxes.find_dialog(reader, room.peer)
        if dialog is None:
            return 0
        reading = dialog.threads.get(top)
        return max(dialog.read_inbox, reading.inbox if reading is not None else 0)

    def unread_in(self, room: Room, reader: int) -> int:
        """Count what somebody has not read in a room, the topics of a forum each for itself."""
        mailbox = self.mailboxes.of(room.peer)
        dialog = self.mailboxes.find_dialog(reader, room.peer)
        if not room.forum:
            return mailbox.unread(room.peer, reader, dialog.read_inbox if dialog else 0)
        return sum(self.unread(room, topic, reader) for topic in room.topics)

    def comments(self, channel: Room, post: Post) -> tuple[Room, int] | None:
        """Return the group and the thread of the comments on a channel's post."""
        copy = self.mailboxes.post(post.copy) if post.copy is not None else None
        group = self.rooms.find(copy.room) if copy is not None and copy.room is not None else None
        if copy is None or group is None or group.id != channel.linked:
            return None
        return group, copy.ids[str(group.peer)]

    # -- how it looks

    def placed(self, header: Any, post: Post) -> Any:
        """Add the place of a post in its thread to its reply header."""
        room = self.rooms.find(post.room) if post.room is not None and post.top else None
        if room is None or isinstance(header, types.MessageReplyStoryHeader):
            return header
        in_topic = room.forum and post.top in room.topics
        if header is None:
            if not in_topic:
                return None
            return types.MessageReplyHeader(forum_topic=True, reply_to_msg_id=post.top)
        header.forum_topic = in_topic or None
        if header.reply_to_msg_id != post.top or header.reply_to_peer_id is not None:
            header.reply_to_top_id = post.top
        return header

    def replies(self, viewer: int, post: Post, number: int) -> Any:
        """Return the TL ``MessageReplies`` of a post: comments, or the answers in a supergroup."""
        room = self.rooms.find(post.room) if post.room is not None else None
        if room is None or room.peer.kind is not Kind.CHANNEL:
            return None
        if room.broadcast:
            place = self.comments(room, post)
            return self._counted(viewer, *place) if place is not None else None
        if post.top:
            return None
        answers = self.mailboxes.of(room.peer).threads.get(number)
        return types.MessageReplies(len(answers), self._pts(room)) if answers else None

    def _counted(self, viewer: int, group: Room, top: int) -> Any:
        mailbox = self.mailboxes.of(group.peer)
        answers = mailbox.threads.get(top, [])
        return types.MessageReplies(
            replies=len(answers),
            replies_pts=self._pts(group),
            comments=True,
            recent_repliers=[peer.tl() for peer in repliers(mailbox, answers)] or None,
            channel_id=group.id,
            max_id=answers[-1] if answers else None,
            read_max_id=self.read_up_to(group, top, viewer) or None,
        )

    def _pts(self, room: Room) -> int:
        return self.mailboxes.of(room.peer).box.pts


def topic_of(room: Room, post: Post, number: int) -> int:
    """Return the topic a post of a forum with this id is in."""
    if number in room.topics:
        return number
    return post.top if post.top in room.topics else GENERAL


def repliers(mailbox: Mailbox, numbers: list[int]) -> list[Peer]:
    """Return who wrote last in a thread, latest first."""
    authors = (mailbox.posts[number].shown_sender for number in reversed(numbers))
    return list(dict.fromkeys(authors))[:_REPLIERS]
