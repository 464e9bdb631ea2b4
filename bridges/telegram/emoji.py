# SPDX-License-Identifier: AGPL-3.0-or-later
"""Reaction emoji as Telegram writes them and as Matrix does.

Telegram leaves out the emoji variation selector (U+FE0F), Matrix clients send fully qualified emoji
(https://spec.matrix.org/v1.11/client-server-api/#mannotation). The table holds those characters of
Telegram's reactions that need it. Custom emoji are ``karvon:emoji/ID`` (``bridges.core.content``).
"""

from typing import Any

from telethon.tl.types import ReactionCustomEmoji, ReactionEmoji

from bridges.core.formatting.addresses import emoji_address
from bridges.telegram.formatting.links import document_of_address

_SELECTOR = "\ufe0f"
_NEED_SELECTOR = frozenset("❤☃✍☺♀♂☠☎✈☀☁☂✌☝🕊🎗🌶🖌🕷🕶🏖🛏🖼🗣🎙")


def to_telegram(emoji: str) -> str:
    """As Telegram writes it."""
    return emoji.replace(_SELECTOR, "")


def to_matrix(emoji: str) -> str:
    """As Matrix clients write it."""
    bare = emoji.replace(_SELECTOR, "")
    return "".join(one + _SELECTOR if one in _NEED_SELECTOR else one for one in bare)


def reaction_of(emoji: str) -> Any:
    """The TL ``Reaction`` of an emoji or custom emoji."""
    document = document_of_address(emoji)
    return (
        ReactionEmoji(to_telegram(emoji))
        if document is None
        else ReactionCustomEmoji(int(document))
    )


def emoji_of(reaction: Any) -> str | None:
    """The emoji or custom emoji of a TL ``Reaction``; None of paid stars, which say nothing."""
    match reaction:
        case ReactionEmoji():
            return to_matrix(reaction.emoticon)
        case ReactionCustomEmoji():
            return emoji_address(str(reaction.document_id))
    return None
