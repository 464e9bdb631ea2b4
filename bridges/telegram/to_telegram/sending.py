# SPDX-License-Identifier: AGPL-3.0-or-later
"""Sending messages, each exactly once.

Every piece has a ``random_id`` made from the message's key, so that Telegram counts a repetition
once (https://core.telegram.org/api/updates#retrying). It answers such a repetition with
``RANDOM_ID_DUPLICATE`` and not with the message's number, which is then looked up in the history.
"""

from asyncio import to_thread
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

from attrs import evolve, frozen
from telethon.tl.functions.messages import SendMediaRequest, SendMessageRequest
from telethon.tl.types import Message, UpdateMessageID, UpdateShortSentMessage

from bridges.core.errors import BridgeError, Rejected
from bridges.core.ids import ChatKey, MessageID
from bridges.core.network import BridgeHandle
from bridges.core.outgoing import OutgoingMessage, Sent
from bridges.core.text import user_text
from bridges.telegram import ids
from bridges.telegram.connection import Caller
from bridges.telegram.errors import refused
from bridges.telegram.from_telegram.messages import expiry
from bridges.telegram.from_telegram.topics import topic_of
from bridges.telegram.history import newest
from bridges.telegram.peers import Peers
from bridges.telegram.to_telegram.forms import Form
from bridges.telegram.to_telegram.pieces import Piece, random_id
from bridges.telegram.to_telegram.places import place_media
from bridges.telegram.to_telegram.polls import poll_media, poll_options
from bridges.telegram.to_telegram.preparing import Preparer, Ready
from bridges.telegram.to_telegram.recognition import is_piece
from bridges.telegram.to_telegram.reuse import Prepared, Reuse
from bridges.telegram.to_telegram.texts import Texts
from bridges.telegram.to_telegram.threads import reply_header

_NOTHING_TO_REPLY_TO = frozenset(
    f"TELEGRAM.{name}"
    for name in ("MESSAGE_ID_INVALID", "MSG_ID_INVALID", "REPLY_MESSAGE_ID_INVALID")
)
_ANONYMOUS_POLLS_ONLY = "TELEGRAM.POLL_PUBLIC_VOTERS_FORBIDDEN"
_NO_PHOTO = frozenset(
    f"TELEGRAM.{name}"
    for name in (
        "PHOTO_INVALID_DIMENSIONS",
        "PHOTO_SAVE_FILE_INVALID",
        "PHOTO_EXT_INVALID",
        "PHOTO_CONTENT_TYPE_INVALID",
        "IMAGE_PROCESS_FAILED",
    )
)
_DUPLICATE = "TELEGRAM.RANDOM_ID_DUPLICATE"
_VANISHED = user_text(
    "Telegram has had this message already, but it is not in the chat any more. Send it again."
)
_SEARCHED = 100
_CLOCKS_DIFFER = timedelta(minutes=5)


@frozen
class _Delivered:
    number: int
    date: datetime
    media: Any = None
    ttl_period: int | None = None


@frozen
class _Place:
    """Which piece of a message is sent where, after which others."""

    peer: Any
    message: OutgoingMessage
    index: int
    before: tuple[_Delivered, ...]


