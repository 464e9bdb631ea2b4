# SPDX-License-Identifier: AGPL-3.0-or-later
"""What Matrix asks a network to do, as frozen values, and what the network answers."""

from collections.abc import Mapping
from datetime import datetime

from attrs import frozen

from bridges.core.content import OutgoingContent, Text
from bridges.core.ids import ChatKey, MessageID, RemoteUserID
from bridges.core.rights import ChatRights


@frozen
class OutgoingMessage:
    """A message to send.

    Attributes:
        key: stable for this message over every retry and restart, different for every other. The
            network derives its own idempotency key from it (Telegram ``random_id``).
        repeated: an earlier attempt may have reached the network.
        speaks_as: as whom it shall appear, None for the account itself.
        timestamp: when it was written in Matrix, timezone-aware.
    """

    chat: ChatKey
    key: str
    content: OutgoingContent
    timestamp: datetime
    reply_to: MessageID | None = None
    repeated: bool = False
    speaks_as: RemoteUserID | None = None


@frozen
class Sent:
    """The remote messages one Matrix event has become, in order; more than one if it was split.

    ``answers`` are the network's ids of a poll's answers, in the order they were given;
    ``expires_at`` is when the messages disappear everywhere, None if they stay.
    """

    ids: tuple[MessageID, ...]
    timestamp: datetime
    answers: tuple[str, ...] = ()
    expires_at: datetime | None = None


@frozen
class MessageTemplate:
    """A text that the network has approved to be sent at any time; some of it is filled in.

    ``places`` is how many values it takes.
    """

    name: str
    language: str
    text: str
    places: int


@frozen
class OutgoingEdit:
    """Replace the text (or caption) of a message that was sent before."""

    chat: ChatKey
    key: str
    targets: tuple[MessageID, ...]
    content: Text


@frozen
class OutgoingRedaction:
    """Remove messages for everyone."""

    chat: ChatKey
    targets: tuple[MessageID, ...]


@frozen
class OutgoingReactions:
    """The person's own reactions to a message shall be exactly these, oldest first.

    A custom emoji is ``karvon:emoji/ID``, see ``bridges.core.content``.
    """

    chat: ChatKey
    target: MessageID
    emojis: tuple[str, ...]


@frozen
class OutgoingVote:
    """The person's chosen answers of a poll shall be exactly these; none takes the vote back."""

    chat: ChatKey
    target: MessageID
    answers: tuple[str, ...]


@frozen
class OutgoingReceipt:
    """The person has read the chat up to and including ``up_to``."""

    chat: ChatKey
    up_to: MessageID


@frozen
class OutgoingPins:
    """Messages to pin, those to pin last at the end, and messages to unpin.

    ``clear``: nothing shall stay pinned, not even what the bridge does not know.
    """

    chat: ChatKey
    pin: tuple[MessageID, ...] = ()
    unpin: tuple[MessageID, ...] = ()
    clear: bool = False


@frozen
class OutgoingPower:
    """The power members shall have, as Matrix power levels, and the levels things shall need.

    Whoever is not among ``users`` keeps their power; ``rights`` is None if they stay as they are.
    """

    chat: ChatKey
    users: Mapping[RemoteUserID, int]
    rights: ChatRights | None = None
