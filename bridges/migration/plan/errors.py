# SPDX-License-Identifier: AGPL-3.0-or-later
"""Why a plan is not used."""

from bridges.core.text import UserText


class PlanRefused(Exception):
    """A plan is wrong, or asked for what cannot be; ``text`` says what and what to do."""

    def __init__(self, text: UserText) -> None:
        super().__init__(str(text))
        self.text = text
