# SPDX-License-Identifier: AGPL-3.0-or-later
"""Tells the sender of a message what has become of it."""

from collections.abc import Sequence
from enum import StrEnum

import structlog
from mautrix.types import EventID, RoomID, UserID

from bridges.core.config import MessageStatusConfig
from bridges.core.errors import BridgeError, TemporaryError
from bridges.core.matrix import event_types
from bridges.core.matrix.errors import HomeserverRefused
from bridges.core.matrix.senders import Senders
from bridges.core.portal.room_writer import RoomWriter
from bridges.core.storage.cache import BoundedCache
from bridges.core.text import UserText, user_text

_TOLD = 4096

WORTH_TELLING = 5.0
"""Seconds a message may be late before its sender is told."""


class Status(StrEnum):
    """What became of a message; names of ``com.beeper.message_send_status``."""

    SUCCESS = "SUCCESS"
    PENDING = "PENDING"
    FAIL_PERMANENT = "FAIL_PERMANENT"


class MessageStatus:
    """Sends message status events, the bot's read receipts, and notices where something failed."""

    def __init__(
        self, writer: RoomWriter, senders: Senders, config: MessageStatusConfig, network: str
    ) -> None:
        self._log = structlog.get_logger("karvon.status")
        self._writer = writer
        self._senders = senders
        self._config = config
        self._network = network
        self._pending: BoundedCache[EventID, bool] = BoundedCache(_TOLD)

    async def delivered(self, room: RoomID, event: EventID) -> None:
        """The network has the message."""
        try:
            if self._config.receipts:
                await self._writer.read(room, self._senders.bot, event)
            if self._config.events == "all" or self._pending.get(event):
                await self._event(room, event, Status.SUCCESS)
        except (TemporaryError, HomeserverRefused) as error:
            # The message itself has arrived; that alone must not be undone or repeated.
            self._log.info("a status could not be told", error=str(error))
        self._pending.discard(event)

    async def waiting(
        self, room: RoomID, event: EventID, user: UserID, error: TemporaryError
    ) -> None:
        """The message is held back and will be tried again."""
        if error.retry_after < WORTH_TELLING or self._pending.get(event):
            return
        self._pending.put(event, True)
        text = user_text(
            "Your message waits and is sent later by itself. {reason}", reason=error.text
        )
        try:
            if self._config.events != "none":
                await self._event(room, event, Status.PENDING, error)
            await self._writer.notice(room, user, text, ("pending", event), event)
        except HomeserverRefused as refused:
            # The message still waits; that it could not be said must not end it.
            self._log.info("a status could not be told", error=str(refused))

    async def failed(self, room: RoomID, event: EventID, user: UserID, error: BridgeError) -> None:
        """The message will not be delivered."""
        self._pending.discard(event)
        if self._config.events != "none":
            await self._event(room, event, Status.FAIL_PERMANENT, error)
        reason = error.text
        text = (
            user_text("Your message was not delivered. {reason}", reason=reason)
            if error.certain
            else user_text("Your message may not have been delivered. {reason}", reason=reason)
        )
        await self._writer.notice(room, user, text, ("failed", event), event)

    async def _event(
        self, room: RoomID, event: EventID, status: Status, error: BridgeError | None = None
    ) -> None:
        content: dict[str, object] = {
            "network": self._network,
            "m.relates_to": {"rel_type": "m.reference", "event_id": event},
            "status": status.value,
        }
        if error is not None:
            content |= {
                "reason": "m.foreign_network_error"
                if status is Status.FAIL_PERMANENT
                else "com.beeper.retrying",
                "error": error.code,
                "message": str(error.text),
            }
        identity: Sequence[str | int] = (event, status.value)
        await self._writer.event(room, event_types.MESSAGE_STATUS, content, identity)


def not_logged_in(network: str) -> UserText:
    """Why a message of somebody without a login goes nowhere."""
    return user_text(
        "You are not logged in to {network} with an account that is in this chat. "
        "Open the room with the bot and say login.",
        network=network,
    )
