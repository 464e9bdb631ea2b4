# SPDX-License-Identifier: AGPL-3.0-or-later
"""Why a file is no source of contacts."""

from bridges.core.text import UserText


class SourceRefused(Exception):
    """A file is not what it should be. ``text`` says what is wrong and what to do."""

    def __init__(self, text: UserText) -> None:
        super().__init__(str(text))
        self.text = text
