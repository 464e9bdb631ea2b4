# SPDX-License-Identifier: AGPL-3.0-or-later
"""Writes events into portal rooms, once each, whatever happens in between."""

from collections.abc import Sequence
from http import HTTPStatus
from typing import Any

import structlog
from mautrix.types import EventID, RoomID, UserID

from bridges.core.crypto import EventCrypto
from bridges.core.interpreter import Interpreter
from bridges.core.matrix import event_types
from bridges.core.matrix.client import Homeserver, MatrixSender
from bridges.core.matrix.errors import HomeserverRefused, HomeserverUnavailable
from bridges.core.matrix.rendering import Rendered, as_edit, notice_content
from bridges.core.matrix.senders import Senders
from bridges.core.matrix.transaction_ids import transaction_id
from bridges.core.portal.power import PowerKeeper
from bridges.core.storage.cache import BoundedCache
from bridges.core.storage.messages import StoredMessage
from bridges.core.text import UserText, user_text

Json = dict[str, Any]

_POISON_TRIES = 6
_SUSPECTS = 256


class RoomWriter:
    """Sends into rooms as ghosts, as people and as the bot."""

    def __init__(
        self,
        homeserver: Homeserver,
        senders: Senders,
        crypto: EventCrypto,
        interpreter: Interpreter,
        powers: PowerKeeper,
        source: str,
    ) -> None:
        """``source`` marks what is sent in people's names, and names this bridge in ids."""
        self._log = structlog.get_logger("karvon.room_writer")
        self._hs = homeserver
        self._senders = senders
        self._crypto = crypto
        self._interpreter = interpreter
        self._powers = powers
        self._source = source
        self._failures: BoundedCache[str, int] = BoundedCache(_SUSPECTS)

    async def message(
        self,
        room: RoomID,
        sender: MatrixSender,
        message: Rendered,
        identity: Sequence[str],
        timestamp: int | None = None,
    ) -> EventID:
        """Send a message, sticker or poll. ``identity`` says which remote message part it is."""
        txn = transaction_id(self._source, *identity, sender.mxid)
        try:
            return await self._send(room, sender, message.type, message.content, txn, timestamp)
        except HomeserverRefused as refused:
            self._log.warning("the homeserver refuses a message", error=str(refused))
            return await self._placeholder(room, sender, txn, str(refused))
        except HomeserverUnavailable as error:
            if not self._is_suspect(txn, error):
                raise
            # If the placeholder cannot be sent either, it is the homeserver and not the message.
            return await self._placeholder(room, sender, txn, str(error))

    async def edit(self, room: RoomID, old: StoredMessage, message: Rendered, stamp: int) -> None:
        """Replace what a bridged message says."""
        sender = await self.original_sender(old.sender_mxid)
        txn = transaction_id(self._source, "edit", old.event, stamp)
        content = as_edit(message.content, old.event)
        await self._send(room, sender, message.type, content, txn, None)

    async def redact(self, room: RoomID, event: EventID, sender_mxid: UserID) -> None:
        """Redact an event as the one who sent it."""
        sender = await self.original_sender(sender_mxid)
        txn = transaction_id(self._source, "redact", event)
        try:
            await self._hs.redact(sender, room, event, txn, self._marked(sender, {}))
        except HomeserverRefused:
            await self._hs.redact(self._senders.bot, room, event, txn + "b")

    async def react(
        self,
        room: RoomID,
        sender: MatrixSender,
        content: Json,
        identity: Sequence[str],
        timestamp: int | None = None,
    ) -> EventID:
        """Send a reaction. ``identity`` differs each time the same reaction is given again."""
        txn = transaction_id(self._source, "react", *identity, sender.mxid)
        return await self._send(room, sender, event_types.REACTION, content, txn, timestamp)

    async def read(self, room: RoomID, reader: MatrixSender, event: EventID) -> None:
        """Mark a room as read; a ghost that turns out not to be in it is brought back."""
        try:
            try:
                await self._hs.read(reader, room, event)
            except HomeserverRefused as refused:
                if refused.status != HTTPStatus.FORBIDDEN or reader.is_person:
                    raise
                await self._senders.rejoin(room, reader)
                await self._hs.read(reader, room, event)
        except HomeserverRefused as refused:
            self._log.info("a receipt was refused", error=str(refused))

    async def notice(
        self,
        room: RoomID,
        user: UserID,
        text: UserText,
        identity: Sequence[str | int],
        reply_to: EventID | None = None,
    ) -> EventID:
        """Say something as the bot, in the language of ``user``, once per ``identity``."""
        translate = await self._interpreter.translation(user)
        content = notice_content(translate(text))
        if reply_to is not None:
            content["m.relates_to"] = {"m.in_reply_to": {"event_id": reply_to}}
        txn = transaction_id(self._source, "notice", *identity)
        return await self._send(room, self._senders.bot, event_types.MESSAGE, content, txn, None)

    async def event_from(
        self,
        room: RoomID,
        sender: MatrixSender,
        event_type: str,
        content: Json,
        identity: Sequence[str | int],
    ) -> EventID:
        """Send any event in somebody's name, once per ``identity``."""
        txn = transaction_id(self._source, "event", event_type, *identity, sender.mxid)
        return await self._send(room, sender, event_type, content, txn, None)

    async def event(
        self, room: RoomID, event_type: str, content: Json, identity: Sequence[str | int]
    ) -> EventID:
        """Send any event as the bot, once per ``identity``."""
        txn = transaction_id(self._source, "event", event_type, *identity)
        return await self._send(room, self._senders.bot, event_type, content, txn, None)

    async def _send(
        self,
        room: RoomID,
        sender: MatrixSender,
        event_type: str,
        content: Json,
        txn: str,
        timestamp: int | None,
    ) -> EventID:
        kind, body = await self.sealed(room, sender, event_type, content)
        try:
            return await self._hs.send(sender, room, kind, body, txn, timestamp)
        except HomeserverRefused as refused:
            if refused.status != HTTPStatus.FORBIDDEN:
                raise
            await self.readmit(room, sender)
            return await self._hs.send(sender, room, kind, body, txn, timestamp)

    async def readmit(self, room: RoomID, sender: MatrixSender) -> None:
        """See to it that somebody may speak whom others removed from a room or silenced."""
        await self._senders.rejoin(room, sender)
        if self._senders.ghost_of(sender.mxid) is not None:
            await self._powers.let_speak(room, sender.mxid)

    async def sealed(
        self, room: RoomID, sender: MatrixSender, event_type: str, content: Json
    ) -> tuple[str, Json]:
        """The type and content of an event as they are sent: marked and, where needed, encrypted."""
        return await self._crypto.encrypt(room, event_type, self._marked(sender, content))

    def _marked(self, sender: MatrixSender, content: Json) -> Json:
        if self._senders.is_puppet(sender.mxid):
            return content | {event_types.DOUBLE_PUPPET: self._source}
        return content

    async def original_sender(self, mxid: UserID) -> MatrixSender:
        """Whoever has sent an event before, ready to send again."""
        if self._senders.is_puppet(mxid):
            return await self._senders.person(mxid)
        return self._senders.known(mxid)

    def _is_suspect(self, txn: str, error: HomeserverUnavailable) -> bool:
        """Whether a message keeps making the homeserver fail, so that it may be its content."""
        if error.status != HTTPStatus.INTERNAL_SERVER_ERROR:
            return False
        tries = (self._failures.get(txn) or 0) + 1
        self._failures.put(txn, tries)
        return tries >= _POISON_TRIES

    async def _placeholder(
        self, room: RoomID, sender: MatrixSender, txn: str, reason: str
    ) -> EventID:
        shown = self.placeholder(reason)
        return await self._send(room, sender, shown.type, shown.content, txn + "p", None)

    def placeholder(self, reason: str) -> Rendered:
        """What is shown instead of a message that the homeserver does not take."""
        self._log.error("a message is replaced by a notice", reason=reason)
        text = user_text("A message is here that this homeserver cannot show.")
        return Rendered(event_types.MESSAGE, notice_content(str(text)))
