# SPDX-License-Identifier: AGPL-3.0-or-later
"""What people set for their chats: silence, the archive, pins of the list, and the mark as unread.

Drafts, folders of the person's own making and the order of pins mean nothing in Matrix.
"""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from telethon.tl import types as tl

from bridges.core.chat import MUTED_FOR_EVER, NOT_MUTED, ChatSettings
from bridges.core.events import RemoteChatSettings
from bridges.telegram import ids
from bridges.telegram.from_telegram.surroundings import Surroundings

ARCHIVE = 1
"""The folder of archived chats."""

FOR_EVER = datetime(2038, 1, 19, 3, 14, 7, tzinfo=UTC)
"""The latest time Telegram knows, by which it means for ever."""


def settings_events(update: Any, around: Surroundings) -> Sequence[RemoteChatSettings]:
    """What an update says of the account's own settings of chats."""
    match update:
        case tl.UpdateNotifySettings():
            return _notifications(update, around)
        case tl.UpdateFolderPeers():
            return [
                _of(one.peer, ChatSettings(archived=one.folder_id == ARCHIVE), around)
                for one in update.folder_peers
            ]
        case tl.UpdateDialogPinned(peer=tl.DialogPeer()):
            return [_of(update.peer.peer, ChatSettings(pinned=bool(update.pinned)), around)]
        case tl.UpdatePinnedDialogs():
            pinned = [one.peer for one in update.order or () if isinstance(one, tl.DialogPeer)]
            return [_of(one, ChatSettings(pinned=True), around) for one in pinned]
        case tl.UpdateDialogUnreadMark(peer=tl.DialogPeer()):
            return [_of(update.peer.peer, ChatSettings(unread=bool(update.unread)), around)]
    return []


def dialog_settings(dialog: Any) -> ChatSettings:
    """What a ``Dialog`` says."""
    return ChatSettings(
        muted_until=notification_settings(dialog.notify_settings).muted_until,
        archived=dialog.folder_id == ARCHIVE,
        pinned=bool(dialog.pinned),
        unread=bool(dialog.unread_mark),
    )


def notification_settings(settings: Any, *, is_topic: bool = False) -> ChatSettings:
    """What ``PeerNotifySettings`` says; a topic that was never muted follows its forum."""
    until = settings.mute_until
    if until is None:
        return ChatSettings(muted_until=None if is_topic else NOT_MUTED)
    return ChatSettings(muted_until=MUTED_FOR_EVER if until >= FOR_EVER else until)


def _notifications(update: Any, around: Surroundings) -> Sequence[RemoteChatSettings]:
    settings = notification_settings(update.notify_settings)
    match update.peer:
        case tl.NotifyPeer(peer=tl.PeerChannel(channel_id=channel)) if channel in around.forums:
            space = RemoteChatSettings(ids.space_key(channel), settings)
            return [_of(update.peer.peer, settings, around), space]
        case tl.NotifyPeer():
            return [_of(update.peer.peer, settings, around)]
        case tl.NotifyForumTopic(peer=tl.PeerChannel(channel_id=channel)):
            return [RemoteChatSettings(ids.topic_key(channel, update.peer.top_msg_id), settings)]
    return []  # What is set for whole kinds of chats does not change single ones.


def _of(peer: ids.Peer, settings: ChatSettings, around: Surroundings) -> RemoteChatSettings:
    return RemoteChatSettings(around.chat(peer), settings)
