# SPDX-License-Identifier: AGPL-3.0-or-later
"""Who may do what in a room, as pure rules: https://core.telegram.org/api/rights."""

import unicodedata
from datetime import UTC, datetime
from typing import Any

from telethon.tl import types

from sandbox.telegram.records import Peer, Room, RoomKind
from sandbox.telegram.room_parts import Restriction
from sandbox.telegram.rpc import RpcFailureError, bad_request, forbidden

FOREVER = datetime.fromtimestamp(2**31 - 1, UTC)
"""The end of restrictions without end."""

_SHORTEST = 30
_LONGEST = 366 * 24 * 3600
_RANK_LENGTH = 16

ALL_RIGHTS = types.ChatAdminRights(
    change_info=True,
    post_messages=True,
    edit_messages=True,
    delete_messages=True,
    ban_users=True,
    invite_users=True,
    pin_messages=True,
    add_admins=True,
    manage_call=True,
    other=True,
    manage_topics=True,
)
"""What the creator of a room may do."""

GROUP_ADMIN_RIGHTS = types.ChatAdminRights(
    change_info=True,
    delete_messages=True,
    ban_users=True,
    invite_users=True,
    pin_messages=True,
    manage_call=True,
    other=True,
)
"""What an administrator of a basic group may do."""

FOR_MEMBERS = frozenset({"change_info", "invite_users", "pin_messages", "manage_topics"})
"""The rights of administrators that members of a group have too, unless they were taken away."""

_MEDIA = (
    "send_media",
    "send_stickers",
    "send_gifs",
    "send_games",
    "send_inline",
    "send_polls",
    "send_photos",
    "send_videos",
    "send_roundvideos",
    "send_audios",
    "send_voices",
    "send_docs",
)
_MEDIA_ONLY = frozenset(
    {
        "send_photos",
        "send_videos",
        "send_roundvideos",
        "send_audios",
        "send_voices",
        "send_docs",
    }
)
_ERRORS = {"polls": "POLL", "games": "GAME"}


def named(rights: Any) -> set[str]:
    """Return the names of the flags that are set in admin or banned rights.

    >>> sorted(named(types.ChatBannedRights(until_date=None, send_polls=True)))
    ['send_polls']
    """
    return {name for name, value in rights.to_dict().items() if value is True}


def normal_bans(rights: Any, now: float) -> Any:
    """Return banned rights as the service keeps them: implied flags set, the end made exact.

    An end less than 30 seconds or more than 366 days away means never. Raises
    BANNED_RIGHTS_INVALID for a ban that leaves the right to write.
    """
    flags = named(rights)
    if "view_messages" in flags:
        flags.add("send_messages")
    if "send_messages" in flags:
        flags.update(_MEDIA, {"embed_links", "send_plain"})
    if "send_media" in flags:
        flags |= _MEDIA_ONLY
    until = rights.until_date
    left = until.timestamp() - now if until is not None else 0
    end = until if _SHORTEST <= left <= _LONGEST else FOREVER
    return types.ChatBannedRights(until_date=end, **dict.fromkeys(flags, True))


def active(room: Room, user: int, now: float) -> Restriction | None:
    """Return what was taken from somebody by name and has not run out yet."""
    restriction = room.restricted.get(user)
    if restriction is None or restriction.rights.until_date.timestamp() <= now:
        return None
    return restriction


def restrictions(room: Room, now: float) -> list[Restriction]:
    """Return everything that was taken by name and has not run out yet."""
    return [one for one in room.restricted.values() if active(room, one.user, now) is not None]


def sees_members(room: Room, user: int) -> bool:
    """Tell whether somebody may list the members of a supergroup or channel."""
    hidden = room.broadcast or room.members_hidden
    return not hidden or admin_rights(room, user) is not None


def is_banned(room: Room, user: int, now: float) -> bool:
    """Tell whether somebody may not even look into a room."""
    restriction = active(room, user, now)
    return restriction is not None and bool(restriction.rights.view_messages)


def admin_rights(room: Room, user: int) -> Any:
    """Return the rights of an administrator as they see them, None for everybody else.

    The creator has all rights; whether they write in the room's name is their choice.
    """
    member = room.members.get(user)
    if member is None:
        return None
    if user != room.creator:
        return member.admin
    anonymous = member.admin is not None and member.admin.anonymous
    return types.ChatAdminRights(
        **dict.fromkeys(named(ALL_RIGHTS), True), anonymous=anonymous or None
    )


