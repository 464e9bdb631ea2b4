# SPDX-License-Identifier: AGPL-3.0-or-later
"""Formatted text: WhatsApp's markup ⇄ Matrix custom HTML. Pure functions, no I/O.

``bridges.core.formatting.whatsapp`` reads the markup; what ``bridges.core.formatting`` reads from HTML is
written as markup by ``writing``.
"""

from bridges.whatsapp.formatting.convert import (
    MAX_TEXT,
    JidOf,
    Mentioned,
    WhatsAppText,
    address_of,
    from_matrix,
    to_matrix,
)

__all__ = [
    "MAX_TEXT",
    "JidOf",
    "Mentioned",
    "WhatsAppText",
    "address_of",
    "from_matrix",
    "to_matrix",
]
