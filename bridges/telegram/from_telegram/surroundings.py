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
from bridges.telegram.from_telegram.topics import topic_of


@frozen
class Surroundings:
    """One login and what is known beside its updates.

    Attributes:
        known: people and chats that came along with the updates, by their marked ids.
        places: chats of the messages of the account that the updates delete.
        topics: topics of messages that the updates name, by channel and number.
        forums: those of the channels concerned that are forums.
        say: puts sentences to the account's owner.
        takes_disappearing: files that disappear in Telegram are carried over.
    """

    login: LoginID
    me: int
    known: Mapping[int, Any] = field(factory=dict)
    places: Mapping[MessageID, ChatKey] = field(factory=dict)
    topics: Mapping[tuple[int, int], ChatKey] = field(factory=dict)
    forums: frozenset[int] = frozenset()
    say: Translation = str
    takes_disappearing: bool = False

    def chat(self, peer: ids.Peer) -> ChatKey:
        """The key of a chat."""
        return ids.chat_key(peer, self.login)

    def chat_of(self, message: Any) -> ChatKey:
        """The key of the chat a message is in; of a forum's its topic."""
        topic = topic_of(message)
        if topic is None:
            return self.chat(message.peer_id)
        return ids.topic_key(message.peer_id.channel_id, topic)

    def place(self, peer: ids.Peer, number: int, topic: int | None = None) -> ChatKey:
        """The key of the chat a message is in that is only named, with its topic or without."""
        if not isinstance(peer, PeerChannel):
            return self.chat(peer)
        if topic is not None:
            return self.thread(peer.channel_id, topic)
        return self.topics.get((peer.channel_id, number)) or self.chat(peer)

    def thread(self, channel: int, top: int | None) -> ChatKey:
        """The key of a thread: in a forum a topic, elsewhere a part of the group's one chat."""
        return ids.topic_key(channel, top if channel in self.forums else None)

    def sender(self, peer: ids.Peer) -> Sender:
        """Somebody who did something."""
        if not isinstance(peer, PeerUser):
            return Sender(ids.sender_id(peer), anonymous=True)
        return Sender(ids.sender_id(peer), is_me=peer.user_id == self.me)

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
    """Who wrote a message: the one who is shown in Telegram, also if it was the account itself.

    A broadcast channel's posts are its own, whoever of its admins wrote them. Who writes as a channel
    or as the group does not want to be known.
    """
    if message.post or isinstance(message.from_id, PeerChannel):
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
