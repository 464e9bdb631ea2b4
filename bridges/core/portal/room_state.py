# SPDX-License-Identifier: AGPL-3.0-or-later
"""State events the bot sets in portal rooms."""

from typing import Any

import structlog
from mautrix.types import RoomID

from bridges.core.matrix.client import Homeserver
from bridges.core.matrix.errors import HomeserverRefused
from bridges.core.matrix.senders import Senders

Json = dict[str, Any]


class RoomState:
    """Sets state as the bot."""

    def __init__(self, homeserver: Homeserver, senders: Senders) -> None:
        self._log = structlog.get_logger("karvon.room_state")
        self._hs = homeserver
        self._senders = senders

    async def get(self, room: RoomID, event_type: str, key: str = "") -> Json | None:
        """The content of one state event; None if there is none."""
        return await self._hs.get_state_event(self._senders.bot, room, event_type, key)

    async def show(self, room: RoomID, event_type: str, content: Json, key: str = "") -> None:
        """Set one state event unless it says the same already, be it by somebody else."""
        now = await self.get(room, event_type, key) or {}
        if any(now.get(name) != value for name, value in content.items()):
            await self.set(room, event_type, content, key)

    async def set(self, room: RoomID, event_type: str, content: Json, key: str = "") -> None:
        """Set one state event; a refusal is logged, as messages are carried nevertheless.

        Raises ``HomeserverRefused`` if the bot is not in the room any more.
        """
        bot = self._senders.bot
        try:
            await self._hs.set_state(bot, room, event_type, key, content)
        except HomeserverRefused as refused:
            if room not in await self._hs.joined_rooms(bot):
                raise
            # Somebody may have taken the bot's rights.
            self._log.warning("a room's property could not be set", error=str(refused))
