# SPDX-License-Identifier: AGPL-3.0-or-later
"""Who is meant: ids of people and chats in the form ``user1``, ``chat1``, ``channel1``."""

import re

from bridges.core.chat import ChatKind
from bridges.migration.archives.telegram.fields import Raw, name, whole

UNKNOWN = "unknown"
"""Somebody of whom neither id nor name is told."""

_ID = re.compile(r"(?:user|chat|channel)[0-9]{1,19}")
_OLD_CHAT, _OLD_CHANNEL = 1 << 32, 2 << 32
"""Where numbers of groups and channels began while ids were written as numbers (before 2021); people's
were smaller."""
_NEW_CHAT, _NEW_CHANNEL = 1 << 48, 2 << 48
"""The same in the few months between the larger numbers and the ids with words."""

_KINDS = {
    "personal_chat": ChatKind.DIRECT,
    "bot_chat": ChatKind.DIRECT,
    "saved_messages": ChatKind.DIRECT,
    "replies": ChatKind.DIRECT,
    "verification_codes": ChatKind.DIRECT,
    "private_group": ChatKind.GROUP,
    "private_supergroup": ChatKind.GROUP,
    "public_supergroup": ChatKind.GROUP,
    "private_channel": ChatKind.CHANNEL,
    "public_channel": ChatKind.CHANNEL,
}
_PREFIXES = {ChatKind.DIRECT: "user", ChatKind.CHANNEL: "channel"}


def peer_of(found: object) -> str | None:
    """An id as the file has it in this form, None if it is none."""
    if isinstance(found, str) and _ID.fullmatch(found):
        return found
    number = whole(found)
    if number is None or number <= 0:
        return None
    for first, prefix in (
        (_NEW_CHANNEL, "channel"),
        (_NEW_CHAT, "chat"),
        (_OLD_CHANNEL, "channel"),
        (_OLD_CHAT, "chat"),
    ):
        if number >= first:
            return f"{prefix}{number - first}"
    return f"user{number}"


def person_of(raw: Raw, key: str) -> str | None:
    """Who stands under ``<key>_id`` or, in files without ids, under ``key`` by name."""
    found = peer_of(raw.get(f"{key}_id"))
    if found is not None:
        return found
    called = name(raw, key)
    return f"name:{called}" if called else None


def kind_of(chat: Raw) -> ChatKind:
    """What a chat is; of what is not known, a group, which can hold anybody."""
    return _KINDS.get(name(chat, "type"), ChatKind.GROUP)


def chat_id(chat: Raw) -> str:
    """A chat's id; numbers alone are not unique among people, groups and channels."""
    kind = kind_of(chat)
    prefix = _PREFIXES.get(kind, "channel")
    if name(chat, "type") == "private_group":
        prefix = "chat"
    number = whole(chat.get("id"))
    return (
        f"{prefix}{abs(number)}" if number else f"name:{name(chat, 'name') or name(chat, 'type')}"
    )
