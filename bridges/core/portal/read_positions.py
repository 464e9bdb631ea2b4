# SPDX-License-Identifier: AGPL-3.0-or-later
"""How far somebody has read, in Matrix's terms and in the network's.

Not everything in a room is a message there, and not every message of the network is an event: notices,
state and service lines. The nearest earlier message counts then.
"""

from datetime import UTC, datetime

from mautrix.types import EventID, RoomID

from bridges.core.ids import ChatKey, MessageID
from bridges.core.matrix.client import Homeserver
from bridges.core.matrix.senders import Senders
from bridges.core.portal.links import Links
from bridges.core.storage.messages import MessageStore, StoredMessage
from bridges.core.storage.portals import Portal

_LOOKED_AT = 30
"""So many events before one that is no message are looked at."""


class ReadPositions:
    """Finds the other side's name of a position in a chat."""

    def __init__(
        self,
        homeserver: Homeserver,
        messages: MessageStore,
        links: Links,
        senders: Senders,
        *,
        rising_ids: bool,
    ) -> None:
        """``rising_ids``: see ``NetworkInfo``."""
        self._hs = homeserver
        self._messages = messages
        self._links = links
        self._senders = senders
        self._rising_ids = rising_ids

    async def event(self, chat: ChatKey, message: MessageID) -> EventID | None:
        """The event of a message in the chat's room, or of the nearest one before it."""
        stored = await self._messages.parts(chat, message)
        if stored:
            return _event_here(stored[-1])
        if not self._rising_ids:
            return None
        before = await self._messages.last_up_to(chat, message)
        return None if before is None else _event_here(before)

    async def message(self, portal: Portal, room: RoomID, event: EventID) -> MessageID | None:
        """The message of an event of a portal's room, or of the nearest one before it.

        Raises the homeserver's errors.
        """
        stored = self._in_chat(portal, await self._links.of(portal.key, event))
        if stored is not None:
            return stored.id
        earlier = await self._hs.events_before(self._senders.bot, room, event, _LOOKED_AT)
        for one in earlier[1:]:
            stored = self._in_chat(portal, await self._messages.by_event(one["event_id"]))
            if stored is not None:
                return stored.id
        written = datetime.fromtimestamp(earlier[0]["origin_server_ts"] / 1000, UTC)
        stored = await self._messages.last_sent_before(portal.key, written)
        return None if stored is None else stored.id

    def _in_chat(self, portal: Portal, stored: list[StoredMessage]) -> StoredMessage | None:
        """The last message an event is, if it is one of this chat and not of the one before it."""
        return stored[-1] if stored and stored[-1].chat == portal.key else None


def _event_here(stored: StoredMessage) -> EventID | None:
    """The event of a message; None if it is not in the room its chat has now."""
    return stored.event if stored.room is None else None
