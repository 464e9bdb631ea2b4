# SPDX-License-Identifier: AGPL-3.0-or-later
"""Telegram's rights as Matrix power levels (https://core.telegram.org/api/rights).

Telegram gives administrators any set of rights; Matrix has a ladder. Each right has a step, and an
administrator gets the highest step whose right they have: what they may do on Telegram they may do
in Matrix. What Telegram refuses nevertheless is put back. Only the removal of messages cannot be put
back, so nobody without that right stands on its step or above.

====== ================================
level  who
====== ================================
95     the creator
90     may make others administrators
80     may remove messages of others
70     may take people out and ban them
65     may change title, about and picture
60     may pin
55     may bring people in
50     any other administrator
0      member
-1     member who may not write
====== ================================
"""

from typing import Any

from telethon.tl import types as tl

from bridges.core.rights import EVERYBODY, NOBODY, RESTRICTED, ChatRights

CREATOR = 95
PROMOTE = 90
REDACT = 80
BAN = 70
INFO = 65
PIN = 60
INVITE = 55
ADMIN = 50

GROUP_ADMIN = REDACT
"""An administrator of a basic group may do everything but make others administrators."""

DIRECT_RIGHTS = ChatRights(
    invite=NOBODY,
    kick=NOBODY,
    ban=NOBODY,
    redact=EVERYBODY,
    name=NOBODY,
    topic=NOBODY,
    avatar=NOBODY,
    pins=EVERYBODY,
    promote=NOBODY,
)
"""In a direct chat both sides may remove and pin messages of either."""


def steps(rights: Any, *, is_channel: bool) -> dict[int, bool]:
    """Which steps of the ladder ``ChatAdminRights`` hold; in channels who edits posts pins them."""
    return {
        INVITE: bool(rights.invite_users),
        PIN: bool(rights.edit_messages if is_channel else rights.pin_messages),
        INFO: bool(rights.change_info),
        BAN: bool(rights.ban_users),
        REDACT: bool(rights.delete_messages),
        PROMOTE: bool(rights.add_admins),
    }


def admin_power(rights: Any, *, is_channel: bool) -> int:
    """The level of an administrator with ``ChatAdminRights``."""
    held = steps(rights, is_channel=is_channel)
    highest = max((step for step, has in held.items() if has), default=ADMIN)
    return highest if held[REDACT] else min(highest, REDACT - 1)


def own_power(chat: Any) -> int:
    """The level of the account itself in a ``Chat`` or ``Channel``."""
    if chat.creator:
        return CREATOR
    if chat.admin_rights is not None:
        if isinstance(chat, tl.Chat):
            return GROUP_ADMIN
        return admin_power(chat.admin_rights, is_channel=bool(chat.broadcast))
    return restricted_power(getattr(chat, "banned_rights", None))


def restricted_power(banned: Any) -> int:
    """The level of an ordinary member from whom ``ChatBannedRights`` take something, or nothing."""
    return RESTRICTED if banned is not None and banned.send_messages else EVERYBODY


def chat_rights(chat: Any) -> ChatRights:
    """The levels things need in a ``Chat`` or ``Channel``."""
    if isinstance(chat, tl.Channel) and chat.broadcast:
        return ChatRights(
            write=ADMIN,
            invite=INVITE,
            kick=BAN,
            ban=BAN,
            redact=REDACT,
            name=INFO,
            topic=INFO,
            avatar=INFO,
            pins=PIN,
            promote=PROMOTE,
        )
    banned = chat.default_banned_rights or tl.ChatBannedRights(None)
    is_giant = isinstance(chat, tl.Channel) and chat.gigagroup
    return group_rights(banned, admins_only=bool(is_giant))


def group_rights(banned: Any, *, admins_only: bool = False) -> ChatRights:
    """The levels in a group whose members ``ChatBannedRights`` bind; in a gigagroup only admins write."""
    info = INFO if banned.change_info else EVERYBODY
    return ChatRights(
        write=ADMIN if admins_only or banned.send_messages else EVERYBODY,
        react=ADMIN if banned.send_reactions else RESTRICTED,
        invite=INVITE if banned.invite_users else EVERYBODY,
        kick=BAN,
        ban=BAN,
        redact=REDACT,
        name=info,
        topic=info,
        avatar=info,
        pins=PIN if banned.pin_messages else EVERYBODY,
        promote=PROMOTE,
    )
