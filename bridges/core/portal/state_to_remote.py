# SPDX-License-Identifier: AGPL-3.0-or-later
"""From Matrix to the network: what people change in a portal's room itself.

What the bridge has set is not carried: it is not handed on by the inbox. A change that is known from the
network is none. Whatever the network refuses is put back, and the person is told why.
"""

from typing import Any

from mautrix.types import EventID, RoomID, UserID

from bridges.core.handover.routes import HandoverRoutes
from bridges.core.matrix import event_types
from bridges.core.portal.changes.carrying import Carrying
from bridges.core.portal.changes.change import Change, ChangeHandler
from bridges.core.portal.changes.members import MemberChanges
from bridges.core.portal.changes.pins import PinChanges
from bridges.core.portal.changes.powers import PowerChanges
from bridges.core.portal.changes.properties import AvatarChanges, NameChanges, TopicChanges
from bridges.core.portal.chat_news import ChatNews
from bridges.core.portal.gate import EchoGate
from bridges.core.storage.database import Database
from bridges.core.storage.portals import Portal, PortalStore
from bridges.core.storage.queue import Queue, Row

Json = dict[str, Any]

STATE_TYPES = frozenset(
    {
        event_types.NAME,
        event_types.TOPIC,
        event_types.AVATAR,
        event_types.PINNED,
        event_types.POWER_LEVELS,
        event_types.MEMBER,
    }
)
"""The state events that mean something on a network."""


class StateToRemote:
    """Handles the rows of ``from_matrix`` that are state events of portals."""

    def __init__(
        self,
        database: Database,
        queue: Queue,
        portals: PortalStore,
        gate: EchoGate,
        news: ChatNews,
        carrying: Carrying,
        names: NameChanges,
        topics: TopicChanges,
        avatars: AvatarChanges,
        pins: PinChanges,
        powers: PowerChanges,
        members: MemberChanges,
        handovers: HandoverRoutes,
    ) -> None:
        self._db = database
        self._queue = queue
        self._portals = portals
        self._gate = gate
        self._news = news
        self._carrying = carrying
        self._members = members
        self._handovers = handovers
        self._handlers: dict[str, ChangeHandler] = {
            event_types.NAME: names,
            event_types.TOPIC: topics,
            event_types.AVATAR: avatars,
            event_types.PINNED: pins,
            event_types.POWER_LEVELS: powers,
        }

    async def handle(self, row: Row, event: Json, portal: Portal) -> None:
        """Handle one event and end its row. Raises ``TemporaryError`` if it has to be repeated."""
        async with self._gate.hold(portal.key):
            change = Change(
                event=EventID(event["event_id"]),
                type=event["type"],
                key=event["state_key"],
                content=event["content"],
                before=_before(event),
                room=RoomID(event["room_id"]),
                sender=UserID(event["sender"]),
                portal=await self._portals.get(portal.key) or portal,
            )
            try:
                if change.type == event_types.MEMBER:
                    await self._members.handle(change)
                elif not await self._handovers.is_anothers(change.room):
                    await self._carrying.carry(change, self._handlers[change.type])
            finally:
                self._news.changed_here(portal.key)
        async with self._db.transaction() as connection:
            await self._queue.finish(connection, row)


def _before(event: Json) -> Json | None:
    unsigned = event.get("unsigned")
    before = unsigned.get("prev_content") if isinstance(unsigned, dict) else None
    return before if isinstance(before, dict) else None
