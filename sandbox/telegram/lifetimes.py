# SPDX-License-Identifier: AGPL-3.0-or-later
"""Disappearing messages: the service says how long they live, clients delete them by themselves.

https://core.telegram.org/method/messages.setHistoryTTL
"""

from telethon.tl import types

from sandbox.telegram.mailboxes import Mailboxes
from sandbox.telegram.posts import Posts
from sandbox.telegram.records import Account, Change, Kind, Peer
from sandbox.telegram.rooms import Rooms
from sandbox.telegram.rpc import bad_request
from sandbox.telegram.updates import Updates

_LONGEST = 366 * 24 * 3600


class Lifetimes:
    """Sets how long the messages of a chat live, in seconds; 0 means for ever."""

    def __init__(self, rooms: Rooms, mailboxes: Mailboxes, posts: Posts, updates: Updates) -> None:
        self._rooms = rooms
        self._boxes = mailboxes
        self._posts = posts
        self._updates = updates

    def set(self, by: int, peer: Peer, period: int, *, by_default: bool = False) -> None:
        """Change the lifetime of messages sent from now on; `by_default` as the sender prefers.

        Raises TTL_PERIOD_INVALID, CHAT_ADMIN_REQUIRED, CHAT_NOT_MODIFIED or PEER_ID_INVALID.
        """
        check(period)
        if peer.kind is Kind.USER:
            self._set_direct(by, peer, period)
            told = [(by, peer), (peer.id, Peer.user(by))]
        else:
            room = self._rooms.get(peer)
            self._rooms.require_admin(room, by, "change_info")
            if room.ttl == period:
                raise bad_request("CHAT_NOT_MODIFIED")
            room.ttl = period
            self._rooms.save(room)
            told = [(member, peer) for member in room.members]
        for account, chat in told:
            self._updates.logged(account, Change.TTL, chat, period)
        action = types.MessageActionSetMessagesTTL(period, by if by_default else None)
        self._posts.send(self._posts.draft(by, peer, action=action))

    def start_chat(self, by: Account, peer: Peer) -> None:
        """Apply somebody's preference before their first message to a person."""
        new = self._boxes.find_dialog(by.id, peer) is None
        if new and by.default_ttl and peer.kind is Kind.USER and peer.id != by.id:
            self.set(by.id, peer, by.default_ttl, by_default=True)

    def _set_direct(self, by: int, peer: Peer, period: int) -> None:
        if peer.id == by:
            raise bad_request("PEER_ID_INVALID")
        for account, chat in ((by, peer), (peer.id, Peer.user(by))):
            dialog = self._boxes.dialog(account, chat)
            if account == by and dialog.ttl == period:
                raise bad_request("CHAT_NOT_MODIFIED")
            dialog.ttl = period
            self._boxes.save_dialog(dialog)


def check(period: int) -> None:
    """Raise TTL_PERIOD_INVALID for a lifetime the service does not know."""
    if not 0 <= period <= _LONGEST:
        raise bad_request("TTL_PERIOD_INVALID")
