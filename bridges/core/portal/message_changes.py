# SPDX-License-Identifier: AGPL-3.0-or-later
"""Edits and deletions on the network in the portal's room, once each."""

from collections.abc import Sequence

from attrs import evolve
from mautrix.types import RoomID

from bridges.core.content import RemotePart
from bridges.core.events import RemoteEdit, RemoteRedaction
from bridges.core.matrix.senders import Senders
from bridges.core.portal.contents import Contents, fitting
from bridges.core.portal.digest import digest
from bridges.core.portal.own_sends import OwnSends
from bridges.core.portal.room_writer import RoomWriter
from bridges.core.sessions import ActiveLogin
from bridges.core.storage.database import Database
from bridges.core.storage.messages import MessageStore, StoredMessage, part_name
from bridges.core.storage.portals import PortalStore
from bridges.core.storage.queue import Queue, Row


class MessageChanges:
    """Handles the rows of ``from_remote`` that change messages."""

    def __init__(
        self,
        database: Database,
        queue: Queue,
        messages: MessageStore,
        portals: PortalStore,
        senders: Senders,
        writer: RoomWriter,
        contents: Contents,
        own_sends: OwnSends,
    ) -> None:
        self._db = database
        self._queue = queue
        self._messages = messages
        self._portals = portals
        self._senders = senders
        self._writer = writer
        self._contents = contents
        self._own_sends = own_sends

    async def edit(self, row: Row, event: RemoteEdit, login: ActiveLogin) -> None:
        """Show what a message says now, and end the row."""
        stored = await self._own_sends.settled(event)
        portal = await self._portals.get(event.chat)
        if (
            not stored
            or portal is None
            or portal.room is None
            or stored[0].redacted
            or event.stamp < stored[0].edit_stamp
        ):
            await self._end(row)
        elif event.stamp == stored[0].edit_stamp:
            await self._remember(row, event, stored)
        else:
            await self._show(row, event, stored, stored[0].room or portal.room, login)

    async def _show(
        self,
        row: Row,
        event: RemoteEdit,
        stored: Sequence[StoredMessage],
        room: RoomID,
        login: ActiveLogin,
    ) -> None:
        parts = fitting(event.parts)
        for part, old in zip(parts, stored, strict=False):
            if digest(part) != old.digest:
                rendered = await self._contents.of(part, login)
                await self._writer.edit(room, old, rendered, event.stamp)
        added = await self._add(event, parts[len(stored) :], stored, room, login)
        for lost in stored[len(parts) :]:
            await self._writer.redact(room, lost.event, lost.sender_mxid)
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
        event: RemoteEdit,
        parts: Sequence[RemotePart],
        stored: Sequence[StoredMessage],
        room: RoomID,
        login: ActiveLogin,
    ) -> list[StoredMessage]:
        """Send the parts a message has gained."""
        if not parts:
            return []
        sender = await self._senders.speaker(room, event.sender, login.record.id)
        added = []
        for index, part in enumerate(parts, start=len(stored)):
            rendered = await self._contents.of(part, login)
            name = part_name(index)
            identity = (str(event.chat), event.target, name, str(event.stamp))
            sent = await self._writer.message(room, sender, rendered, identity)
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

    async def _remember(self, row: Row, event: RemoteEdit, stored: Sequence[StoredMessage]) -> None:
        """Note how the network shows an edit of one of our people, to know a change from that."""
        async with self._db.transaction() as connection:
            for part, link in zip(fitting(event.parts), stored, strict=False):
                if not link.digest:
                    await self._messages.set_digest(connection, link, digest(part))
            await self._queue.finish(connection, row)

    async def redaction(self, row: Row, event: RemoteRedaction) -> None:
        """Remove a message, and end the row."""
        portal = await self._portals.get(event.chat)
        stored = await self._messages.parts(event.chat, event.target)
        if portal is not None and portal.room is not None:
            for part in stored:
                if not part.redacted and not await self._has_more(part):
                    await self._writer.redact(
                        part.room or portal.room, part.event, part.sender_mxid
                    )
        async with self._db.transaction() as connection:
            await self._messages.set_redacted(connection, event.chat, event.target)
            await self._queue.finish(connection, row)

    async def _has_more(self, part: StoredMessage) -> bool:
        """Whether the event stands for other messages too that are still there."""
        return any(
            one.id != part.id and not one.redacted
            for one in await self._messages.by_event(part.event)
        )

    async def _end(self, row: Row) -> None:
        async with self._db.transaction() as connection:
            await self._queue.finish(connection, row)
