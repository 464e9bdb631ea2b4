# SPDX-License-Identifier: AGPL-3.0-or-later
"""Service messages: a change of the chat where Matrix has a state for it, a short notice elsewhere."""

import logging
from collections.abc import Sequence
from typing import Any

from telethon.tl import types as tl

from bridges.core.chat import NO_AVATAR, Avatar, ChatInfo, Member, Membership, Sender
from bridges.core.content import FormattedText, Text, TextKind
from bridges.core.events import ChatChanged, ChatEvent, ChatGone, ChatMoved, RemoteMessage
from bridges.core.formatting.compose import plain
from bridges.core.formatting.names import clean_name
from bridges.telegram import ids
from bridges.telegram.from_telegram.replies import answered
from bridges.telegram.from_telegram.service_lines import UNKNOWN, service_line
from bridges.telegram.from_telegram.surroundings import Surroundings, author
from bridges.telegram.from_telegram.topology import topic_changes
from bridges.telegram.media import peer_photo_reference

_log = logging.getLogger(__name__)


def service_events(message: Any, around: Surroundings) -> Sequence[ChatEvent]:
    """What a ``MessageService`` means."""
    chat = around.chat_of(message)
    match message.action:
        case tl.MessageActionEmpty():
            return []
        case tl.MessageActionChatMigrateTo(channel_id=channel):
            return [ChatMoved(chat, ids.topic_key(channel, None))]
        case tl.MessageActionChannelMigrateFrom(chat_id=group):
            moved = ChatMoved(around.chat(tl.PeerChat(group)), chat)
            return [moved, _notice(message, service_line(message.action, around), around)]
        case tl.MessageActionTopicEdit():
            line = service_line(message.action, around)
            return [_notice(message, line, around), *topic_changes(message, around)]
        case tl.MessageActionChatDeleteUser(user_id=gone) if gone == around.me:
            return [ChatGone(chat)]
    info = _state(message, around)
    if info is not None:
        return [ChatChanged(chat, info)]
    return [_notice(message, _line(message, around), around)]


def _line(message: Any, around: Surroundings) -> FormattedText:
    try:
        return service_line(message.action, around)
    except Exception:  # noqa: BLE001 - it must neither be lost nor hold up those behind it
        _log.exception("A service message could not be told", extra={"message_id": message.id})
        return plain(around.say(UNKNOWN))


def _state(message: Any, around: Surroundings) -> ChatInfo | None:
    """The change of the chat's properties, None if there is none that Matrix has a state for."""
    action = message.action
    match action:
        case tl.MessageActionChatEditTitle():
            return ChatInfo(name=clean_name(action.title))
        case tl.MessageActionChatEditPhoto():
            return ChatInfo(avatar=_photo(message))
        case tl.MessageActionChatDeletePhoto():
            return ChatInfo(avatar=NO_AVATAR)
        case tl.MessageActionChatCreate() | tl.MessageActionChatAddUser():
            name = clean_name(action.title) if hasattr(action, "title") else None
            return ChatInfo(name=name, members=_joined(action.users, around))
        case tl.MessageActionChannelCreate():
            return ChatInfo(name=clean_name(action.title))
        case (
            tl.MessageActionChatJoinedByLink()
            | tl.MessageActionChatJoinedByRequest()
            | tl.MessageActionChatJoinedViaCommunity()
        ):
            return ChatInfo(members=(Member(author(message, around)),))
        case tl.MessageActionChatDeleteUser():
            gone = Sender(ids.user_id(action.user_id))
            return ChatInfo(members=(Member(gone, Membership.LEAVE),))
    return None


def _joined(users: Sequence[int], around: Surroundings) -> tuple[Member, ...]:
    return tuple(Member(Sender(ids.user_id(one), is_me=one == around.me)) for one in users)


def _photo(message: Any) -> Avatar | None:
    photo = message.action.photo
    if not isinstance(photo, tl.Photo):
        return NO_AVATAR
    shown = tl.ChatPhoto(photo_id=photo.id, dc_id=photo.dc_id)
    return Avatar(str(photo.id), peer_photo_reference(message.peer_id, shown))


def _notice(message: Any, text: FormattedText, around: Surroundings) -> RemoteMessage:
    return RemoteMessage(
        chat=around.chat_of(message),
        sender=author(message, around),
        id=ids.message_id(message.id),
        timestamp=message.date,
        parts=(Text(text, TextKind.NOTICE),),
        reply_to=answered(message),
    )
