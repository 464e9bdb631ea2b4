# SPDX-License-Identifier: AGPL-3.0-or-later
"""What a network knows of its chats and people.

In ``ChatInfo`` and ``UserInfo`` a field that is None is unknown and leaves alone what is stored; an
empty value clears it.
"""

from enum import StrEnum

from attrs import field, frozen

from bridges.core.ids import ChatKey, RemoteUserID
from bridges.core.rights import ChatRights


@frozen
class Sender:
    """Who caused something on the remote side.

    ``is_me``: the login that reports it did it itself, from another device. Such events appear in
    Matrix as the person (double puppeting) where that is possible.
    """

    user: RemoteUserID
    is_me: bool = False


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


class Membership(StrEnum):
    """The Matrix membership a remote member has."""

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


@frozen
class ChatInfo:
    """A chat's properties.

    Attributes:
        name: title; for direct chats None unless the person has an own name for the other side.
        members: those known; whoever is not listed is unknown unless ``members_complete``.
        admins_complete: whoever is not among ``members`` has no power above others.
        may_write: whether this login may send messages (a channel's subscribers may not).
        rights: the levels things need in this chat.
    """

    kind: ChatKind | None = None
    name: str | None = None
    topic: str | None = None
    avatar: Avatar | None = None
    other_user: RemoteUserID | None = None
    members: tuple[Member, ...] | None = None
    members_complete: bool = False
    admins_complete: bool = False
    may_write: bool | None = None
    rights: ChatRights | None = None


@frozen
class UserInfo:
    """What the network publishes about a person; never taken from somebody's address book."""

    name: str | None = None
    avatar: Avatar | None = None
    username: str | None = None
    is_bot: bool | None = None


@frozen
class KnownChat:
    """A chat in a list: enough to show it and to open it."""

    key: ChatKey
    name: str
    kind: ChatKind
    detail: str = field(default="")
