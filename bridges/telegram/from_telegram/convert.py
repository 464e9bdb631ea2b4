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
from bridges.telegram.from_telegram.surroundings import Surroundings

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
            chat = around.chat(tl.PeerChannel(update.channel_id))
            return [RemoteRedaction(chat, ids.message_id(one)) for one in update.messages]
        case tl.UpdateMessagePoll():
            return poll_events(update, around)
        case tl.UpdateMessageReactions():
            return reaction_events(update, around)
        case _:
            return _receipts(update, around) or chat_changes(update, around)


def typing_of(update: Any, around: Surroundings) -> RemoteTyping | None:
    """The typing notification an update is, if it is one."""
    match update:
        case tl.UpdateUserTyping():
            peer = sender = tl.PeerUser(update.user_id)
        case tl.UpdateChatUserTyping():
            peer, sender = tl.PeerChat(update.chat_id), update.from_id
        case tl.UpdateChannelUserTyping():
            peer, sender = tl.PeerChannel(update.channel_id), update.from_id
        case _:
            return None
    stopped = isinstance(update.action, tl.SendMessageCancelAction)
    seconds = 0.0 if stopped else _TYPING_SECONDS
    return RemoteTyping(around.chat(peer), around.sender(sender), seconds)


def _deleted(messages: Sequence[int], around: Surroundings) -> Sequence[ChatEvent]:
    """Telegram does not say in which chat: direct chats and basic groups share their numbers."""
    targets = [ids.message_id(one) for one in messages]
    return [RemoteRedaction(around.places[one], one) for one in targets if one in around.places]


def _receipts(update: Any, around: Surroundings) -> Sequence[ChatEvent]:
    match update:
        case tl.UpdateReadHistoryInbox():
            return [_read(around.chat(update.peer), around.myself, update.max_id)]
        case tl.UpdateReadChannelInbox():
            chat = around.chat(tl.PeerChannel(update.channel_id))
            return [_read(chat, around.myself, update.max_id)]
        case tl.UpdateReadHistoryOutbox() if isinstance(update.peer, tl.PeerUser):
            reader = around.sender(update.peer)
            return [_read(around.chat(update.peer), reader, update.max_id)]
    # In groups Telegram says that somebody has read, but not who.
    return []


def _read(chat: ChatKey, reader: Sender, up_to: int) -> RemoteReceipt:
    return RemoteReceipt(chat, reader, MessageID(str(up_to)))
