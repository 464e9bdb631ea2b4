# SPDX-License-Identifier: AGPL-3.0-or-later
"""Marking threads as read: topics and comments. https://core.telegram.org/api/threads."""

from sandbox.telegram.mailboxes import Mailboxes
from sandbox.telegram.records import Change, Room
from sandbox.telegram.room_parts import Reading
from sandbox.telegram.threads import Threads
from sandbox.telegram.updates import Updates


class Readings:
    """Moves the marks of a thread and lets the authors know."""

    def __init__(self, mailboxes: Mailboxes, threads: Threads, updates: Updates) -> None:
        self._boxes = mailboxes
        self._threads = threads
        self._updates = updates

    def read(self, reader: int, room: Room, top: int, up_to: int) -> None:
        """Mark a thread as read up to a message."""
        numbers = self._threads.numbers(room, top)
        before = self._threads.read_up_to(room, top, reader)
        up_to = min(up_to, numbers[-1] if numbers else 0)
        if up_to <= before:
            return
        self._reading(reader, room, top).inbox = up_to
        self._save(reader, room)
        change = Change.READ_THREAD_INBOX
        self._updates.logged(reader, change, room.peer, up_to, ids=(top,))
        posts = self._boxes.of(room.peer).posts
        fresh = [number for number in numbers if before < number <= up_to]
        newest = {posts[number].sender: number for number in fresh}
        for author, number in newest.items():
            if author != reader and author in room.members:
                self._was_read(author, room, top, number)

    def _was_read(self, author: int, room: Room, top: int, number: int) -> None:
        reading = self._reading(author, room, top)
        if reading.outbox >= number:
            return
        reading.outbox = number
        self._save(author, room)
        self._updates.logged(author, Change.READ_THREAD_OUTBOX, room.peer, number, ids=(top,))

    def _reading(self, account: int, room: Room, top: int) -> Reading:
        return self._boxes.dialog(account, room.peer).threads.setdefault(top, Reading())

    def _save(self, account: int, room: Room) -> None:
        self._boxes.save_dialog(self._boxes.dialog(account, room.peer))
