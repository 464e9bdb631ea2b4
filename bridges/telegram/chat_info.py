# SPDX-License-Identifier: AGPL-3.0-or-later
"""What Telegram tells about chats without being asked for more."""

from typing import Any

from telethon.tl import types as tl

from bridges.core.chat import ChatInfo, ChatKind, Member, Sender
from bridges.core.formatting.names import clean_name
from bridges.core.ids import NO_CHAT
from bridges.core.rights import SPACE_RIGHTS
from bridges.telegram import ids
from bridges.telegram.rights import chat_rights, own_power
from bridges.telegram.user_info import chat_avatar


def chat_kind(chat: Any) -> ChatKind:
    """The kind of a ``Chat`` or ``Channel``."""
    return ChatKind.CHANNEL if is_broadcast(chat) else ChatKind.GROUP


def is_broadcast(chat: Any) -> bool:
    """Whether only admins write there."""
    return isinstance(chat, tl.Channel) and bool(chat.broadcast or chat.gigagroup)


def visible_info(chat: Any, me: int) -> ChatInfo:
    """What a ``Chat`` or ``Channel`` that the account ``me`` is in says about itself and the account."""
    return ChatInfo(
        kind=chat_kind(chat),
        name=clean_name(chat.title),
        avatar=chat_avatar(chat),
        members=(Member(Sender(ids.user_id(me), is_me=True), power=own_power(chat)),),
        may_write=may_write(chat),
        rights=chat_rights(chat),
        parent=ids.space_key(chat.id) if is_forum(chat) else NO_CHAT,
    )


def space_info(chat: Any) -> ChatInfo:
    """What a forum says about the space that gathers its topics."""
    return ChatInfo(
        kind=ChatKind.SPACE,
        name=clean_name(chat.title),
        avatar=chat_avatar(chat),
        rights=SPACE_RIGHTS,
        may_write=False,
        parent=NO_CHAT,
    )


def is_forum(chat: Any) -> bool:
    """Whether a supergroup has topics."""
    return isinstance(chat, tl.Channel) and bool(chat.forum)


def may_write_in_closed(chat: Any) -> bool:
    """Whether the account may write also in topics that are closed."""
    admin = chat.admin_rights
    return bool(chat.creator or (admin is not None and admin.manage_topics))


def may_write(chat: Any) -> bool:
    """Whether the account may send messages (https://core.telegram.org/api/rights)."""
    if chat.creator:
        return True
    admin = chat.admin_rights
    if is_broadcast(chat):
        return admin is not None and bool(admin.post_messages or chat.gigagroup)
    if admin is not None:
        return True
    banned = (getattr(chat, "banned_rights", None), chat.default_banned_rights)
    return not any(one is not None and one.send_messages for one in banned)
