# SPDX-License-Identifier: AGPL-3.0-or-later
"""Logged changes that are not about single messages, as TL updates."""

from typing import Any

from attrs import frozen
from telethon.tl import types

from sandbox.telegram import participants, setting_updates
from sandbox.telegram.mailboxes import Mailboxes
from sandbox.telegram.records import Change, Entry, Kind, Room
from sandbox.telegram.render import Render
from sandbox.telegram.rooms import Rooms
from sandbox.telegram.threads import Threads


@frozen
class Subjects:
    """Renders what happened to people, rooms, topics and to how far chats were read."""

    render: Render
    rooms: Rooms
    mailboxes: Mailboxes
    threads: Threads

    def shown(self, viewer: int, entry: Entry, pts: int, count: int) -> Any:
        """Return the update of a change."""
        match entry.change:
            case Change.READ_INBOX | Change.READ_OUTBOX:
                return self._read(viewer, entry, pts, count)
            case Change.READ_THREAD_INBOX | Change.READ_THREAD_OUTBOX:
                return self._read_thread(entry)
            case Change.LOOKS:
                return types.UpdateUser(entry.peer.id)
            case Change.PERSON:
                return self._person(viewer, entry.peer.id)
            case Change.TTL:
                return types.UpdatePeerHistoryTTL(entry.peer.tl(), entry.value or None)
            case Change.BLOCKED:
                blocked = entry.peer.id in self.render.accounts.get(viewer).blocked
                return types.UpdatePeerBlocked(entry.peer.tl(), blocked or None)
            case Change.DIALOG_ORDER:
                return setting_updates.order(
                    entry.value, self.mailboxes.pinned(viewer, entry.value)
                )
            case change if change in setting_updates.CHANGES:
                dialog = self.mailboxes.dialog(viewer, entry.peer)
                return setting_updates.shown(entry, dialog, pts, count)
            case _:
                return self._room(viewer, entry, self.rooms.get(entry.peer))

    def _read(self, viewer: int, entry: Entry, pts: int, count: int) -> Any:
        inbox = entry.change is Change.READ_INBOX
        if entry.peer.kind is Kind.CHANNEL:
            if not inbox:
                return types.UpdateReadChannelOutbox(entry.peer.id, entry.value)
            unread = self.threads.unread_in(self.rooms.get(entry.peer), viewer)
            now = self.mailboxes.of(entry.peer).box.pts
            return types.UpdateReadChannelInbox(entry.peer.id, entry.value, unread, now)
        if not inbox:
            return types.UpdateReadHistoryOutbox(entry.peer.tl(), entry.value, pts, count)
        unread = self.mailboxes.of(entry.owner).unread(entry.peer, viewer, entry.value)
        return types.UpdateReadHistoryInbox(entry.peer.tl(), entry.value, unread, pts, count)

    def _read_thread(self, entry: Entry) -> Any:
        room, (top,) = self.rooms.get(entry.peer), entry.ids
        if entry.change is Change.READ_THREAD_OUTBOX:
            return types.UpdateReadChannelDiscussionOutbox(room.id, top, entry.value)
        first = self.mailboxes.of(room.peer).posts.get(top)
        comments = first is not None and first.copy_of
        return types.UpdateReadChannelDiscussionInbox(
            channel_id=room.id,
            top_msg_id=top,
            read_max_id=entry.value,
            broadcast_id=room.linked if comments else None,
            broadcast_post=first.copy_of if first is not None and comments else None,
        )

    def _person(self, viewer: int, account_id: int) -> Any:
        user = self.render.user(viewer, self.render.accounts.get(account_id))
        names = [types.Username(user.username, active=True)] if user.username else []
        if user.deleted:
            return types.UpdateUser(account_id)
        return types.UpdateUserName(account_id, user.first_name, user.last_name or "", names)

    def _room(self, viewer: int, entry: Entry, room: Room) -> Any:
        match entry.change:
            case Change.RIGHTS:
                return types.UpdateChatDefaultBannedRights(
                    room.peer.tl(), room.default_rights, room.version
                )
            case Change.ADMIN if entry.value in room.members:
                is_admin = room.members[entry.value].admin is not None
                return types.UpdateChatParticipantAdmin(
                    room.id, entry.value, is_admin, room.version
                )
            case Change.TOPIC_PIN:
                topic = room.topics.get(entry.value)
                pinned = topic is not None and bool(topic.pinned)
                return types.UpdatePinnedForumTopic(room.peer.tl(), entry.value, pinned or None)
            case Change.TOPIC_ORDER:
                return types.UpdatePinnedForumTopics(room.peer.tl(), room.pinned_topics())
            case Change.MEMBERS if viewer in room.members:
                return types.UpdateChatParticipants(participants.of_group(room))
        if room.peer.kind is Kind.CHANNEL:
            return types.UpdateChannel(room.id)
        return types.UpdateChat(room.id)
