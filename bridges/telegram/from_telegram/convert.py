# SPDX-License-Identifier: AGPL-3.0-or-later
"""One update to events: which kinds there are and who converts them."""

import logging
from collections.abc import Sequence
from typing import Any

from telethon.tl import types as tl

from bridges.core.chat import Sender
from bridges.core.events import ChatEvent, RemoteReceipt, RemoteRedaction, RemoteTyping
from bridges.core.ids import ChatKey, MessageID
from bridges.telegram import ids
from bridges.telegram.from_telegram.chat_changes import chat_changes
from bridges.telegram.from_telegram.messages import edit_events, from_short, message_events
from bridges.telegram.from_telegram.polls import poll_events
from bridges.telegram.from_telegram.reactions import reaction_events, reactions_on
from bridges.telegram.from_telegram.settings import settings_events
from bridges.telegram.from_telegram.surroundings import Surroundings
from bridges.telegram.from_telegram.topology import channel_deletions

_log = logging.getLogger(__name__)

_TYPING_SECONDS = 6.0


def events_of(update: Any, around: Surroundings) -> Sequence[ChatEvent]:
    """What an update means for chats; empty for those that mean nothing in Matrix."""
    match update:
        case tl.UpdateNewMessage() | tl.UpdateNewChannelMessage():
            return [
                *message_events(update.message, around),
                *reactions_on(update.message, around),
            ]
        case tl.UpdateShortMessage() | tl.UpdateShortChatMessage():
            return message_events(from_short(update, around.me), around)
        case tl.UpdateEditMessage() | tl.UpdateEditChannelMessage():
            return [*edit_events(update, around), *reactions_on(update.message, around)]
        case tl.UpdateDeleteMessages():
            return _deleted(update.messages, around)
        case tl.UpdateDeleteChannelMessages():
            return channel_deletions(update, around)
        case tl.UpdateMessagePoll():
            return poll_events(update, around)
        case tl.UpdateMessageReactions():
            return reaction_events(update, around)
    return (
        _receipts(update, around) or settings_events(update, around) or chat_changes(update, around)
    )


def typing_of(update: Any, around: Surroundings) -> RemoteTyping | None:
    """The typing notification an update is, if it is one."""
    match update:
        case tl.UpdateUserTyping():
            peer = sender = tl.PeerUser(update.user_id)
        case tl.UpdateChatUserTyping():
            peer, sender = tl.PeerChat(update.chat_id), update.from_id
        case tl.UpdateChannelUserTyping():
            chat = around.thread(update.channel_id, update.top_msg_id)
            return _typing(chat, update.from_id, update.action, around)
        case _:
            return None
    return _typing(around.chat(peer), sender, update.action, around)


def _typing(chat: ChatKey, sender: ids.Peer, action: Any, around: Surroundings) -> RemoteTyping:
    stopped = isinstance(action, tl.SendMessageCancelAction)
    return RemoteTyping(chat, around.sender(sender), 0.0 if stopped else _TYPING_SECONDS)


def _deleted(messages: Sequence[int], around: Surroundings) -> Sequence[ChatEvent]:
    """Telegram does not say in which chat: direct chats and basic groups share their numbers."""
    targets = [ids.message_id(one) for one in messages]
    return [RemoteRedaction(around.places[one], one) for one in targets if one in around.places]


def _receipts(update: Any, around: Surroundings) -> Sequence[ChatEvent]:
    match update:
        case tl.UpdateReadHistoryInbox():
            return [_read(around.chat(update.peer), around.myself, update.max_id)]
        case tl.UpdateReadChannelInbox():
            chat = around.place(tl.PeerChannel(update.channel_id), update.max_id)
            return [_read(chat, around.myself, update.max_id)]
        case tl.UpdateReadChannelDiscussionInbox() if update.channel_id in around.forums:
            chat = around.thread(update.channel_id, update.top_msg_id)
            return [_read(chat, around.myself, update.read_max_id)]
        case tl.UpdateReadHistoryOutbox() if isinstance(update.peer, tl.PeerUser):
            reader = around.sender(update.peer)
            return [_read(around.chat(update.peer), reader, update.max_id)]
    # In groups Telegram says that somebody has read, but not who.
    return []


def _read(chat: ChatKey, reader: Sender, up_to: int) -> RemoteReceipt:
    return RemoteReceipt(chat, reader, MessageID(str(up_to)))
