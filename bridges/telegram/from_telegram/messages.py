# SPDX-License-Identifier: AGPL-3.0-or-later
"""New and edited messages."""

import logging
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from telethon.tl.types import (
    Message,
    MessageEmpty,
    MessageMediaPoll,
    MessageReplyHeader,
    MessageService,
    PeerChat,
    PeerUser,
    UpdateShortChatMessage,
    UpdateShortMessage,
)

from bridges.core.content import RemotePart
from bridges.core.events import ChatEvent, RemoteEdit, RemoteMessage
from bridges.core.ids import MessageID
from bridges.telegram import ids
from bridges.telegram.from_telegram.content import notice, parts_of
from bridges.telegram.from_telegram.polls import message_tally
from bridges.telegram.from_telegram.service import service_events
from bridges.telegram.from_telegram.surroundings import Surroundings, author

_log = logging.getLogger(__name__)

_PTS_RANGE = 1_000_000
_NOT_CONVERTED = "[A message this bridge could not read. Open Telegram to see it.]"


def message_events(message: Any, around: Surroundings) -> Sequence[ChatEvent]:
    """What a new message means; no message vanishes."""
    match message:
        case MessageEmpty():
            return []
        case MessageService():
            return service_events(message, around)
    return [
        RemoteMessage(
            chat=around.chat(message.peer_id),
            sender=author(message, around),
            id=ids.message_id(message.id),
            timestamp=message.date,
            parts=_parts(message, around),
            reply_to=_reply(message),
            expires_at=expiry(message.date, message.ttl_period),
        ),
        *message_tally(message, around),
    ]


def edit_events(update: Any, around: Surroundings) -> Sequence[ChatEvent]:
    """What ``UpdateEditMessage`` and ``UpdateEditChannelMessage`` mean.

    Telegram also sends them for reactions, views and previews; then ``edit_hide`` is set or there
    is no ``edit_date``.
    """
    message = update.message
    if isinstance(getattr(message, "media", None), MessageMediaPoll):
        return message_tally(message, around)  # Only votes and the end change a poll.
    if not isinstance(message, Message) or message.edit_date is None or message.edit_hide:
        return []
    return [
        RemoteEdit(
            chat=around.chat(message.peer_id),
            sender=author(message, around),
            target=ids.message_id(message.id),
            timestamp=message.edit_date,
            stamp=stamp_of(message, update.pts),
            parts=_parts(message, around),
        )
    ]


def stamp_of(message: Any, pts: int = 0) -> int:
    """The stamp of the edit a message shows; 0 if it was never edited.

    The date of an edit has seconds only, so ``pts`` tells apart two within one. What comes without it,
    from a difference or the history, is the message as it is in the end.
    """
    if not isinstance(message, Message) or message.edit_date is None or message.edit_hide:
        return 0
    return int(message.edit_date.timestamp()) * _PTS_RANGE + (pts or -1) % _PTS_RANGE


def expiry(sent_at: datetime, ttl_period: int | None) -> datetime | None:
    """When a message disappears; Telegram leaves removing it to the clients."""
    return sent_at + timedelta(seconds=ttl_period) if ttl_period else None


def from_short(update: Any, me: int) -> Any:
    """The ``Message`` that ``UpdateShortMessage`` or ``UpdateShortChatMessage`` abbreviates."""
    if isinstance(update, UpdateShortMessage):
        peer: Any = PeerUser(update.user_id)
        sender = PeerUser(me if update.out else update.user_id)
    else:
        assert isinstance(update, UpdateShortChatMessage)
        peer, sender = PeerChat(update.chat_id), PeerUser(update.from_id)
    return Message(
        id=update.id,
        peer_id=peer,
        from_id=sender,
        date=update.date,
        message=update.message,
        out=update.out,
        fwd_from=update.fwd_from,
        reply_to=update.reply_to,
        entities=update.entities,
        ttl_period=update.ttl_period,
    )


def _parts(message: Any, around: Surroundings) -> tuple[RemotePart, ...]:
    try:
        return parts_of(message, around)
    except Exception:  # noqa: BLE001 - it must neither be lost nor hold up those behind it
        _log.exception("A message could not be converted", extra={"message_id": message.id})
        return (notice(_NOT_CONVERTED, message, around),)


def _reply(message: Any) -> MessageID | None:
    header = message.reply_to
    if not isinstance(header, MessageReplyHeader) or header.reply_to_msg_id is None:
        return None
    elsewhere = header.reply_to_peer_id not in (None, message.peer_id)
    only_topic = header.forum_topic and header.reply_to_top_id is None
    return None if elsewhere or only_topic else ids.message_id(header.reply_to_msg_id)
