# SPDX-License-Identifier: AGPL-3.0-or-later
"""New and edited messages."""

import logging
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from telethon.tl.types import (
    Message,
    MessageEmpty,
    MessageMediaGeoLive,
    MessageMediaPaidMedia,
    MessageMediaPoll,
    MessageMediaToDo,
    MessageService,
    PeerChat,
    PeerUser,
    UpdateEditChannelMessage,
    UpdateEditMessage,
    UpdateShortChatMessage,
    UpdateShortMessage,
)

from bridges.core.content import RemotePart
from bridges.core.events import ChatEvent, RemoteEdit, RemoteMessage
from bridges.core.ids import MessageID
from bridges.core.text import user_text
from bridges.telegram import ids
from bridges.telegram.from_telegram.content import notice, parts_of
from bridges.telegram.from_telegram.places import has_ended
from bridges.telegram.from_telegram.polls import message_tally
from bridges.telegram.from_telegram.replies import answered
from bridges.telegram.from_telegram.service import service_events
from bridges.telegram.from_telegram.surroundings import Surroundings, author

_log = logging.getLogger(__name__)

_PTS_RANGE = 1_000_000
_LIVE_INTERVAL = 30
_CHANGE_BY_THEMSELVES = (MessageMediaGeoLive, MessageMediaToDo, MessageMediaPaidMedia)
_NOT_CONVERTED = user_text("A message this bridge could not read. See it in Telegram.")


def message_events(message: Any, around: Surroundings) -> Sequence[ChatEvent]:
    """What a new message means; no message vanishes."""
    match message:
        case MessageEmpty():
            return []
        case MessageService():
            return service_events(message, around)
    return [
        RemoteMessage(
            chat=around.chat_of(message),
            sender=author(message, around),
            id=ids.message_id(message.id),
            timestamp=message.date,
            parts=_parts(message, around),
            reply_to=answered(message),
            expires_at=expiry(message.date, message.ttl_period),
        ),
        *message_tally(message, around),
    ]


def edit_events(update: Any, around: Surroundings) -> Sequence[ChatEvent]:
    """What ``UpdateEditMessage`` and ``UpdateEditChannelMessage`` mean.

    Telegram also sends them for reactions, views and previews; then ``edit_hide`` is set or there
    is no ``edit_date``, except where a message changes by itself. What is still the same to people's
    eyes is recognised by the core.
    """
    message = update.message
    if isinstance(getattr(message, "media", None), MessageMediaPoll):
        return message_tally(message, around)  # Only votes and the end change a poll.
    if not isinstance(message, Message):
        return []
    if not isinstance(message.media, _CHANGE_BY_THEMSELVES) and (
        message.edit_date is None or message.edit_hide
    ):
        return []
    return [
        RemoteEdit(
            chat=around.chat_of(message),
            sender=author(message, around),
            target=ids.message_id(message.id),
            timestamp=message.edit_date or message.date,
            stamp=_stamp(message, update.pts),
            parts=_parts(message, around),
        )
    ]


def stamp_of(message: Any) -> int:
    """The stamp of the edit that a message from the history shows; 0 if it was never edited."""
    if not isinstance(message, Message) or message.edit_date is None or message.edit_hide:
        return 0
    return _stamp(message, None)


def expiry(sent_at: datetime, ttl_period: int | None) -> datetime | None:
    """When a message disappears; Telegram leaves removing it to the clients."""
    return sent_at + timedelta(seconds=ttl_period) if ttl_period else None


def edit_stamps(updates: Iterable[Any]) -> Mapping[MessageID, int]:
    """The stamps of all edits among updates."""
    return {
        ids.message_id(one.message.id): _stamp(one.message, one.pts)
        for one in updates
        if isinstance(one, UpdateEditMessage | UpdateEditChannelMessage)
    }


def _stamp(message: Any, pts: int | None) -> int:
    """Which of two edits is newer.

    Telegram's date has seconds only, so ``pts`` tells apart two edits within one; an update without
    ``pts`` is from a difference and shows the message as it is in the end. Somebody's place counts
    once in each ``_LIVE_INTERVAL``, as the core drops an edit that is not newer.
    """
    seconds = int((message.edit_date or message.date).timestamp())
    if isinstance(message.media, MessageMediaGeoLive) and not has_ended(message.media, message):
        return seconds // _LIVE_INTERVAL * _LIVE_INTERVAL * _PTS_RANGE
    return seconds * _PTS_RANGE + (pts or -1) % _PTS_RANGE


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
