# SPDX-License-Identifier: AGPL-3.0-or-later
"""Messages of the network in the portal's room: sent, edited and removed once each.

Every send carries a transaction id derived from what is sent, so handling a row again after a crash
gives the same event. The link to the remote message and the end of the row are one transaction.
"""

from collections.abc import Sequence
from datetime import timedelta

from attrs import evolve, frozen
from mautrix.types import EventID, RoomID

from bridges.core.clock import Clock
from bridges.core.content import Poll, RemotePart
from bridges.core.events import RemoteEdit, RemoteMessage, RemoteRedaction
from bridges.core.ids import ChatKey, MessageID
from bridges.core.matrix.rendering import as_reply
from bridges.core.matrix.senders import Senders
from bridges.core.portal.contents import Contents, fitting
from bridges.core.portal.digest import digest
from bridges.core.portal.entrance import Entrance
from bridges.core.portal.own_sends import OwnSends
from bridges.core.portal.polls import Polls
from bridges.core.portal.room_writer import RoomWriter
from bridges.core.sessions import ActiveLogin
from bridges.core.storage.database import Database
from bridges.core.storage.messages import MessageStore, StoredMessage, milliseconds, part_name
from bridges.core.storage.portals import PortalStore
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
    """Handles the rows of ``from_remote`` that are about messages."""

    def __init__(
        self,
        database: Database,
        queue: Queue,
        messages: MessageStore,
        portals: PortalStore,
        entrance: Entrance,
        senders: Senders,
        writer: RoomWriter,
        contents: Contents,
        polls: Polls,
        own_sends: OwnSends,
        clock: Clock,
    ) -> None:
        self._db = database
        self._queue = queue
        self._messages = messages
        self._portals = portals
        self._entrance = entrance
        self._senders = senders
        self._writer = writer
        self._contents = contents
        self._polls = polls
        self._own_sends = own_sends
        self._clock = clock
        self._settlement = Settlement(database, queue, messages)

    # -- New ones

    async def message(self, row: Row, event: RemoteMessage, login: ActiveLogin) -> None:
        """Send a message unless it is in the room already, and end the row."""
        room = await self._entrance.room_for(event, login)
        if room is None:
            await self._end(row)
            return
        place = _Place(room, login)
        if await self._own_sends.known(room, event):
            await self._end(row)
            return
        stored = await self._send_parts(place, event)
        await self._settlement.settle(row, stored)

    async def _send_parts(self, place: _Place, event: RemoteMessage) -> list[StoredMessage]:
        sender = await self._senders.speaker(place.room, event.sender, place.login.record.id)
        reply = await self._event_of(event.chat, event.reply_to)
        late = self._clock.now() - event.timestamp > _LATE
        timestamp = milliseconds(event.timestamp) if late else None
        stored = []
        for index, part in enumerate(fitting(event.parts)):
            rendered = await self._contents.of(part, place.login)
            if index == 0 and reply is not None:
                rendered = evolve(rendered, content=as_reply(rendered.content, reply))
            name = part_name(index)
            sent = await self._writer.message(
                place.room, sender, rendered, (str(event.chat), event.id, name), timestamp
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
        return stored[0].event if stored else None

    # -- Changed ones

    async def edit(self, row: Row, event: RemoteEdit, login: ActiveLogin) -> None:
        """Show what a message says now, and end the row."""
        stored = await self._messages.parts(event.chat, event.target)
        portal = await self._portals.get(event.chat)
        if (
            not stored
            or portal is None
            or portal.room is None
            or stored[0].redacted
            or stored[0].edit_stamp >= event.stamp
        ):
            await self._end(row)
            return
        parts = fitting(event.parts)
        for part, old in zip(parts, stored, strict=False):
            if digest(part) != old.digest:
                rendered = await self._contents.of(part, login)
                await self._writer.edit(portal.room, old, rendered, event.stamp)
        added = await self._add(_Place(portal.room, login), event, parts[len(stored) :], stored)
        for lost in stored[len(parts) :]:
            await self._writer.redact(portal.room, lost.event, lost.sender_mxid)
        async with self._db.transaction() as connection:
            for part, old in zip(parts, stored, strict=False):
                await self._messages.set_digest(connection, old, digest(part))
            for lost in stored[len(parts) :]:
                await self._messages.delete_part(connection, lost)
            await self._messages.insert(connection, added)
            await self._messages.set_edit_stamp(connection, event.chat, event.target, event.stamp)
            await self._queue.finish(connection, row)

    async def _add(
        self,
        place: _Place,
        event: RemoteEdit,
        parts: Sequence[RemotePart],
        stored: Sequence[StoredMessage],
    ) -> list[StoredMessage]:
        """Send the parts a message has gained."""
        if not parts:
            return []
        sender = await self._senders.speaker(place.room, event.sender, place.login.record.id)
        added = []
        for index, part in enumerate(parts, start=len(stored)):
            rendered = await self._contents.of(part, place.login)
            name = part_name(index)
            identity = (str(event.chat), event.target, name, str(event.stamp))
            sent = await self._writer.message(place.room, sender, rendered, identity)
            added.append(
                evolve(
                    stored[0],
                    event=sent,
                    sender_mxid=sender.mxid,
                    part=name,
                    digest=digest(part),
                )
            )
        return added

    async def redaction(self, row: Row, event: RemoteRedaction) -> None:
        """Remove a message, and end the row."""
        portal = await self._portals.get(event.chat)
        stored = await self._messages.parts(event.chat, event.target)
        if portal is not None and portal.room is not None:
            for part in stored:
                if not part.redacted:
                    await self._writer.redact(portal.room, part.event, part.sender_mxid)
        async with self._db.transaction() as connection:
            await self._messages.set_redacted(connection, event.chat, event.target)
            await self._queue.finish(connection, row)

    async def _end(self, row: Row) -> None:
        async with self._db.transaction() as connection:
            await self._queue.finish(connection, row)
