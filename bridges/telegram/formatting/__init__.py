# SPDX-License-Identifier: AGPL-3.0-or-later
"""Formatted text: Telegram entities ⇄ Matrix custom HTML. Pure functions, no I/O.

Entities are read and written by ``entities``; HTML by ``bridges.core.formatting``.
"""

from bridges.telegram.formatting.convert import MAX_TEXT, TelegramText, from_matrix, to_matrix
from bridges.telegram.formatting.links import Links

__all__ = [
    "MAX_TEXT",
    "Links",
    "TelegramText",
    "from_matrix",
    "to_matrix",
]
