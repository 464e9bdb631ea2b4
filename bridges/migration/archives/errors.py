# SPDX-License-Identifier: AGPL-3.0-or-later
"""Why an archive is not read."""

from bridges.core.text import UserText


class ArchiveRefused(Exception):
    """An archive, or a file in it, is damaged, dangerous or not what it says.

    ``text`` says what is wrong and what to do, in the reader's language once it is translated.
    """

    def __init__(self, text: UserText) -> None:
        super().__init__(str(text))
        self.text = text
