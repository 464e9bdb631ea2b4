# SPDX-License-Identifier: AGPL-3.0-or-later
"""What people do with messages: send, edit, delete, read.

Every function changes mailboxes and reports the changes to `Updates`. Limits and errors follow
the pages of the methods, for example https://core.telegram.org/method/messages.editMessage.
"""

from bisect import bisect_right
from collections.abc import Callable, Iterable
from typing import Any

from telethon.tl import types

from sandbox.telegram.accounts import Accounts
from sandbox.telegram.clock import Clock
from sandbox.telegram.dialog_settings import DialogSettings
from sandbox.telegram.limits import Limits
from sandbox.telegram.mailboxes import Mailboxes
from sandbox.telegram.persistence import Store
from sandbox.telegram.records import Change, Entry, Kind, Peer, Post, Room
from sandbox.telegram.rights import speaks_as
from sandbox.telegram.rooms import Rooms
from sandbox.telegram.rpc import RpcFailureError, bad_request, forbidden
from sandbox.telegram.small_records import RandomId
from sandbox.telegram.updates import Updates


class Posts:
    """Everything that happens to messages."""

    def __init__(
        self,
        store: Store,
        clock: Clock,
        limits: Callable[[], Limits],
        accounts: Accounts,
        rooms: Rooms,
        mailboxes: Mailboxes,
        updates: Updates,
        settings: DialogSettings,
    ) -> None:
        self._limits = limits
        self._store = store
        self._clock = clock
        self._accounts = accounts
        self._rooms = rooms
        self._boxes = mailboxes
        self._updates = updates
        self._settings = settings
        self._random_ids = {key.text for key in store.load("random_id", RandomId)}

    # -- sending

    def draft(self, sender: int, peer: Peer, **content: Any) -> Post:
        """Prepare a post to a chat; `content` are fields of `Post`."""
        to_user = peer.kind is Kind.USER
        room = None if to_user else self._rooms.find(peer)
        dialog = self._boxes.find_dialog(sender, peer) if to_user else None
        lifetime = room.ttl if room is not None else dialog.ttl if dialog is not None else 0
        return Post(
            uid=self._boxes.new_uid(),
            sender=sender,
            date=self._clock.seconds(),
            room=None if to_user else peer,
            recipient=peer.id if to_user else 0,
            sent_as=speaks_as(room, sender) if room is not None else None,
            ttl=0 if "action" in content else lifetime,
            **content,
        )

    def check_sendable(self, sender: int, peer: Peer, media: str | None = None) -> None:
        """Raise what the service answers to somebody who may not write there."""
        if peer.kind is not Kind.USER:
            room = self._rooms.get(peer)
            self._rooms.require_writable(room, sender, media)
            self._rooms.require_patience(room, sender)
            return
        other = self._accounts.get(peer.id)
        if other.deleted:
            raise bad_request("INPUT_USER_DEACTIVATED")
        if sender in other.blocked:
            raise forbidden("USER_IS_BLOCKED")
        if self._accounts.get(sender).bot and self._boxes.find_dialog(sender, peer) is None:
            raise bad_request("PEER_ID_INVALID")
        if peer.id in self._accounts.get(sender).blocked:
            raise bad_request("YOU_BLOCKED_USER")

    def check_random_id(self, sender: int, random_id: int) -> None:
        """Raise 500 RANDOM_ID_DUPLICATE if the sender used the number before."""
        if f"{sender}:{random_id}" in self._random_ids:
            raise RpcFailureError(500, "RANDOM_ID_DUPLICATE")

    def remember_random_id(self, sender: int, random_id: int) -> None:
        """Keep the number a post was sent with."""
        key = RandomId(f"{sender}:{random_id}")
        self._random_ids.add(key.text)
        self._store.save("random_id", key.text, key)

    def check_text(self, sender: int, text: str, *, is_caption: bool = False) -> None:
        """Raise MESSAGE_TOO_LONG or MEDIA_CAPTION_TOO_LONG."""
        limits = self._limits()
        premium = self._accounts.get(sender).premium
        if is_caption and len(text) > (limits.caption_premium if premium else limits.caption):
            raise bad_request("MEDIA_CAPTION_TOO_LONG")
        if len(text) > limits.text:
            raise bad_request("MESSAGE_TOO_LONG")

    def send(self, post: Post) -> Post:
        """Deliver a post to everybody in its chat."""
        if post.room is not None and post.room.kind is Kind.CHANNEL:
            number = self._boxes.deliver(post, post.room)
            self._boxes.save(post)
            entry = self._boxes.record(post.room, Change.NEW, post.room, [number], count=1)
            room = self._rooms.get(post.room)
            if post.action is None:
                self._rooms.note_sent(room, post.sender)
            for member in room.members:
                self._arrived(member, post.room, post)
            self._updates.tell(post.room, entry, guest=post.sender)
            return post
        audience = self._audience(post)
        numbers = [(who, self._boxes.deliver(post, Peer.user(who))) for who in audience]
        self._boxes.save(post)
        for who, number in numbers:
            peer = post.peer_for(who)
            entry = self._boxes.record(Peer.user(who), Change.NEW, peer, [number], count=1)
            self._updates.changed(who, entry)
            self._arrived(who, peer, post)
        return post

    def _arrived(self, who: int, peer: Peer, post: Post) -> None:
        self._boxes.dialog(who, peer)
        if who != post.sender:
            self._settings.message_arrived(who, peer)

    def announce(self, room: Room, by: int, action: Any) -> Post:
        """Post a service message into a room."""
        return self.send(self.draft(by, room.peer, action=action))

    # -- changing

    def find(self, viewer: int, peer: Peer, number: int) -> Post:
        """Return a post by its id in a chat; raises MESSAGE_ID_INVALID."""
        post = self._boxes.holding(viewer, peer).posts.get(number)
        if post is None or post.peer_for(viewer) != peer:
            raise bad_request("MESSAGE_ID_INVALID")
        return post

    def holders(self, post: Post) -> list[int]:
        """Return everybody who has a post: its mailboxes' owners, or the members of its channel."""
        owners = [Peer.parse(name) for name in post.ids]
        rooms = [self._rooms.get(one).members for one in owners if one.kind is Kind.CHANNEL]
        return [one.id for one in owners if one.kind is Kind.USER] + [
            user for members in rooms for user in members
        ]

    def check_editable(self, editor: int, post: Post) -> None:
        """Raise unless this person may still edit this post."""
        room = self._rooms.find(post.room) if post.room else None
        if post.action is not None or post.forward is not None:
            raise bad_request("MESSAGE_ID_INVALID")
        if room is not None:
            self._rooms.require_member(room, editor)
        by_admin = (
            room is not None
            and room.broadcast
            and self._rooms.has_right(room, editor, "edit_messages")
        )
        if post.sender != editor and not by_admin:
            raise forbidden("MESSAGE_AUTHOR_REQUIRED")
        to_self = post.room is None and post.sender == post.recipient
        too_old = self._clock() - post.date > self._limits().edit_seconds
        if too_old and not to_self and not _is_ended_by_editing(post):
            raise bad_request("MESSAGE_EDIT_TIME_EXPIRED")

    def edited(self, post: Post) -> None:
        """Report that a post has a new content."""
        post.edit_date = self._clock.seconds()
        post.edit_hidden = False
        self._report(post, Change.EDIT)

    def previewed(self, post: Post) -> None:
        """Report that the preview of a link in a post is complete."""
        self._report(post, Change.PREVIEW)
        self.retouched(post)

    def retouched(self, post: Post) -> None:
        """Report a change that does not count as an edit, as a preview or a ticked task."""
        if post.edit_date is None or post.edit_hidden:
            post.edit_date = self._clock.seconds()
            post.edit_hidden = True
        self._report(post, Change.EDIT)

    def reacted(self, post: Post, who: int) -> None:
        """Report that somebody's reactions to a post changed."""
        self._report(post, Change.REACTIONS, who)

    def _report(self, post: Post, change: Change, value: int = 0) -> None:
        self._boxes.save(post)
        for name, number in post.ids.items():
            owner = Peer.parse(name)
            peer = owner if owner.kind is Kind.CHANNEL else post.peer_for(owner.id)
            entry = self._boxes.record(owner, change, peer, [number], value, count=1)
            self._updates.tell(owner, entry)

    # -- deleting

    def delete(self, owner: Peer, numbers: Iterable[int], *, revoke: bool) -> Entry | None:
        """Delete posts from a mailbox, and from everybody else's when `revoke` is set.

        Returns the change of the mailbox, or None if nothing was there.
        """
        lost: dict[Peer, list[int]] = {}
        chats: dict[Peer, Peer] = {}
        for number in dict.fromkeys(numbers):
            post = self._boxes.of(owner).posts.get(number)
            if post is None:
                continue
            for name in list(post.ids):
                holder = Peer.parse(name)
                if not revoke and holder != owner:
                    continue
                chats[holder] = post.peer_for(holder.id) if holder.kind is Kind.USER else holder
                lost.setdefault(holder, []).append(self._boxes.remove(post, holder))
        own = None
        for holder, ids in lost.items():
            entry = self._boxes.record(holder, Change.DELETE, chats[holder], ids, count=len(ids))
            self._updates.tell(holder, entry)
            own = entry if holder == owner else own
        return own

    # -- reading

    def read(self, reader: int, peer: Peer, up_to: int) -> Entry | None:
        """Mark a chat as read and let the authors know; None when nothing was new."""
        mailbox = self._boxes.holding(reader, peer)
        history = mailbox.history(peer)
        top = history[-1] if history else 0
        up_to = min(up_to, top) if up_to > 0 else top
        dialog = self._boxes.dialog(reader, peer)
        before = dialog.read_inbox
        if up_to <= before:
            return None
        dialog.read_inbox = up_to
        dialog.unread_mark = False
        self._boxes.save_dialog(dialog)
        count = 0 if peer.kind is Kind.CHANNEL else 1
        entry = self._boxes.record(
            Peer.user(reader), Change.READ_INBOX, peer, value=up_to, count=count
        )
        self._updates.changed(reader, entry)
        newest: dict[int, Post] = {}
        for number in history[bisect_right(history, before) : bisect_right(history, up_to)]:
            post = mailbox.posts[number]
            if post.sender != reader:
                newest[post.sender] = post
        for author, post in newest.items():
            self._was_read(author, reader, post)
        return entry

    def _was_read(self, author: int, reader: int, post: Post) -> None:
        room = self._rooms.find(post.room) if post.room else None
        if room is not None and (room.broadcast or author not in room.members):
            return
        in_channel = room is not None and room.peer.kind is Kind.CHANNEL
        number = post.ids.get(str(post.room if in_channel else Peer.user(author)))
        peer = room.peer if room is not None else Peer.user(reader)
        dialog = self._boxes.dialog(author, peer)
        if number is None or number <= dialog.read_outbox:
            return
        dialog.read_outbox = number
        self._boxes.save_dialog(dialog)
        entry = self._boxes.record(
            Peer.user(author),
            Change.READ_OUTBOX,
            peer,
            value=number,
            count=0 if in_channel else 1,
        )
        self._updates.changed(author, entry)

    def _audience(self, post: Post) -> list[int]:
        if post.room is not None:
            members = self._rooms.get(post.room).members
            gone = getattr(post.action, "user_id", None)
            return [one for one in dict.fromkeys([post.sender, *members, gone]) if one is not None]
        return list(dict.fromkeys([post.sender, post.recipient]))


def _is_ended_by_editing(post: Post) -> bool:
    return isinstance(post.media, types.MessageMediaPoll | types.MessageMediaGeoLive)
