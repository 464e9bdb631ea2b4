# SPDX-License-Identifier: AGPL-3.0-or-later
"""What the guide hears, as values."""

from collections.abc import Mapping
from typing import Any

from attrs import field, frozen
from mautrix.types import EventID, RoomID, UserID


@frozen
class Invitation:
    """Somebody wants the guide to come into a room."""

    room: RoomID
    inviter: UserID


@frozen
class Message:
    """An ``m.room.message``, decrypted if it was encrypted.

    Attributes:
        device: of the sender, on which it was encrypted: the sender's list of devices has its keys. None if
            it was not encrypted, or by nobody knows whom.
    """

    event: EventID
    room: RoomID
    sender: UserID
    content: Mapping[str, Any] = field(repr=False)
    device: str | None = None


@frozen
class Unreadable:
    """A message whose key has not come; ``source`` is the event as it is on the homeserver."""

    event: EventID
    room: RoomID
    sender: UserID
    source: Mapping[str, Any] = field(repr=False)


@frozen
class Batch:
    """What came in one ``/sync``.

    Attributes:
        token: from where to go on.
        changed: rooms in which something has happened, of those the guide is in.
    """

    token: str
    invitations: tuple[Invitation, ...]
    messages: tuple[Message | Unreadable, ...]
    changed: tuple[RoomID, ...]
