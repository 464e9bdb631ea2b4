# SPDX-License-Identifier: AGPL-3.0-or-later
"""What Telegram publishes about people, kept apart from what one account calls them.

For a contact Telegram gives the name that the account has saved in its own address book. Such a
name never goes into ``UserInfo``, which everybody sees; it becomes the name of that account's own
direct chat.
"""

import hashlib
from typing import Any

from attrs import evolve
from telethon.tl.types import Channel, Chat, User, UserProfilePhoto

from bridges.core.accounts import NetworkAccount
from bridges.core.chat import NO_AVATAR, Avatar, UserInfo
from bridges.core.formatting.names import clean_name
from bridges.core.ids import RemoteUserID
from bridges.telegram import ids
from bridges.telegram.media import peer_photo_reference
from bridges.telegram.store.entities import is_contact

DELETED = "Deleted account"
SAVED_MESSAGES = "Saved Messages"


def user_info(user: Any, *, contact: bool | None = None) -> UserInfo:
    """What is public of a ``User``.

    Args:
        contact: whether this is a contact, where ``user`` itself does not tell (``min``).
    """
    if user.deleted:
        return UserInfo(name=DELETED, avatar=NO_AVATAR, username="", is_bot=False)
    private = is_saved_contact(user) or (bool(contact) and bool(user.min))
    return UserInfo(
        name=None if private else full_name(user) or None,
        avatar=_avatar(user),
        username=_username(user),
        is_bot=bool(user.bot),
    )


def minimal(info: UserInfo) -> UserInfo:
    """Only what is needed to tell people apart."""
    return UserInfo(name=info.name, is_bot=info.is_bot)


def nameable(info: UserInfo, user: RemoteUserID) -> UserInfo:
    """The same with a name in any case.

    Where only a contact's saved name is known, the username stands in, which is public.
    """
    return evolve(info, name=info.name or info.username or user)


def contact_name(user: Any) -> str | None:
    """What the account has saved this person as, None if it has not."""
    return full_name(user) or None if is_saved_contact(user) and not user.deleted else None


def is_saved_contact(user: Any) -> bool:
    """Whether the name is one from the account's address book; one's own name never is."""
    return isinstance(user, User) and not user.is_self and is_contact(user)


def full_name(user: Any) -> str:
    """First and last name."""
    return clean_name(f"{user.first_name or ''} {user.last_name or ''}")


def network_account(user: User) -> NetworkAccount:
    """A person as Telegram tells them to the account, with the name it has saved."""
    handle = _username(user) or ""
    known = {"telegram_user": str(user.id)} | ({"telegram_name": handle} if handle else {})
    phone = f"+{user.phone.lstrip('+')}" if user.phone else ""
    return NetworkAccount(
        ids.user_id(user.id), known, full_name(user), "", phone=phone, handle=handle
    )


def channel_info(channel: Channel | Chat) -> UserInfo:
    """A channel that speaks as itself, as if it were a person."""
    return UserInfo(
        name=clean_name(channel.title) or None,
        avatar=chat_avatar(channel),
        username=_username(channel),
        is_bot=False,
    )


def chat_avatar(chat: Any) -> Avatar | None:
    """The picture of a ``Chat`` or ``Channel``."""
    photo = getattr(chat, "photo", None)
    if photo is None:
        return None
    if not getattr(photo, "photo_id", None):
        return NO_AVATAR
    return Avatar(str(photo.photo_id), peer_photo_reference(chat, photo))


def fingerprint(user: Any, info: UserInfo) -> str:
    """Equal as long as nothing of ``info`` and of the saved name has changed.

    A ``min`` user tells less than a full one, so their fingerprints are of different kinds.
    """
    avatar = info.avatar.id if info.avatar else None
    told = repr((info.name, avatar, info.username, info.is_bot, contact_name(user)))
    kind = "m" if user.min else "f"
    return f"{kind}:{hashlib.sha256(told.encode()).hexdigest()[:16]}"


def _avatar(user: Any) -> Avatar | None:
    photo = user.photo
    if user.min and not user.apply_min_photo:
        return None
    if not isinstance(photo, UserProfilePhoto):
        return NO_AVATAR
    if photo.personal:
        return None
    return Avatar(str(photo.photo_id), peer_photo_reference(user, photo))


def _username(thing: Any) -> str | None:
    username = getattr(thing, "username", None)
    if username:
        return str(username)
    for one in getattr(thing, "usernames", None) or ():
        if one.active:
            return str(one.username)
    return None if getattr(thing, "min", False) else ""
