# SPDX-License-Identifier: AGPL-3.0-or-later
"""Formatted text: Telegram entities ⇄ Matrix custom HTML. Pure functions, no I/O.

Both directions meet in ``styles``: entities are read and written by ``entities``, HTML is cut by
``tokens``, read by ``reader`` onto a ``layout`` and written by ``writer``.
"""

from bridges.telegram.formatting.convert import MAX_TEXT, TelegramText, from_matrix, to_matrix
from bridges.telegram.formatting.links import (
    Links,
    chat_of_address,
    message_address,
    message_of_address,
    user_address,
    user_of_address,
)
from bridges.telegram.formatting.utf16 import utf16_length

__all__ = [
    "MAX_TEXT",
    "Links",
    "TelegramText",
    "chat_of_address",
    "from_matrix",
    "message_address",
    "message_of_address",
    "to_matrix",
    "user_address",
    "user_of_address",
    "utf16_length",
]
