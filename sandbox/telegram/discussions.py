# SPDX-License-Identifier: AGPL-3.0-or-later
"""A channel and its discussion group: https://core.telegram.org/api/discussion."""

from telethon.tl import types

from sandbox.telegram.clock import moment
from sandbox.telegram.mailboxes import Mailboxes
from sandbox.telegram.polls import Polls
from sandbox.telegram.posts import Posts
from sandbox.telegram.records import Kind, Peer, Post, Room, RoomKind
from sandbox.telegram.rooms import Rooms
from sandbox.telegram.rpc import bad_request
from sandbox.telegram.threads import Threads
from sandbox.telegram.updates import Updates


class Discussions:
    """Links channels with groups and copies every post of the channel into its group."""

    def __init__(
        self,
        rooms: Rooms,
        mailboxes: Mailboxes,
        threads: Threads,
        posts: Posts,
        polls: Polls,
        updates: Updates,
    ) -> None:
        self._rooms = rooms
        self._boxes = mailboxes
        self._threads = threads
        self._posts = posts
        self._polls = polls
        self._updates = updates

    def link(self, by: int, channel: Room | None, group: Room | None) -> None:
        """Link a channel with a group; without one of them the other loses its link.

        Raises BROADCAST_ID_INVALID, MEGAGROUP_ID_INVALID, CHAT_ADMIN_REQUIRED or
        LINK_NOT_MODIFIED.
        """
        if channel is not None:
            if not channel.broadcast:
                raise bad_request("BROADCAST_ID_INVALID")
            self._rooms.require_admin(channel, by, "change_info")
        if group is not None:
            if group.kind is not RoomKind.SUPERGROUP or group.forum:
                raise bad_request("MEGAGROUP_ID_INVALID")
            self._rooms.require_admin(group, by, "pin_messages")
        before = channel.linked if channel is not None else None
        if channel is None and group is not None:
            before = group.linked
        after = group.id if channel is not None and group is not None else None
        if before == after:
            raise bad_request("LINK_NOT_MODIFIED")
        changed = {room.peer: room for room in (channel, group) if room is not None}
        for room in (channel, group):
            other = self._linked(room)
            if other is not None:
                changed[other.peer] = other
        for room in changed.values():
            room.linked = None
        if channel is not None and group is not None:
            channel.linked, group.linked = group.id, channel.id
        for room in changed.values():
            self._rooms.save(room)
            self._updates.room_changed(room)

    def post_added(self, post: Post) -> None:
        """Copy a new post of a channel into its discussion group, pinned there."""
        channel = self._rooms.find(post.room) if post.room is not None else None
        group = self._linked(channel) if channel is not None and channel.broadcast else None
        if channel is None or group is None or post.action is not None:
            return
        number = post.ids[str(channel.peer)]
        origin = channel.peer.tl()
        copy = self._posts.draft(0, group.peer, text=post.text, entities=post.entities)
        copy.media, copy.grouped_id = post.media, post.grouped_id
        copy.sent_as, copy.copy_of = channel.peer, number
        copy.pinned_in = [str(group.peer)]
        copy.forward = types.MessageFwdHeader(
            date=moment(post.date),
            from_id=origin,
            channel_post=number,
            post_author=post.author,
            saved_from_peer=origin,
            saved_from_msg_id=number,
        )
        self._posts.send(copy)
        self._polls.shown_in(copy.media, copy.uid)
        post.copy = copy.uid
        self._boxes.save(post)

    def post_edited(self, post: Post) -> None:
        """Give the copy of a post the same content."""
        copy = self._copy(post)
        if copy is not None:
            copy.text, copy.entities, copy.media = post.text, post.entities, post.media
            self._posts.edited(copy)

    def posts_deleted(self, posts: list[Post]) -> None:
        """Delete the copies of posts; the comments stay."""
        for post in posts:
            copy = self._copy(post)
            if copy is not None and copy.room is not None:
                self._posts.delete(copy.room, list(copy.ids.values()), revoke=True)

    def thread(self, room: Room, number: int) -> tuple[Room, int]:
        """Return the group and the id there of a post's comments, or of a thread of a group.

        Raises MSG_ID_INVALID.
        """
        post = self._boxes.of(room.peer).posts.get(number)
        place = (room, number) if not room.broadcast else None
        if room.broadcast and post is not None:
            place = self._threads.comments(room, post)
        if post is None or place is None:
            raise bad_request("MSG_ID_INVALID")
        return place

    def _linked(self, room: Room | None) -> Room | None:
        if room is None or room.linked is None:
            return None
        return self._rooms.find(Peer(Kind.CHANNEL, room.linked))

    def _copy(self, post: Post) -> Post | None:
        return self._boxes.post(post.copy) if post.copy is not None else None
