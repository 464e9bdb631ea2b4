# SPDX-License-Identifier: AGPL-3.0-or-later
"""Topics that change or go, and groups that become supergroups."""

from collections.abc import Sequence
from typing import Any

from telethon.tl import types as tl

from bridges.core.chat import ChatInfo
from bridges.core.events import ChatChanged, ChatEvent, ChatGone, ChatMoved, RemoteRedaction
from bridges.core.formatting.names import clean_name
from bridges.telegram import ids
from bridges.telegram.chat_info import may_write, may_write_in_closed
from bridges.telegram.from_telegram.surroundings import Surroundings
from bridges.telegram.topic_info import icon


def channel_deletions(update: Any, around: Surroundings) -> Sequence[ChatEvent]:
    """What ``UpdateDeleteChannelMessages`` means. A topic goes with the message it began with."""
    peer = tl.PeerChannel(update.channel_id)
    events: list[ChatEvent] = []
    gone: list[ChatEvent] = []
    for number in update.messages:
        chat = around.place(peer, number)
        events.append(RemoteRedaction(chat, ids.message_id(number)))
        if ids.topic_number(chat) == number:
            gone.append(ChatGone(chat, deleted=True))
    return events + gone


def migration(chat: Any, around: Surroundings) -> ChatMoved | None:
    """That a basic group goes on as a supergroup, if it says so."""
    if not isinstance(chat, tl.Chat) or not isinstance(chat.migrated_to, tl.InputChannel):
        return None
    successor = ids.topic_key(chat.migrated_to.channel_id, None)
    return ChatMoved(around.chat(tl.PeerChat(chat.id)), successor)


def topic_changes(message: Any, around: Surroundings) -> Sequence[ChatEvent]:
    """What ``MessageActionTopicEdit`` changes.

    General is the group's own room: it keeps the group's name, and only whether it is open counts.
    """
    action = message.action
    if not isinstance(message.peer_id, tl.PeerChannel):
        return []
    chat = around.chat_of(message)
    is_general = ids.topic_number(chat) is None
    closed = action.hidden if action.closed is None else action.closed
    info = ChatInfo(
        name=None if is_general or action.title is None else clean_name(action.title),
        avatar=None if is_general else icon(action.icon_emoji_id),
        may_write=_may_write(message.peer_id.channel_id, closed, around),
    )
    return [ChatChanged(chat, info)] if info != ChatInfo() else []


def _may_write(channel: int, closed: bool | None, around: Surroundings) -> bool | None:
    group = around.known.get(ids.marked(tl.PeerChannel(channel)))
    if closed is None or not isinstance(group, tl.Channel) or group.min:
        return None
    return may_write_in_closed(group) if closed else may_write(group)
