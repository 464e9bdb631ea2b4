# SPDX-License-Identifier: AGPL-3.0-or-later
"""What can be done in a chat, told to clients in a ``com.beeper.room_features`` state event.

Names and levels follow bridgev2's ``event/capabilities.go``; only what this bridge decides on is
declared.
"""

from collections.abc import Mapping
from enum import IntEnum

from attrs import field, frozen

from bridges.core.content import MediaKind


class Support(IntEnum):
    """How well something is carried over."""

    REJECTED = -2
    DROPPED = -1
    FALLBACK = 0
    PARTIAL = 1
    FULL = 2


@frozen
class FileFeatures:
    """What may be sent as one kind of file. ``max_size`` in bytes, caption length in characters."""

    mime_types: Mapping[str, Support]
    caption: Support = Support.FULL
    max_caption_length: int | None = None
    max_size: int | None = None


@frozen
class RoomFeatures:
    """Everything a chat supports. Ages in seconds, lengths in characters of the network."""

    id: str
    formatting: Mapping[str, Support] = field(factory=dict)
    file: Mapping[MediaKind, FileFeatures] = field(factory=dict)
    max_text_length: int | None = None
    reply: Support = Support.FALLBACK
    edit: Support = Support.REJECTED
    edit_max_age: int | None = None
    delete: Support = Support.REJECTED
    reaction: Support = Support.REJECTED
    reaction_count: int | None = None
    allowed_reactions: tuple[str, ...] | None = None
    poll: Support = Support.REJECTED
    read_receipts: bool = False
    typing_notifications: bool = False
