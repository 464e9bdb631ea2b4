# SPDX-License-Identifier: AGPL-3.0-or-later
"""Reaction emoji as Telegram writes them and as Matrix does.

Telegram leaves out the emoji variation selector (U+FE0F), Matrix clients send fully qualified emoji
(https://spec.matrix.org/v1.11/client-server-api/#mannotation). The table holds those characters of
Telegram's reactions that need it.
"""

_SELECTOR = "\ufe0f"
_NEED_SELECTOR = frozenset("❤☃✍☺♀♂☠☎✈☀☁☂✌☝🕊🎗🌶🖌🕷🕶🏖🛏🖼🗣🎙")


def to_telegram(emoji: str) -> str:
    """As Telegram writes it."""
    return emoji.replace(_SELECTOR, "")


def to_matrix(emoji: str) -> str:
    """As Matrix clients write it."""
    bare = emoji.replace(_SELECTOR, "")
    return "".join(one + _SELECTOR if one in _NEED_SELECTOR else one for one in bare)
