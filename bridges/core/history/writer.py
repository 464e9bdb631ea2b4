# SPDX-License-Identifier: AGPL-3.0-or-later
"""The ways past messages get into a room."""

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from attrs import evolve, frozen
from mautrix.types import EventID, RoomID

from bridges.core.matrix.client import MatrixSender
from bridges.core.matrix.errors import HomeserverRefused
from bridges.core.matrix.rendering import ReactionKey, Rendered, as_reply, reaction_content

Json = dict[str, Any]


@frozen
class EventKey:
    """Names an event of the past before it has an id: equal at every attempt, different for others."""

    chat: str
    message: str
    part: str


@frozen
class PastEvent:
    """A message of the past, or a part of it, as an event.

    Attributes:
        sent_at: milliseconds since the epoch.
        reply_to: what it answers: an event that is in the room, or one before it in the same batch.
    """

    key: EventKey
    sender: MatrixSender
    sent_at: int
    rendered: Rendered
    reply_to: EventID | EventKey | None = None


@frozen
class PastReaction:
    """A reaction to an event before it in the same batch."""

    key: EventKey
    sender: MatrixSender
    sent_at: int
    target: EventKey
    reaction: ReactionKey


class HistoryWriter(Protocol):
    """Puts past messages into rooms.

    A batch holds everything a homeserver has to know to put it behind what is in a room: events, who
    sends them, when, and relations by key where there is no id yet. Batches come oldest first.
    """

    async def insert(
        self, room: RoomID, batch: Sequence[PastEvent | PastReaction]
    ) -> Mapping[EventKey, EventID]:
        """Write a batch, oldest first; returns the ids.

        Repeated with the same keys it gives the same events. A reaction that the homeserver refuses
        is left out. Raises ``HomeserverUnavailable`` and ``HomeserverRefused``.
        """
        ...

    async def finish(self, room: RoomID) -> None:
        """See that everything written is in the room: all of its history was.

        Raises ``HomeserverUnavailable`` and ``HomeserverRefused``; repeated it goes on.
        """
        ...


class Speaking(Protocol):
    """Says things in a room once each (``bridges.core.portal.room_writer.RoomWriter``)."""

    async def message(
        self,
        room: RoomID,
        sender: MatrixSender,
        message: Rendered,
        identity: Sequence[str],
        timestamp: int | None = None,
    ) -> EventID:
        """Send a message with a time (ms)."""
        ...

    async def react(
        self,
        room: RoomID,
        sender: MatrixSender,
        content: Json,
        identity: Sequence[str],
        timestamp: int | None = None,
    ) -> EventID:
        """Send a reaction with a time (ms)."""
        ...

    async def readmit(self, room: RoomID, sender: MatrixSender) -> None:
        """See to it that somebody may speak whom others removed from a room or silenced."""
        ...

    async def sealed(
        self, room: RoomID, sender: MatrixSender, event_type: str, content: Json
    ) -> tuple[str, Json]:
        """The type and content of an event as they are sent."""
        ...

    def placeholder(self, reason: str) -> Rendered:
        """What is shown instead of a message that the homeserver does not take."""
        ...


class TimestampedHistory:
    """One send after another, each with its own time (application service API, ``?ts=``).

    The times are right, and the order is that of sending; clients are told of each as of a new one.
    """

    def __init__(self, writer: Speaking) -> None:
        self._writer = writer

    async def insert(
        self, room: RoomID, batch: Sequence[PastEvent | PastReaction]
    ) -> Mapping[EventKey, EventID]:
        """See ``HistoryWriter``."""
        sent: dict[EventKey, EventID] = {}
        for one in batch:
            event = await (
                self._send(room, one, sent)
                if isinstance(one, PastEvent)
                else self._react(room, one, sent)
            )
            if event is not None:
                sent[one.key] = event
        return sent

    async def finish(self, room: RoomID) -> None:
        """See ``HistoryWriter``; it is."""

    async def _send(
        self, room: RoomID, event: PastEvent, sent: Mapping[EventKey, EventID]
    ) -> EventID:
        answered = event.reply_to
        if isinstance(answered, EventKey):
            answered = sent.get(answered)
        rendered = event.rendered
        if answered is not None:
            rendered = evolve(rendered, content=as_reply(rendered.content, answered))
        identity = (event.key.chat, event.key.message, event.key.part)
        return await self._writer.message(room, event.sender, rendered, identity, event.sent_at)

    async def _react(
        self, room: RoomID, reaction: PastReaction, sent: Mapping[EventKey, EventID]
    ) -> EventID | None:
        target = sent[reaction.target]
        content = reaction_content(target, reaction.reaction)
        identity = (target, reaction.reaction.key, "history")
        try:
            return await self._writer.react(
                room, reaction.sender, content, identity, reaction.sent_at
            )
        except HomeserverRefused:
            return None
