# SPDX-License-Identifier: AGPL-3.0-or-later
"""What happens in rooms that belong to no chat now: those left for a shared one, and such a one itself."""

from typing import Any

from mautrix.types import EventID, RoomID, UserID

from bridges.core.errors import Rejected
from bridges.core.handover.state import link_to
from bridges.core.matrix import event_types
from bridges.core.portal.status import MessageStatus
from bridges.core.storage.database import Database
from bridges.core.storage.handovers import HandoverStore
from bridges.core.storage.queue import Queue, Row
from bridges.core.text import user_text

Json = dict[str, Any]


class Archives:
    """Handles events of such rooms, before others take them for commands and invitations."""

    def __init__(
        self, store: HandoverStore, status: MessageStatus, database: Database, queue: Queue
    ) -> None:
        self._store = store
        self._status = status
        self._db = database
        self._queue = queue

    async def took(self, row: Row, event: Json) -> bool:
        """Whether an event was handled here, and its row ended."""
        room = RoomID(event["room_id"])
        if event["type"] == event_types.MESSAGE:
            handover = await self._store.left_for(room)
            if handover is None:
                return False
            moved = Rejected(
                "MOVED",
                user_text(
                    "This chat goes on in another room; write there: {link}",
                    link=link_to(handover.room),
                ),
            )
            await self._status.failed(
                room, EventID(event["event_id"]), UserID(event["sender"]), moved
            )
        elif event["type"] != event_types.MEMBER or not await self._is_entered(room):
            return False
        async with self._db.transaction() as connection:
            await self._queue.finish(connection, row)
        return True

    async def _is_entered(self, room: RoomID) -> bool:
        """Whether the bot goes into a room by itself: it is invited by a handover, not by a person."""
        handover = await self._store.in_room(room)
        return handover is not None and handover.is_shared and handover.may_be_taken_back
