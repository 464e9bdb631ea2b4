# SPDX-License-Identifier: AGPL-3.0-or-later
"""What people set for single chats: notifications, archive, pins, unread marks, drafts.

Only the own sessions of an account hear of these. https://core.telegram.org/api/folders.
"""

from typing import Any

from telethon.tl import types

from sandbox.telegram.clock import Clock
from sandbox.telegram.mailboxes import Mailboxes
from sandbox.telegram.records import Change, Dialog, Peer
from sandbox.telegram.rpc import bad_request
from sandbox.telegram.updates import Updates

ARCHIVE = 1
"""The folder of archived chats; all others are in folder 0."""


class DialogSettings:
    """Changes the settings of dialogs and lets the other sessions know."""

    def __init__(self, mailboxes: Mailboxes, updates: Updates, clock: Clock) -> None:
        self._boxes = mailboxes
        self._updates = updates
        self._clock = clock

    # -- notifications

    def set_notify(self, account: int, peer: Peer, settings: Any, topic: int = 0) -> None:
        """Set how somebody is notified of a chat, or of one topic of it."""
        dialog = self._boxes.dialog(account, peer)
        if topic:
            dialog.topic_settings[topic] = settings
        else:
            dialog.settings = settings
        self._changed(dialog, Change.NOTIFY, topic)

    # -- archive

    def move(self, account: int, peer: Peer, folder: int) -> None:
        """Put a chat into the archive or take it out; raises FOLDER_ID_INVALID."""
        if folder not in {0, ARCHIVE}:
            raise bad_request("FOLDER_ID_INVALID")
        dialog = self._boxes.dialog(account, peer)
        if dialog.folder == folder:
            return
        dialog.folder, dialog.pinned = folder, 0
        self._boxes.save_dialog(dialog)
        entry = self._boxes.record(Peer.user(account), Change.FOLDER, peer, value=folder, count=1)
        self._updates.changed(account, entry)

    def message_arrived(self, account: int, peer: Peer) -> None:
        """Take a chat that is not muted out of the archive."""
        dialog = self._boxes.find_dialog(account, peer)
        if dialog is not None and dialog.folder and not self._is_muted(dialog):
            self.move(account, peer, 0)

    # -- pins

    def pin(self, account: int, peer: Peer, limit: int, *, pinned: bool) -> None:
        """Pin a chat on top of its folder or unpin it; raises PINNED_DIALOGS_TOO_MUCH."""
        dialog = self._boxes.dialog(account, peer)
        order = [one for one in self._boxes.pinned(account, dialog.folder) if one is not dialog]
        if pinned and len(order) >= limit:
            raise bad_request("PINNED_DIALOGS_TOO_MUCH")
        self._set_order(account, dialog.folder, [dialog, *order] if pinned else order)
        self._changed(dialog, Change.DIALOG_PIN)

    def reorder(self, account: int, folder: int, peers: list[Peer], *, force: bool) -> None:
        """Pin chats in this order; with `force` all others of the folder are unpinned."""
        order = [self._boxes.dialog(account, peer) for peer in peers]
        rest = [] if force else [d for d in self._boxes.pinned(account, folder) if d not in order]
        self._set_order(account, folder, order + rest)
        self._updates.logged(account, Change.DIALOG_ORDER, Peer.user(account), folder)

    # -- marks and drafts

    def mark_unread(self, account: int, peer: Peer, *, unread: bool) -> None:
        """Mark a chat as unread, or take the mark away."""
        dialog = self._boxes.dialog(account, peer)
        if dialog.unread_mark != unread:
            dialog.unread_mark = unread
            self._changed(dialog, Change.UNREAD_MARK)

    def save_draft(self, account: int, peer: Peer, draft: Any, topic: int = 0) -> None:
        """Keep what somebody has begun to write; None if they threw it away."""
        dialog = self._boxes.dialog(account, peer)
        if draft is None and topic not in dialog.drafts:
            return
        if draft is None:
            del dialog.drafts[topic]
        else:
            dialog.drafts[topic] = draft
        self._changed(dialog, Change.DRAFT, topic)

    # -- inside

    def _is_muted(self, dialog: Dialog) -> bool:
        settings: Any = dialog.settings
        until = settings.mute_until if settings is not None else None
        return until is not None and until.timestamp() > self._clock()

    def _set_order(self, account: int, folder: int, order: list[Dialog]) -> None:
        for dialog in self._boxes.dialogs(account):
            if dialog.folder == folder and dialog.pinned and dialog not in order:
                dialog.pinned = 0
                self._boxes.save_dialog(dialog)
        for place, dialog in enumerate(order, 1):
            dialog.pinned = place
            self._boxes.save_dialog(dialog)

    def _changed(self, dialog: Dialog, change: Change, value: int = 0) -> None:
        self._boxes.save_dialog(dialog)
        self._updates.logged(dialog.owner, change, dialog.peer, value)


def kept_settings(given: Any) -> Any:
    """Return the TL ``PeerNotifySettings`` of an ``InputPeerNotifySettings``."""
    return types.PeerNotifySettings(
        show_previews=given.show_previews, silent=given.silent, mute_until=given.mute_until
    )
