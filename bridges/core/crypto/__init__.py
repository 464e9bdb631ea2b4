# SPDX-License-Identifier: AGPL-3.0-or-later
"""The one seam every event to or from a portal passes: plain today, Megolm without anyone noticing."""

from typing import Any, Protocol

from mautrix.types import RoomID

from bridges.core.matrix import event_types

Json = dict[str, Any]


class CannotDecrypt(Exception):
    """An encrypted event cannot be read here."""


class EventCrypto(Protocol):
    """Encrypts what goes into a room and decrypts what comes out of it."""

    async def encrypt(self, room: RoomID, event_type: str, content: Json) -> tuple[str, Json]:
        """The type and content to send."""
        ...

    async def decrypt(self, event: Json) -> Json:
        """The event as it was written. Raises ``CannotDecrypt``."""
        ...


class PlainCrypto:
    """Rooms that are not encrypted."""

    async def encrypt(self, room: RoomID, event_type: str, content: Json) -> tuple[str, Json]:
        """The same type and content."""
        return event_type, content

    async def decrypt(self, event: Json) -> Json:
        """The same event. Raises ``CannotDecrypt`` for an encrypted one."""
        if event.get("type") == event_types.ENCRYPTED:
            raise CannotDecrypt
        return event
