# SPDX-License-Identifier: AGPL-3.0-or-later
"""Pinned messages: https://core.telegram.org/api/pin."""

from collections.abc import Iterable

from telethon.tl import types

from sandbox.telegram.mailboxes import Mailboxes
from sandbox.telegram.posts import Posts
from sandbox.telegram.records import Change, Kind, Peer, Post, Room
from sandbox.telegram.rooms import Rooms
from sandbox.telegram.rpc import bad_request
from sandbox.telegram.threads import Threads
from sandbox.telegram.updates import Updates


class Pins:
    """Pins and unpins posts and lets everybody in the chat know."""

    def __init__(
        self, rooms: Rooms, mailboxes: Mailboxes, threads: Threads, posts: Posts, updates: Updates
    ) -> None:
        self._rooms = rooms
        self._threads = threads
        self._boxes = mailboxes
        self._posts = posts
        self._updates = updates

    def require_right(self, room: Room, user: int) -> None:
        """Raise CHAT_ADMIN_REQUIRED unless somebody may pin in a room."""
        if room.broadcast:
            self._rooms.require_admin(room, user, "edit_messages")
        else:
            self._rooms.require_right(room, user, "pin_messages")

    def pin(self, post: Post, by: int, *, silent: bool = False, one_side: bool = False) -> None:
        """Pin a post; with `one_side` only in the chat of `by`, which nobody is told about.

        Raises CHAT_NOT_MODIFIED if it was pinned already.
        """
        peer = post.peer_for(by)
        owner = self._boxes.holding(by, peer).owner
        if post.is_pinned(owner):
            raise bad_request("CHAT_NOT_MODIFIED")
        self._change([post], pinned=True, only=owner if one_side else None)
        if one_side or peer == Peer.user(by):
            return
        notice = self._posts.draft(by, peer, action=types.MessageActionPinMessage(), silent=silent)
        notice.reply_uid, notice.top = post.uid, post.top
        notice.reply = types.InputReplyToMessage(post.ids[str(owner)])
        self._posts.send(notice)

    def unpin(self, post: Post, by: int, *, one_side: bool = False) -> None:
        """Unpin a post; raises CHAT_NOT_MODIFIED if it was not pinned."""
        owner = self._boxes.holding(by, post.peer_for(by)).owner
        if not post.is_pinned(owner):
            raise bad_request("CHAT_NOT_MODIFIED")
        self._change([post], pinned=False, only=owner if one_side else None)

    def unpin_all(self, viewer: int, peer: Peer, top: int | None = None) -> int:
        """Unpin everything in a chat or thread, for everybody in it; returns how many posts."""
        mailbox = self._boxes.holding(viewer, peer)
        pinned = self.numbers(viewer, peer)
        if top is not None and peer.kind is Kind.CHANNEL:
            thread = self._threads.numbers(self._rooms.get(peer), top)
            pinned = [number for number in pinned if number in thread]
        self._change([mailbox.posts[number] for number in pinned], pinned=False)
        return len(pinned)

    def numbers(self, viewer: int, peer: Peer) -> list[int]:
        """Return the ids of the pinned posts of a chat, oldest first."""
        mailbox = self._boxes.holding(viewer, peer)
        return [n for n in mailbox.history(peer) if mailbox.posts[n].is_pinned(mailbox.owner)]

    def latest(self, viewer: int, peer: Peer) -> int | None:
        """Return the id a full chat names as its pinned message."""
        return max(self.numbers(viewer, peer), default=None)

    def _change(self, posts: Iterable[Post], *, pinned: bool, only: Peer | None = None) -> None:
        changed: dict[tuple[Peer, Peer], list[int]] = {}
        for post in posts:
            for name, number in post.ids.items():
                owner = Peer.parse(name)
                if only not in (None, owner) or post.is_pinned(owner) == pinned:
                    continue
                post.set_pinned(owner, pinned=pinned)
                peer = owner if owner.kind is Kind.CHANNEL else post.peer_for(owner.id)
                changed.setdefault((owner, peer), []).append(number)
            self._boxes.save(post)
        change = Change.PIN if pinned else Change.UNPIN
        for (owner, peer), numbers in changed.items():
            entry = self._boxes.record(owner, change, peer, numbers, count=len(numbers))
            self._updates.tell(owner, entry)