class MessageSender:
    """Sends the messages of one login."""

    def __init__(
        self,
        call: Caller,
        peers: Peers,
        texts: Texts,
        preparer: Preparer,
        files: Reuse,
        handle: BridgeHandle,
    ) -> None:
        self._call = call
        self._peers = peers
        self._texts = texts
        self._preparer = preparer
        self._files = files
        self._handle = handle

    async def send(self, message: OutgoingMessage) -> Sent:
        """See ``Session.send``."""
        pieces = await self._texts.pieces(message.content)
        if not pieces:
            raise refused("MESSAGE_EMPTY")
        peer = await self._peers.chat(message.chat)
        delivered: list[_Delivered] = []
        for index, piece in enumerate(pieces):
            place = _Place(peer, message, index, tuple(delivered))
            try:
                async with self._ready(piece) as ready:
                    one = await self._send_piece(place, piece, ready)
            except BridgeError as error:
                error.certain = error.certain and not delivered
                raise
            delivered.append(one)
        return _sent(delivered)

    @asynccontextmanager
    async def _ready(self, piece: Piece) -> AsyncIterator[Ready | None]:
        if piece.file is None:
            yield None
            return
        async with self._preparer.ready(piece.file) as ready:
            yield ready

    async def _send_piece(self, place: _Place, piece: Piece, ready: Ready | None) -> _Delivered:
        number = random_id(place.message.key, place.index)
        file = None if ready is None else await self._files.prepared(ready)
        request = await self._request(place, piece, file, number)
        try:
            answer = await self._call_uploading(request, place.message.chat, ready, file)
            delivered = _delivered(answer, number)
        except BridgeError as error:
            if error.code != _DUPLICATE:
                raise
            delivered = await self._delivered_before(place, piece, ready)
        if file is not None:
            await self._files.was_sent(file, delivered.media)
        return delivered

    async def _call_uploading(
        self, request: Any, chat: ChatKey, ready: Ready | None, file: Prepared | None
    ) -> Any:
        """Send, with a new upload if Telegram does not have the file any more.

        And as a file what Telegram does not take as a photo.
        """
        try:
            return await self._call_with_less(request, chat)
        except Rejected as error:
            if file is None or ready is None:
                raise
            if ready.form is Form.PHOTO and error.code in _NO_PHOTO:
                ready = evolve(ready, form=Form.FILE)
            elif not file.is_gone(error.code):
                raise
            request.media = await self._files.uploaded(ready)
            return await self._call_with_less(request, chat)

    async def _call_with_less(self, request: Any, chat: ChatKey) -> Any:
        """Send, without the reply if the message that is answered is gone.

        And as an anonymous poll where Telegram has no others, which is in broadcast channels.
        """
        try:
            return await self._call(request)
        except Rejected as error:
            if request.reply_to is not None and error.code in _NOTHING_TO_REPLY_TO:
                request.reply_to = reply_header(chat, None)
            elif error.code == _ANONYMOUS_POLLS_ONLY:
                request.media.poll.public_voters = None
            else:
                raise
            return await self._call(request)

    async def _request(
        self, place: _Place, piece: Piece, file: Prepared | None, number: int
    ) -> Any:
        message = place.message
        told: dict[str, Any] = {
            "reply_to": reply_header(message.chat, message.reply_to if not place.index else None),
            "random_id": number,
            "entities": await self._texts.addressed(piece.text),
        }
        if message.speaks_as is not None:
            told["send_as"] = await self._peers.of(ids.sender_peer(message.speaks_as))
        if file is not None:
            media = file.media
        elif piece.poll is not None:
            media = poll_media(piece.poll)
        elif piece.place is not None:
            media = place_media(piece.place)
        else:
            return SendMessageRequest(place.peer, piece.text.text, **told)
        return SendMediaRequest(place.peer, media, piece.text.text, **told)

    async def _delivered_before(
        self, place: _Place, piece: Piece, ready: Ready | None
    ) -> _Delivered:
        after = place.before[-1].number if place.before else 0
        topic = ids.topic_number(place.message.chat)
        size = 0 if ready is None else (await to_thread(ready.file.path.stat)).st_size
        for one in await self._own_recent(place.peer, place.message):
            if one.id > after and topic_of(one) == topic and is_piece(piece, ready, size, one):
                return _Delivered(one.id, one.date, one.media, one.ttl_period)
        raise Rejected(_DUPLICATE, _VANISHED, certain=False)

    async def _own_recent(self, peer: Any, message: OutgoingMessage) -> list[Any]:
        """Our messages since ``message`` was written that the bridge does not know, oldest first."""
        excerpt = await newest(self._call, peer, after=0, limit=_SEARCHED)
        since = message.timestamp - _CLOCKS_DIFFER
        own = [
            one
            for one in excerpt.messages
            if isinstance(one, Message) and (one.out or one.post) and one.date >= since
        ]
        numbers = [ids.message_id(one.id) for one in own]
        known = await self._handle.bridged(message.chat, numbers) if numbers else frozenset()
        return [one for one in own if ids.message_id(one.id) not in known]


def _delivered(answer: Any, number: int) -> _Delivered:
    """The number and date Telegram gave a message."""
    if isinstance(answer, UpdateShortSentMessage):
        return _Delivered(answer.id, answer.date, ttl_period=answer.ttl_period)
    date = getattr(answer, "date", None) or datetime.now(UTC)
    for update in answer.updates:
        if isinstance(update, UpdateMessageID) and update.random_id == number:
            made = _made(answer, update.id)
            return _Delivered(update.id, date, made and made.media, made and made.ttl_period)
    raise Rejected("TELEGRAM.NO_MESSAGE_ID", _VANISHED, certain=False)


def _made(answer: Any, number: int) -> Message | None:
    """What Telegram has made of a message it has just taken."""
    messages = (getattr(update, "message", None) for update in answer.updates)
    return next((one for one in messages if isinstance(one, Message) and one.id == number), None)


def _sent(delivered: Sequence[_Delivered]) -> Sent:
    numbers: tuple[MessageID, ...] = tuple(ids.message_id(one.number) for one in delivered)
    first = delivered[0]
    expires_at = expiry(first.date, first.ttl_period)
    return Sent(numbers, first.date, poll_options(first.media), expires_at)
