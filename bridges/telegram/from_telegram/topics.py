# SPDX-License-Identifier: AGPL-3.0-or-later
"""In which topic of a forum something happens (https://core.telegram.org/api/forum).

Messages say it themselves. Most other updates name only the channel and the message, whose topic is
looked up; they are told apart from threads of ordinary groups by whether the channel is a forum.
"""

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from telethon.tl import types as tl

from bridges.core.ids import ChatKey
from bridges.telegram import ids


def topic_of(message: Any) -> int | None:
    """The topic a message was sent in, None for General and for what is no forum."""
    if not isinstance(message.peer_id, tl.PeerChannel):
        return None
    if isinstance(getattr(message, "action", None), tl.MessageActionTopicCreate):
        number: int = message.id
        return number
    header = message.reply_to
    if not isinstance(header, tl.MessageReplyHeader) or not header.forum_topic:
        return None
    topic: int | None = header.reply_to_top_id or header.reply_to_msg_id
    return topic


def channels_with_threads(updates: Sequence[Any]) -> set[int]:
    """The channels of updates that mean something else in forums than in other groups."""
    found = set(messages_named(updates))
    for update in updates:
        match update:
            case tl.UpdateNotifySettings(peer=tl.NotifyPeer(peer=tl.PeerChannel(channel_id=one))):
                found.add(one)
            case tl.UpdateMessageReactions() | tl.UpdateMessagePoll():
                found |= {getattr(update.peer, "channel_id", 0)} - {0}
            case tl.UpdateChannelUserTyping() | tl.UpdateReadChannelDiscussionInbox():
                found.add(update.channel_id)
    return found


def messages_named(updates: Sequence[Any]) -> dict[int, set[int]]:
    """Messages that updates name without their topics, by channel."""
    found: dict[int, set[int]] = {}
    for update in updates:
        channel, numbers = _named(update)
        if channel is not None:
            found.setdefault(channel, set()).update(numbers)
    return found


def _named(update: Any) -> tuple[int | None, Collection[int]]:
    match update:
        case tl.UpdateDeleteChannelMessages() | tl.UpdatePinnedChannelMessages():
            return update.channel_id, update.messages
        case tl.UpdateReadChannelInbox():
            return update.channel_id, (update.max_id,)
        case tl.UpdateMessageReactions(peer=tl.PeerChannel(), top_msg_id=None):
            return update.peer.channel_id, (update.msg_id,)
    return None, ()


def places_of_new(updates: Sequence[Any]) -> Mapping[tuple[int, int], ChatKey]:
    """The topics of messages that are new in these very updates, by channel and number."""
    found = {}
    for update in updates:
        if isinstance(update, tl.UpdateNewChannelMessage):
            message = update.message
            topic = None if isinstance(message, tl.MessageEmpty) else topic_of(message)
            if topic is not None:
                channel = message.peer_id.channel_id
                found[channel, message.id] = ids.topic_key(channel, topic)
    return found
