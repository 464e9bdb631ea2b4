# SPDX-License-Identifier: AGPL-3.0-or-later
"""Logged changes of dialog settings as TL updates."""

from typing import Any

from telethon.tl import types

from sandbox.telegram.records import Change, Dialog, Entry

CHANGES = frozenset(
    {
        Change.NOTIFY,
        Change.FOLDER,
        Change.DIALOG_PIN,
        Change.UNREAD_MARK,
        Change.DRAFT,
    }
)
"""The changes of a single dialog."""


def shown(entry: Entry, dialog: Dialog, pts: int, count: int) -> Any:
    """Return the update of a change of a dialog, with its present settings."""
    peer = entry.peer.tl()
    match entry.change:
        case Change.NOTIFY if entry.value:
            settings = dialog.topic_settings.get(entry.value) or types.PeerNotifySettings()
            return types.UpdateNotifySettings(types.NotifyForumTopic(peer, entry.value), settings)
        case Change.NOTIFY:
            settings = dialog.settings or types.PeerNotifySettings()
            return types.UpdateNotifySettings(types.NotifyPeer(peer), settings)
        case Change.FOLDER:
            return types.UpdateFolderPeers([types.FolderPeer(peer, entry.value)], pts, count)
        case Change.DIALOG_PIN:
            return types.UpdateDialogPinned(
                types.DialogPeer(peer), bool(dialog.pinned) or None, dialog.folder or None
            )
        case Change.UNREAD_MARK:
            return types.UpdateDialogUnreadMark(types.DialogPeer(peer), dialog.unread_mark or None)
        case _:
            draft = dialog.drafts.get(entry.value) or types.DraftMessageEmpty()
            return types.UpdateDraftMessage(peer, draft, top_msg_id=entry.value or None)


def order(folder: int, pinned: list[Dialog]) -> Any:
    """Return the update that tells the order of pinned chats."""
    peers = [types.DialogPeer(dialog.peer.tl()) for dialog in pinned]
    return types.UpdatePinnedDialogs(folder or None, peers)
