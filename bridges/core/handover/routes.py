# SPDX-License-Identifier: AGPL-3.0-or-later
"""Which way things go in chats that are handed over; asked with every message."""

from typing import Any

from mautrix.types import EventID, RoomID, UserID

from bridges.core.errors import Rejected
from bridges.core.handover.latecomers import Latecomers
from bridges.core.handover.state import Step, link_to, shown_elsewhere, stays_here
from bridges.core.ids import ChatKey, LoginID
from bridges.core.matrix import event_types
from bridges.core.network import SessionState
from bridges.core.sessions import ActiveLogin, Sessions
from bridges.core.storage.handovers import HandoverStore
from bridges.core.storage.messages import MessageStore
from bridges.core.storage.queue import Row, RowState
from bridges.core.text import user_text

Json = dict[str, Any]

_ABOUT_ANOTHER = frozenset(
    {
        event_types.REACTION,
        event_types.POLL_RESPONSE,
        event_types.POLL_RESPONSE_UNSTABLE,
        event_types.POLL_END,
        event_types.POLL_END_UNSTABLE,
    }
)
"""Events that say nothing without the one they refer to."""
_EDIT = "m.replace"


class HandoverRoutes:
    """Asks what is stored; the decisions are in ``state``."""

    def __init__(
        self,
        store: HandoverStore,
        messages: MessageStore,
        sessions: Sessions,
        latecomers: Latecomers,
    ) -> None:
        self._store = store
        self._messages = messages
        self._sessions = sessions
        self._latecomers = latecomers

    async def stays_here(self, row: Row, event: Json) -> bool:
        """Whether an event of a portal's room is not carried to the network."""
        room, sender = RoomID(event["room_id"]), UserID(event["sender"])
        handover = await self._store.in_room(room)
        if handover is None:
            return False
        return stays_here(
            handover,
            room,
            sender,
            attempted=row.state is RowState.ATTEMPTED,
            of_network=await self._is_of_network(event),
        )

    async def check_open(self, chat: ChatKey) -> None:
        """Raise ``Rejected`` if a chat goes on in the other one's room only."""
        handover = await self._store.of(chat)
        if (
            handover is not None
            and handover.other == chat
            and handover.step in (Step.CLOSING, Step.CLOSED)
        ):
            raise Rejected(
                "MOVED",
                user_text(
                    "This chat goes on in another room; write there: {link}",
                    link=link_to(handover.room),
                ),
            )

    async def room_elsewhere(self, chat: ChatKey, login: ActiveLogin) -> RoomID | None:
        """The other one's room, if what ``login`` hears of a chat is shown there already.

        Raises the network's passing errors.
        """
        await self._latecomers.note(chat, login)
        handover = await self._store.of(chat)
        if handover is None:
            return None
        listens = self._listens(handover.kept.receiver)
        return handover.room if shown_elsewhere(handover, chat, keeper_listens=listens) else None

    async def is_anothers(self, room: RoomID) -> bool:
        """Whether a room is ruled by the bridge of another network."""
        handover = await self._store.in_room(room)
        return handover is not None and handover.is_shared

    def _listens(self, login: LoginID) -> bool:
        active = self._sessions.get(login)
        return active is not None and active.state is not SessionState.BAD_CREDENTIALS

    async def _is_of_network(self, event: Json) -> bool:
        target = _target(event)
        if target is None:
            return False
        if await self._messages.by_event(target):
            return True
        return await self._messages.reaction_by_event(target) is not None


def _target(event: Json) -> EventID | None:
    """The event that one changes; None if it is something new."""
    content = event["content"]
    if event["type"] == event_types.REDACTION:
        found = event.get("redacts") or content.get("redacts")
        return EventID(found) if isinstance(found, str) else None
    relation = content.get("m.relates_to")
    if not isinstance(relation, dict):
        return None
    changes = event["type"] in _ABOUT_ANOTHER or relation.get("rel_type") == _EDIT
    found = relation.get("event_id")
    return EventID(found) if changes and isinstance(found, str) else None
