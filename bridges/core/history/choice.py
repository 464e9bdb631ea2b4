# SPDX-License-Identifier: AGPL-3.0-or-later
"""Which of the ways past messages get into rooms is taken."""

import structlog

from bridges.core.history.writer import HistoryWriter
from bridges.core.matrix.histories import Histories


class HistoryWriters:
    """Knows what the homeserver offers, once it was asked."""

    def __init__(
        self, histories: Histories, appending: HistoryWriter, silent: HistoryWriter
    ) -> None:
        """``appending`` works everywhere; ``silent`` needs our module on the homeserver."""
        self._log = structlog.get_logger("karvon.history")
        self._histories = histories
        self._appending = appending
        self._silent = silent
        self._is_offered = False

    @property
    def is_silent(self) -> bool:
        """Whether histories are put behind what is in a room."""
        return self._is_offered

    async def choose(self) -> None:
        """Ask the homeserver. Raises ``HomeserverUnavailable`` and ``HomeserverRefused``."""
        self._is_offered = await self._histories.are_taken()
        if self._is_offered:
            self._log.info("histories are put behind what is in a room, and nobody is notified")
        else:
            self._log.warning(
                "histories are sent message by message: the homeserver does not load"
                " policy_module.history.module.HistoryModule, or its Synapse is of another version"
            )

    def for_room(self, *, behind: bool) -> HistoryWriter:
        """The way for a room whose history goes ``behind`` what is there, or else after it."""
        return self._silent if behind and self._is_offered else self._appending
