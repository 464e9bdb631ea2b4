# SPDX-License-Identifier: AGPL-3.0-or-later
"""Mailboxes: what an account or a channel holds, in order, and every change it saw.

Direct chats and basic groups live in the mailbox of each account, a channel has its own; both
count their changes in `pts`: https://core.telegram.org/api/updates.
"""

from bisect import bisect_right
from collections.abc import Iterable

from sandbox.telegram.clock import Clock
from sandbox.telegram.persistence import Store
from sandbox.telegram.records import Box, Change, Dialog, Entry, Kind, Peer, Post


class Mailbox:
    """The posts of one owner by id, the history of each chat and thread, the log of changes."""

    def __init__(self, box: Box) -> None:
        self.box = box
        self.posts: dict[int, Post] = {}
        self.chats: dict[Peer, list[int]] = {}
        self.threads: dict[int, list[int]] = {}
        self.log: list[Entry] = []

    @property
    def owner(self) -> Peer:
        """Whose mailbox this is."""
        return self.box.owner

    @property
    def last_change(self) -> int:
        """When something that counts last happened here, in seconds since 1970."""
        return self.log[-1].date if self.log else 0

    def history(self, peer: Peer) -> list[int]:
        """Return the ids of a chat, oldest first."""
        return self.chats.get(peer, [])

    def since(self, pts: int) -> list[Entry]:
        """Return the changes after a point, oldest first."""
        return self.log[bisect_right(self.log, pts, key=lambda entry: entry.pts) :]

    def passing(self, pts: int, date: int) -> list[Entry]:
        """Return the changes without a point of their own that happened at `pts` after `date`."""
        found = []
        for entry in reversed(self.log):
            if entry.pts < pts:
                break
            if entry.count == 0 and entry.pts == pts and entry.date >= date:
                found.append(entry)
        return found[::-1]

    def unread(self, peer: Peer, reader: int, read_up_to: int) -> int:
        """Count the posts of others after the last one read."""
        history = self.history(peer)
        later = history[bisect_right(history, read_up_to) :]
        return sum(1 for post_id in later if self.posts[post_id].sender != reader)


class Mailboxes:
    """All mailboxes and the reading state of every dialog."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock
        self._boxes: dict[Peer, Mailbox] = {}
        self._posts: dict[int, Post] = {}
        self._dialogs: dict[int, dict[Peer, Dialog]] = {}
        self._next_uid = 1
        self._load()

    def of(self, owner: Peer) -> Mailbox:
        """Return a mailbox, a new one if the owner had none."""
        mailbox = self._boxes.get(owner)
        if mailbox is None:
            mailbox = self._boxes[owner] = Mailbox(Box(owner))
        return mailbox

    def holding(self, viewer: int, peer: Peer) -> Mailbox:
        """Return the mailbox in which `viewer` finds the chat with `peer`."""
        return self.of(peer if peer.kind is Kind.CHANNEL else Peer.user(viewer))

    # -- posts

    def new_uid(self) -> int:
        """Number a new post."""
        self._next_uid += 1
        return self._next_uid - 1

    def post(self, uid: int) -> Post | None:
        """Find a post that still exists."""
        return self._posts.get(uid)

    def deliver(self, post: Post, owner: Peer) -> int:
        """Put a post into a mailbox and return its id there."""
        mailbox = self.of(owner)
        number = mailbox.box.next_id
        mailbox.box.next_id += 1
        post.ids[str(owner)] = number
        self._place(post, mailbox, number)
        return number

    def save(self, post: Post) -> None:
        """Keep a new or changed post."""
        self._posts[post.uid] = post
        self._store.save("post", str(post.uid), post)

    def remove(self, post: Post, owner: Peer) -> int:
        """Take a post out of a mailbox and return the id it had there."""
        mailbox = self.of(owner)
        number = post.ids.pop(str(owner))
        del mailbox.posts[number]
        mailbox.chats[self._chat_of(post, owner)].remove(number)
        if number in mailbox.threads.get(post.top, ()):
            mailbox.threads[post.top].remove(number)
        if post.ids:
            self._store.save("post", str(post.uid), post)
        else:
            self._posts.pop(post.uid, None)
            self._store.delete("post", str(post.uid))
        return number

    # -- changes

    def record(
        self,
        owner: Peer,
        change: Change,
        peer: Peer,
        ids: Iterable[int] = (),
        value: int = 0,
        count: int = 0,
    ) -> Entry:
        """Add a change to the log of a mailbox; `count` is how far it moves `pts`."""
        mailbox = self.of(owner)
        box = mailbox.box
        box.pts += count
        box.entries += 1
        entry = Entry(
            owner,
            box.entries,
            box.pts,
            count,
            change,
            self._clock.seconds(),
            peer,
            tuple(ids),
            value,
        )
        mailbox.log.append(entry)
        self._store.save("box", str(owner), box)
        self._store.save("entry", f"{owner}:{box.entries}", entry)
        return entry

    # -- dialogs

    def dialog(self, account: int, peer: Peer) -> Dialog:
        """Return the reading state of a chat, a new one if there was none."""
        dialog = self._dialogs.setdefault(account, {}).get(peer)
        if dialog is None:
            dialog = Dialog(account, peer)
            self.save_dialog(dialog)
        return dialog

    def find_dialog(self, account: int, peer: Peer) -> Dialog | None:
        """Return the reading state of a chat if it is in the account's list."""
        return self._dialogs.get(account, {}).get(peer)

    def save_dialog(self, dialog: Dialog) -> None:
        """Keep a changed reading state."""
        self._dialogs.setdefault(dialog.owner, {})[dialog.peer] = dialog
        self._store.save("dialog", f"{dialog.owner}:{dialog.peer}", dialog)

    def remove_dialog(self, account: int, peer: Peer) -> None:
        """Take a chat out of the account's list."""
        if self._dialogs.get(account, {}).pop(peer, None) is not None:
            self._store.delete("dialog", f"{account}:{peer}")

    def dialogs(self, account: int) -> list[Dialog]:
        """List the chats of an account, in no particular order."""
        return list(self._dialogs.get(account, {}).values())

    def pinned(self, account: int, folder: int) -> list[Dialog]:
        """List the pinned chats of a folder in their order."""
        found = [d for d in self.dialogs(account) if d.pinned and d.folder == folder]
        return sorted(found, key=lambda dialog: dialog.pinned)

    def _chat_of(self, post: Post, owner: Peer) -> Peer:
        return owner if owner.kind is Kind.CHANNEL else post.peer_for(owner.id)

    def _place(self, post: Post, mailbox: Mailbox, number: int) -> None:
        mailbox.posts[number] = post
        mailbox.chats.setdefault(self._chat_of(post, mailbox.owner), []).append(number)
        if post.top and mailbox.owner.kind is Kind.CHANNEL:
            mailbox.threads.setdefault(post.top, []).append(number)

    def _load(self) -> None:
        for box in self._store.load("box", Box):
            self._boxes[box.owner] = Mailbox(box)
        for post in self._store.load("post", Post):
            self._posts[post.uid] = post
            self._next_uid = max(self._next_uid, post.uid + 1)
            for name, number in post.ids.items():
                self._place(post, self.of(Peer.parse(name)), number)
        for entry in self._store.load("entry", Entry):
            self.of(entry.owner).log.append(entry)
        for dialog in self._store.load("dialog", Dialog):
            self._dialogs.setdefault(dialog.owner, {})[dialog.peer] = dialog
