# SPDX-License-Identifier: AGPL-3.0-or-later
"""How a chat stands in somebody's list of chats."""

from typing import Any

from attrs import frozen
from telethon.tl import types

from sandbox.telegram.mailboxes import Mailboxes
from sandbox.telegram.records import Dialog, Kind, Peer
from sandbox.telegram.rooms import Rooms
from sandbox.telegram.threads import Threads


@frozen
class DialogView:
    """Renders dialogs for their owner."""

    rooms: Rooms
    mailboxes: Mailboxes
    threads: Threads

    def shown(self, account: int, peer: Peer) -> Any:
        """Return the TL ``Dialog`` of a chat."""
        mailbox = self.mailboxes.holding(account, peer)
        dialog = self.mailboxes.find_dialog(account, peer) or Dialog(account, peer)
        history = mailbox.history(peer)
        return types.Dialog(
            peer=peer.tl(),
            top_message=history[-1] if history else 0,
            read_inbox_max_id=dialog.read_inbox,
            read_outbox_max_id=dialog.read_outbox,
            unread_count=self.unread(account, peer),
            unread_mentions_count=0,
            unread_reactions_count=0,
            unread_poll_votes_count=0,
            notify_settings=dialog.settings or types.PeerNotifySettings(),
            pinned=bool(dialog.pinned) or None,
            unread_mark=dialog.unread_mark or None,
            draft=dialog.drafts.get(0),
            folder_id=dialog.folder or None,
            ttl_period=dialog.ttl or None,
            pts=mailbox.box.pts if peer.kind is Kind.CHANNEL else None,
        )

    def archive(self, account: int, archived: list[Peer], top: Peer) -> Any:
        """Return the TL ``DialogFolder`` of the archive; `top` is the chat written in last."""
        unread = [self.unread(account, peer) for peer in archived]
        history = self.mailboxes.holding(account, top).history(top)
        return types.DialogFolder(
            folder=types.Folder(1, "Archived Chats"),
            peer=top.tl(),
            top_message=history[-1] if history else 0,
            unread_muted_peers_count=0,
            unread_unmuted_peers_count=sum(1 for count in unread if count),
            unread_muted_messages_count=0,
            unread_unmuted_messages_count=sum(unread),
            pinned=True,
        )

    def unread(self, account: int, peer: Peer) -> int:
        """Count what somebody has not read in a chat."""
        if peer.kind is Kind.CHANNEL:
            return self.threads.unread_in(self.rooms.get(peer), account)
        dialog = self.mailboxes.find_dialog(account, peer)
        read_up_to = dialog.read_inbox if dialog is not None else 0
        return self.mailboxes.of(Peer.user(account)).unread(peer, account, read_up_to)
