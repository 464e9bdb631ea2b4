# SPDX-License-Identifier: AGPL-3.0-or-later
"""WhatsApp's markup as Matrix custom HTML: from the network itself and from its export files.

Lines are read by ``blocks`` and ``inline`` and written as HTML by ``to_html``.
"""

from bridges.core.content import FormattedText
from bridges.core.formatting.whatsapp.blocks import read_lines
from bridges.core.formatting.whatsapp.inline import Mention, MentionOf, nobody
from bridges.core.formatting.whatsapp.to_html import matrix_text
from bridges.core.sanitize import clean_text

__all__ = ["Mention", "MentionOf", "read_markup"]


def read_markup(text: str, mention_of: MentionOf = nobody) -> FormattedText:
    """Turn a WhatsApp text into what Matrix clients show. Anything may come in."""
    clean = clean_text(text).replace("\r\n", "\n").replace("\r", "\n")
    return matrix_text(read_lines(clean, mention_of))
