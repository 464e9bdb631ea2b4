# SPDX-License-Identifier: AGPL-3.0-or-later
"""How texts are read and written, as the rest of this package needs it."""

from typing import Protocol

from bridges.core.content import FormattedText


class Markup(Protocol):
    """WhatsApp's marks (``*bold*``) and Matrix's HTML."""

    def read(self, text: str) -> FormattedText:
        """What a text of WhatsApp's says."""
        ...

    def write(self, text: FormattedText) -> str:
        """A text as WhatsApp wants it."""
        ...
