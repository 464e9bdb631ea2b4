# SPDX-License-Identifier: AGPL-3.0-or-later
"""What happens on the remote side, as frozen values a network hands to ``BridgeHandle.receive``.

Everything here except ``RemoteTyping`` and ``RemotePresence`` is stored before it is handled and may be
handled again after a crash, so each kind is idempotent: a message by its id, an edit by its stamp, the
rest because it states how things are now and not what changed.
"""

from collections.abc import Mapping
from datetime import datetime

from attrs import field, frozen

from bridges.core.chat import ChatInfo, ChatSettings, Sender, UserInfo
from bridges.core.content import FormattedText, RemotePart
from bridges.core.ids import ChatKey, MessageID, RemoteUserID


@frozen
class RemoteMessage:
    """A new message. ``parts`` is not empty; times are timezone-aware.

    ``expires_at`` is when it disappears everywhere, None if it stays. ``answered`` tells what the message
    says that is answered; it is shown only where that one is not in the room.
    """

    chat: ChatKey
    sender: Sender
    id: MessageID
    timestamp: datetime
    parts: tuple[RemotePart, ...]
    reply_to: MessageID | None = None
    expires_at: datetime | None = None
    answered: FormattedText | None = None


@frozen
class RemoteEdit:
    """A message now has other content. Of two edits the one with the higher ``stamp`` is newer."""

    chat: ChatKey
    sender: Sender
    target: MessageID
    timestamp: datetime
    stamp: int
    parts: tuple[RemotePart, ...]


@frozen
class RemoteRedaction:
    """A message is gone. ``sender`` is None where the network does not say who removed it."""

    chat: ChatKey
    target: MessageID
    sender: Sender | None = None


@frozen
class ReactionsOf:
    """All reactions one person has on a message at the moment, oldest first; may be none.

    If not ``exact``, the person has these and maybe others.

    A custom emoji is ``karvon:emoji/ID``, see ``bridges.core.content``.
    """

    user: Sender
    emojis: tuple[str, ...]
    exact: bool = True


@frozen
class RemoteReactions:
    """Who reacts how to a message now.

    If ``complete``, people not listed have no reaction. Otherwise ``totals``, if known, says how often
    each emoji was given; whoever is missing is asked for (``abilities.ListsReactions``).
    """

    chat: ChatKey
    target: MessageID
    by: tuple[ReactionsOf, ...]
    complete: bool = False
    totals: Mapping[str, int] | None = None


@frozen
class VotesOf:
    """All answers of a poll one person has chosen at the moment; none if they took them back."""

    user: Sender
    answers: tuple[str, ...]


@frozen
class PollCount:
    """How many people have chosen an answer, and in a quiz whether it is right."""

    answer: str
    voters: int
    is_right: bool = False


@frozen
class RemotePollTally:
    """How a poll stands now.

    Attributes:
        total: how many people have voted.
        votes: of those whose vote is told along, this login's own foremost.
        anonymous: nobody is told how others voted.
        closed: nobody can vote any more.
    """

    chat: ChatKey
    target: MessageID
    counts: tuple[PollCount, ...]
    total: int
    votes: tuple[VotesOf, ...] = ()
    anonymous: bool = True
    closed: bool = False


@frozen
class RemoteReceipt:
    """``reader`` has read the chat up to and including message ``up_to``."""

    chat: ChatKey
    reader: Sender
    up_to: MessageID


@frozen
class RemoteFailure:
    """A message of ours that the network had taken was not delivered after all.

    Attributes:
        code: as of ``bridges.core.errors.BridgeError``.
        reason: template of a sentence for whoever wrote it, which says what to do; ``values`` go
            into it (``bridges.core.text.UserText``).
    """

    chat: ChatKey
    target: MessageID
    code: str
    reason: str
    values: Mapping[str, str] = field(factory=dict)


@frozen
class ChatChanged:
    """Some of a chat's properties have these values now.

    Attributes:
        asked: when the network was asked for them; None for what it has told by itself. An answer may
            be older than what was received before it.
    """

    chat: ChatKey
    info: ChatInfo
    asked: datetime | None = None


@frozen
class RemotePins:
    """These messages are pinned now, or are not; all others stay as they are."""

    chat: ChatKey
    messages: tuple[MessageID, ...]
    pinned: bool


@frozen
class ChatGone:
    """This login is no longer in the chat, or (``deleted``) the chat does not exist any more.

    With a chat that is the parent of others they are left as well.
    """

    chat: ChatKey
    deleted: bool = False


@frozen
class ChatMoved:
    """A chat has ended and goes on as another one.

    Both count messages for themselves, unless the chat is only called otherwise (``same_messages``).
    """

    chat: ChatKey
    successor: ChatKey
    same_messages: bool = False


@frozen
class RemoteChatSettings:
    """Some of what the reporting login's owner has set for a chat has these values now."""

    chat: ChatKey
    settings: ChatSettings


@frozen
class UserChanged:
    """Some of a person's published properties have these values now."""

    user: RemoteUserID
    info: UserInfo


@frozen
class RemoteTyping:
    """``user`` is typing for the next ``seconds``, or has stopped if it is 0. Never stored."""

    chat: ChatKey
    user: Sender
    seconds: float


@frozen
class RemotePresence:
    """``user`` is online on the network, or is not any more. Never stored."""

    user: Sender
    is_online: bool


ChatEvent = (
    RemoteMessage
    | RemoteEdit
    | RemoteRedaction
    | RemoteReactions
    | RemotePollTally
    | RemoteReceipt
    | RemoteFailure
    | ChatChanged
    | RemotePins
    | ChatGone
    | ChatMoved
    | RemoteChatSettings
)
"""Events that belong to one chat and are handled in the order they were received."""

RemoteEvent = ChatEvent | UserChanged
"""Everything that is stored before it is handled."""
