# SPDX-License-Identifier: AGPL-3.0-or-later
"""What a network knows of its chats and people.

In ``ChatInfo`` and ``UserInfo`` a field that is None is unknown and leaves alone what is stored; an
empty value clears it.
"""

from datetime import UTC, datetime
from enum import StrEnum

from attrs import asdict, evolve, field, fields, frozen

from bridges.core.ids import ChatKey, MessageID, RemoteUserID
from bridges.core.rights import ChatRights


@frozen
class Sender:
    """Who caused something on the remote side.

    ``is_me``: the login that reports it did it itself, from another device. Such events appear in
    Matrix as the person (double puppeting) where that is possible.

    ``anonymous``: a chat speaks, and who writes for it is not told; it may be one of our people.
    """

    user: RemoteUserID
    is_me: bool = False
    anonymous: bool = False


@frozen
class Avatar:
    """A picture on the network. Equal ids are equal pictures; an empty id means there is none."""

    id: str
    reference: str = ""


NO_AVATAR = Avatar("")


class ChatKind(StrEnum):
    """What a chat is; decides how its room is set up."""

    DIRECT = "direct"
    GROUP = "group"
    CHANNEL = "channel"
    SPACE = "space"
    """No chat: gathers rooms that belong together."""


class Membership(StrEnum):
    """The Matrix membership a remote member has. Who has left may nevertheless be banned."""

    JOIN = "join"
    LEAVE = "leave"
    BAN = "ban"


@frozen
class Member:
    """A member of a chat.

    ``power`` is the Matrix power level their rights amount to: ``RESTRICTED`` for somebody who may not
    write while others may, None if it is unknown.
    """

    user: Sender
    membership: Membership = Membership.JOIN
    power: int | None = None


NOT_MUTED = datetime.fromtimestamp(0, UTC)
MUTED_FOR_EVER = datetime(9999, 1, 1, tzinfo=UTC)


@frozen
class ChatSettings:
    """What one person has set for a chat of theirs; None is unknown and leaves things as they are.

    Attributes:
        muted_until: no notifications until then; a time in the past means that they are on.
        archived: kept out of sight.
        pinned: at the top of the list.
        unread: marked as unread by the person.
    """

    muted_until: datetime | None = None
    archived: bool | None = None
    pinned: bool | None = None
    unread: bool | None = None

    def updated(self, newer: "ChatSettings") -> "ChatSettings":
        """The same with what is known in ``newer``."""
        known = asdict(newer, filter=lambda _, value: value is not None)
        return evolve(self, **known)

    def differing(self, other: "ChatSettings") -> "ChatSettings":
        """What of this is known and not the same in ``other``."""
        names = [one.name for one in fields(ChatSettings)]
        return ChatSettings(
            **{
                name: getattr(self, name)
                for name in names
                if getattr(self, name) != getattr(other, name)
            }
        )


@frozen
class ChatInfo:
    """A chat's properties.

    Attributes:
        name: title; for direct chats None unless the person has an own name for the other side.
        members: those known; whoever is not listed is unknown unless ``members_complete``.
        admins_complete: whoever is not among ``members`` has no power above others.
        bans_complete: whoever is not among ``members`` as banned is not banned.
        may_write: whether this login may send messages (a channel's subscribers may not).
        rights: the levels things need in this chat.
        parent: the space the room belongs into; ``NO_CHAT`` for none.
        predecessor: the chat that goes on as this one and whose room it takes over.
        discussion: where the messages of this channel are talked about.
        settings: what this login's owner has set for the chat.
        pinned: all pinned messages, those pinned last at the end.
    """

    kind: ChatKind | None = None
    name: str | None = None
    topic: str | None = None
    avatar: Avatar | None = None
    other_user: RemoteUserID | None = None
    members: tuple[Member, ...] | None = None
    members_complete: bool = False
    admins_complete: bool = False
    bans_complete: bool = False
    may_write: bool | None = None
    rights: ChatRights | None = None
    parent: ChatKey | None = None
    predecessor: ChatKey | None = None
    discussion: ChatKey | None = None
    settings: ChatSettings | None = None
    pinned: tuple[MessageID, ...] | None = None


@frozen
class UserInfo:
    """What the network publishes about a person; never taken from somebody's address book."""

    name: str | None = None
    avatar: Avatar | None = None
    username: str | None = None
    is_bot: bool | None = None


@frozen
class Identity:
    """Somebody as whom an account may write in a chat: itself, a channel, the group."""

    user: RemoteUserID
    name: str
    is_me: bool = False


@frozen
class KnownChat:
    """A chat in a list: enough to show it and to open it.

    Attributes:
        set_aside: the person does not want to be bothered with it: archived, or a muted channel.
    """

    key: ChatKey
    name: str
    kind: ChatKind
    detail: str = field(default="")
    set_aside: bool = False
