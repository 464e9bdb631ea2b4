# SPDX-License-Identifier: AGPL-3.0-or-later
"""What a converter may look at beside the update itself."""

from collections.abc import Mapping
from typing import Any

from attrs import field, frozen
from telethon.tl.types import PeerChannel, PeerUser

from bridges.core.chat import Sender
from bridges.core.ids import ChatKey, LoginID, MessageID
from bridges.core.text import Translation
from bridges.telegram import ids


@frozen
class Surroundings:
    """One login and what is known beside its updates.

    Attributes:
        known: people and chats that came along with the updates, by their marked ids.
        places: chats of the messages that the updates delete.
        say: puts sentences to the account's owner.
        takes_disappearing: files that disappear in Telegram are carried over.
    """

    login: LoginID
    me: int
    known: Mapping[int, Any] = field(factory=dict)
    places: Mapping[MessageID, ChatKey] = field(factory=dict)
    say: Translation = str
    takes_disappearing: bool = False

    def chat(self, peer: ids.Peer) -> ChatKey:
        """The key of a chat."""
        return ids.chat_key(peer, self.login)

    def sender(self, peer: ids.Peer) -> Sender:
        """Somebody who did something."""
        return Sender(ids.sender_id(peer), isinstance(peer, PeerUser) and peer.user_id == self.me)

    @property
    def myself(self) -> Sender:
        """The account itself."""
        return Sender(ids.user_id(self.me), is_me=True)

    def username(self, peer: ids.Peer) -> str | None:
        """The public name of somebody or of a chat that came along."""
        thing: Any = self.known.get(ids.marked(peer))
        if getattr(thing, "username", None):
            return str(thing.username)
        others = getattr(thing, "usernames", None) or ()
        return next((str(one.username) for one in others if one.active), None)


def author(message: Any, around: Surroundings) -> Sender:
    """Who wrote a message. A broadcast channel's posts are its own, whoever of its admins wrote them."""
    if message.post:
        return around.sender(message.from_id or message.peer_id)
    if message.out:
        return around.myself
    return around.sender(message.from_id or message.peer_id)


def link_to(message: Any, around: Surroundings) -> str | None:
    """The t.me link of a message, None where there is none (direct chats, basic groups)."""
    if not isinstance(message.peer_id, PeerChannel):
        return None
    username = around.username(message.peer_id)
    place = username or f"c/{message.peer_id.channel_id}"
    return f"https://t.me/{place}/{message.id}"
