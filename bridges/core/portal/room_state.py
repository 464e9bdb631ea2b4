# SPDX-License-Identifier: AGPL-3.0-or-later
"""State events the bot sets in portal rooms."""

from typing import Any

import structlog
from mautrix.types import RoomID

from bridges.core.matrix.client import Homeserver, HomeserverRefused
from bridges.core.matrix.senders import Senders


class RoomState:
    """Sets state as the bot."""

    def __init__(self, homeserver: Homeserver, senders: Senders) -> None:
        self._log = structlog.get_logger("karvon.room_state")
        self._hs = homeserver
        self._senders = senders

    async def set(
        self, room: RoomID, event_type: str, content: dict[str, Any], key: str = ""
    ) -> None:
        """Set one state event; a refusal is logged, as messages are carried nevertheless."""
        try:
            await self._hs.set_state(self._senders.bot, room, event_type, key, content)
        except HomeserverRefused as refused:
            # Somebody may have taken the bot's rights.
            self._log.warning("a room's property could not be set", error=str(refused))