def speaks_as(room: Room, user: int) -> Peer | None:
    """Return the group an anonymous administrator speaks as, None for everybody else."""
    if room.kind is not RoomKind.SUPERGROUP or not has_right(room, user, "anonymous"):
        return None
    return room.peer


def has_right(room: Room, user: int, right: str) -> bool:
    """Tell whether somebody has an administrator's right, by its name in ChatAdminRights."""
    rights = admin_rights(room, user)
    return rights is not None and bool(getattr(rights, right))


def is_denied(room: Room, user: int, right: str, now: float) -> bool:
    """Tell whether an ordinary member lacks a right, by its name in ChatBannedRights."""
    restriction = active(room, user, now)
    by_name = restriction is not None and getattr(restriction.rights, right)
    return bool(by_name or getattr(room.default_rights, right))


def can_edit(room: Room, editor: int, user: int) -> bool:
    """Tell whether `editor` may change an administrator: the creator, and who promoted them."""
    seen: set[int] = set()
    while user in room.members and user not in seen:
        if editor in {room.creator, room.members[user].promoted_by}:
            return user != room.creator
        seen.add(user)
        user = room.members[user].promoted_by
    return False


def refusal_to_write(
    room: Room, user: int, now: float, media: str | None = None
) -> RpcFailureError | None:
    """Return why a member may not post, None if they may.

    `media` is the last part of the right a media needs, for example ``photos``; None for text.
    """
    if room.broadcast:
        allowed = has_right(room, user, "post_messages")
        return None if allowed else forbidden("CHAT_WRITE_FORBIDDEN")
    if admin_rights(room, user) is not None:
        return None
    restriction = active(room, user, now)
    if restriction is not None and restriction.rights.send_messages:
        return bad_request("USER_BANNED_IN_CHANNEL")
    if room.gigagroup or room.default_rights.send_messages:
        return forbidden("CHAT_WRITE_FORBIDDEN")
    if media is None:
        denied = is_denied(room, user, "send_plain", now)
        return forbidden("CHAT_SEND_PLAIN_FORBIDDEN") if denied else None
    right = f"send_{media}"
    if right in _MEDIA_ONLY and is_denied(room, user, "send_media", now):
        return forbidden("CHAT_SEND_MEDIA_FORBIDDEN")
    if is_denied(room, user, right, now):
        return forbidden(f"CHAT_SEND_{_ERRORS.get(media, media.upper())}_FORBIDDEN")
    return None


def refusal_to_promote(room: Room, by: int, user: int, rights: Any) -> RpcFailureError | None:
    """Return why somebody may not give (or take) these rights, None if they may."""
    if user == room.creator and by != user:
        return bad_request("USER_CREATOR")
    if by == room.creator or (by == user and not named(rights)):
        return None
    member = room.members.get(user)
    is_admin = member is not None and member.admin is not None
    if not has_right(room, by, "add_admins") or (is_admin and not can_edit(room, by, user)):
        return bad_request("CHAT_ADMIN_REQUIRED")
    if not named(rights) <= named(admin_rights(room, by)):
        return forbidden("RIGHT_FORBIDDEN")
    return None


def refusal_to_restrict(room: Room, by: int, user: int) -> RpcFailureError | None:
    """Return why somebody may not take rights from somebody, None if they may."""
    if not has_right(room, by, "ban_users"):
        return bad_request("CHAT_ADMIN_REQUIRED")
    if admin_rights(room, user) is not None and not can_edit(room, by, user):
        return bad_request("USER_ADMIN_INVALID")
    return None


def check_rank(rank: str) -> None:
    """Raise ADMIN_RANK_INVALID or ADMIN_RANK_EMOJI_NOT_ALLOWED for a wrong title."""
    if len(rank) > _RANK_LENGTH:
        raise bad_request("ADMIN_RANK_INVALID")
    if any(unicodedata.category(character) == "So" for character in rank):
        raise bad_request("ADMIN_RANK_EMOJI_NOT_ALLOWED")
