# SPDX-License-Identifier: AGPL-3.0-or-later
"""Why somebody's leaving does not go on."""

from bridges.core.text import UserText


class LeavingRefused(Exception):
    """It cannot be done as things are; ``text`` says why and what to do."""

    def __init__(self, text: UserText) -> None:
        super().__init__(str(text))
        self.text = text
