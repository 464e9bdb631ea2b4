# SPDX-License-Identifier: AGPL-3.0-or-later
"""New messages of the network in the portal's room, once each.

Every send carries a transaction id derived from what is sent, so handling a row again after a crash
gives the same event. The link to the remote message and the end of the row are one transaction.
"""

from collections.abc import Sequence
from datetime import timedelta

from attrs import evolve, frozen
from mautrix.types import EventID, RoomID

from bridges.core.clock import Clock
from bridges.core.content import Poll, RemotePart
from bridges.core.events import RemoteMessage
from bridges.core.handover.routes import HandoverRoutes
from bridges.core.ids import ChatKey, MessageID
from bridges.core.matrix.client import MatrixSender
from bridges.core.matrix.rendering import Rendered, as_reply
from bridges.core.portal.contents import Contents, fitting, in_view
from bridges.core.portal.digest import digest
from bridges.core.portal.entrance import Entrance, RoomChanged
from bridges.core.portal.gate import EchoGate
from bridges.core.portal.links import Links
from bridges.core.portal.own_sends import OwnSends
from bridges.core.portal.pins import PinBoard
from bridges.core.portal.polls import Polls
from bridges.core.portal.room_writer import RoomWriter
from bridges.core.portal.speakers import Speakers
from bridges.core.sessions import ActiveLogin
from bridges.core.storage.database import Database
from bridges.core.storage.messages import MessageStore, StoredMessage, milliseconds, part_name
from bridges.core.storage.queue import Queue, Row
from bridges.core.storage.settlement import Settlement

_LATE = timedelta(minutes=2)
"""A message older than this is shown with its own time instead of the time it arrived."""


@frozen
class _Place:
    """Where a message goes and who reports it."""

    room: RoomID
    login: ActiveLogin


class MessageSync:
    """Handles the rows of ``from_remote`` that are new messages."""

    def __init__(
        self,
        database: Database,
        queue: Queue,
        messages: MessageStore,
        links: Links,
        entrance: Entrance,
        speakers: Speakers,
        writer: RoomWriter,
        contents: Contents,
        polls: Polls,
        own_sends: OwnSends,
        pins: PinBoard,
        gate: EchoGate,
        clock: Clock,
        handovers: HandoverRoutes,
    ) -> None:
        self._db = database
        self._queue = queue
        self._messages = messages
        self._links = links
        self._entrance = entrance
        self._speakers = speakers
        self._writer = writer
        self._contents = contents
        self._polls = polls
        self._own_sends = own_sends
        self._pins = pins
        self._gate = gate
        self._clock = clock
        self._handovers = handovers
        self._settlement = Settlement(database, queue, messages)

    async def message(self, row: Row, event: RemoteMessage, login: ActiveLogin) -> None:
        """Send a message unless it is in the room already, and end the row."""
        if await self._handovers.room_elsewhere(event.chat, login) is not None:
            await self._end(row)
            return
        room = await self._entrance.room_for(event, login)
        if room is None:
            await self._end(row)
            return
        place = _Place(room, login)
        if await self._own_sends.known(room, event):
            await self._remember(row, event)
            return
        await self._write(row, event, place)
        await self._speakers.settled(room, event)
        await self._pins.bridged(event.chat, room, (event.id,))

    async def _remember(self, row: Row, event: RemoteMessage) -> None:
        """Note how the network shows what one of our people has sent, to know a change from that."""
        stored = await self._messages.parts(event.chat, event.id)
        async with self._db.transaction() as connection:
            for part, link in zip(fitting(event.parts), stored, strict=False):
                if not link.digest and not link.edit_stamp:
                    await self._messages.set_digest(connection, link, digest(part))
            await self._queue.finish(connection, row)

    async def _write(self, row: Row, event: RemoteMessage, place: _Place) -> None:
        reply = await self._event_of(event.chat, event.reply_to)
        parts = event.parts
        if reply is None and event.answered is not None:
            parts = in_view(parts, event.answered)
        # Files are fetched first: what people do in the room must not wait for that.
        shown = [(part, await self._contents.of(part, place.login)) for part in fitting(parts)]
        async with self._links.in_the_making(event.chat):
            if not await self._entrance.leads_to(place.room, event.chat):
                raise RoomChanged
            sender = await self._speakers.of(place.room, event, place.login.record.id)
            stored = await self._send(place.room, sender, event, shown, reply)
            await self._settlement.settle(row, stored)

    async def _send(
        self,
        room: RoomID,
        sender: MatrixSender,
        event: RemoteMessage,
        shown: Sequence[tuple[RemotePart, Rendered]],
        reply: EventID | None,
    ) -> list[StoredMessage]:
        late = self._clock.now() - event.timestamp > _LATE
        timestamp = milliseconds(event.timestamp) if late else None
        stored = []
        for index, (part, rendered) in enumerate(shown):
            if index == 0 and reply is not None:
                rendered = evolve(rendered, content=as_reply(rendered.content, reply))
            name = part_name(index)
            sent = await self._writer.message(
                room, sender, rendered, (str(event.chat), event.id, name), timestamp
            )
            if isinstance(part, Poll):
                await self._polls.remember(sent, event.chat, event.id, part)
            stored.append(
                StoredMessage(
                    chat=event.chat,
                    id=event.id,
                    event=sent,
                    sender=event.sender.user,
                    sender_mxid=sender.mxid,
                    sent_at=milliseconds(event.timestamp),
                    part=name,
                    digest=digest(part),
                )
            )
        return stored

    async def _event_of(self, chat: ChatKey, message: MessageID | None) -> EventID | None:
        if message is None:
            return None
        stored = await self._messages.parts(chat, message)
        if not stored:
            # It may be one of ours: the network has it already, and people answer at once.
            async with self._gate.hold(chat):
                stored = await self._messages.parts(chat, message)
        return stored[0].event if stored and stored[0].room is None else None

    async def _end(self, row: Row) -> None:
        async with self._db.transaction() as connection:
            await self._queue.finish(connection, row)
