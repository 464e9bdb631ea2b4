# SPDX-License-Identifier: AGPL-3.0-or-later
"""What a room and a dialog consist of besides members and messages."""

from attrs import define
from telethon.tl.tlobject import TLObject


@define
class Restriction:
    """What an administrator took from somebody; `view_messages` set means banned.

    `user` is the id of a channel if `is_channel`: nobody may write as that channel.
    """

    user: int
    by: int
    date: int
    rights: TLObject
    is_channel: bool = False


@define
class Topic:
    """A topic of a forum: its id is that of the message it begins with.

    `pinned` is its place among the pinned topics, from 1; 0 means not pinned.
    """

    id: int
    title: str
    icon_colour: int
    creator: int
    date: int
    icon_emoji: int = 0
    closed: bool = False
    hidden: bool = False
    pinned: int = 0


@define
class Reading:
    """How far a thread was read by an account, and by others what the account wrote there."""

    inbox: int = 0
    outbox: int = 0


@define
class Invite:
    """A link into a room, by its last part; `expires` in seconds since 1970, 0 meaning never.

    `request` means that an administrator has to consent; `limit` is how often it may be used.
    """

    hash: str
    admin: int
    date: int
    permanent: bool = False
    expires: int = 0
    limit: int = 0
    usage: int = 0
    request: bool = False
    revoked: bool = False
    title: str = ""
