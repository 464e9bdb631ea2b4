# SPDX-License-Identifier: AGPL-3.0-or-later
"""Who is meant: ids of people and chats in the form ``user1``, ``chat1``, ``channel1``."""

import re

from bridges.core.chat import ChatKind
from bridges.migration.archives.telegram.fields import Raw, name, whole

UNKNOWN = "unknown"
"""Somebody of whom neither id nor name is told."""

_ID = re.compile(r"(?:user|chat|channel)[0-9]{1,19}")
_FIRST_NUMBERS = (
    (2 << 48, "channel"),
    (1 << 48, "chat"),
    (2 << 32, "channel"),
    (1 << 32, "chat"),
)
"""Where numbers of groups and channels begin in exports that write ids as numbers (until spring 2021), and in
those of the months after numbers had become larger. People's were smaller then."""

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
    prefix, bare = _parted(number)
    return f"{prefix}{bare}"


def user_of(raw: Raw) -> str | None:
    """Who stands under ``user_id``, which is the number of a person in all exports."""
    number = whole(raw.get("user_id"))
    return f"user{number}" if number is not None and number > 0 else None


def _parted(number: int) -> tuple[str, int]:
    """What a number written as such means, and the number without it."""
    for first, prefix in _FIRST_NUMBERS:
        if number >= first:
            return prefix, number - first
    return "user", number


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
    """A chat's id; numbers alone are not unique among people, groups and channels.

    Old exports number chats as they do people, so that channels begin with 8589934592.
    """
    kind = kind_of(chat)
    prefix = _PREFIXES.get(kind, "channel")
    if name(chat, "type") == "private_group":
        prefix = "chat"
    number = abs(whole(chat.get("id")) or 0)
    told, bare = _parted(number)
    if told == prefix:
        number = bare
    return f"{prefix}{number}" if number else f"name:{name(chat, 'name') or name(chat, 'type')}"
