# SPDX-License-Identifier: AGPL-3.0-or-later
"""Which chats get a room because something was said in them."""

from datetime import datetime, timedelta

from bridges.core.abilities import GlancesAtChats
from bridges.core.chat import ChatKind
from bridges.core.clock import Clock
from bridges.core.config import SyncConfig
from bridges.core.errors import Rejected
from bridges.core.ids import ChatKey, LoginID
from bridges.core.sessions import ActiveLogin
from bridges.core.storage.cache import BoundedCache

_REMEMBERED = 2048
_LOOK_AGAIN_AFTER = timedelta(minutes=10)


class Welcome:
    """Decides by what the person has set on the network.

    A chat that gets no room is asked about again after a while: people unmute and unarchive.
    """

    def __init__(self, clock: Clock, config: SyncConfig) -> None:
        self._clock = clock
        self._wanted = config.rooms_for_new_messages
        self._refused: BoundedCache[tuple[LoginID, ChatKey], datetime] = BoundedCache(_REMEMBERED)

    async def has(self, chat: ChatKey, login: ActiveLogin) -> bool:
        """Whether a chat without a room gets one. Raises the passing errors."""
        if self._wanted in ("all", "none"):
            return self._wanted == "all"
        refused = self._refused.get((login.record.id, chat))
        if refused is not None and self._clock.now() - refused < _LOOK_AGAIN_AFTER:
            return False
        if await self._is_wanted(chat, login):
            return True
        self._refused.put((login.record.id, chat), self._clock.now())
        return False

    async def _is_wanted(self, chat: ChatKey, login: ActiveLogin) -> bool:
        if not isinstance(login.session, GlancesAtChats):
            return True
        try:
            known = await login.session.glance(chat)
        except Rejected:
            return (
                True  # What is said there is worth a room, whatever the network says of the chat.
            )
        return not known.set_aside and (self._wanted == "active" or known.kind is ChatKind.DIRECT)
