# SPDX-License-Identifier: AGPL-3.0-or-later
"""Messages and edits of people, on their way to the network.

A message is noted as attempted before it leaves, and its remote id and the end of its row are stored in
one transaction. In between it is repeated with the same key, which the network counts once.
"""

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import datetime

from mautrix.types import EventID, RoomID

from bridges.core.abilities import HandlesEdits
from bridges.core.content import FormattedText, Location, OutgoingContent, Poll, Text
from bridges.core.errors import BridgeError, Unsupported
from bridges.core.ids import MessageID
from bridges.core.matrix.client import Homeserver
from bridges.core.matrix.content import MediaSource, ParsedMessage
from bridges.core.matrix.senders import Senders
from bridges.core.matrix.transaction_ids import transaction_id
from bridges.core.media import MediaCourier
from bridges.core.network import NetworkInfo
from bridges.core.outgoing import OutgoingEdit, OutgoingMessage, Sent
from bridges.core.portal.gate import EchoGate
from bridges.core.portal.links import Links
from bridges.core.portal.polls import Polls
from bridges.core.portal.status import MessageStatus
from bridges.core.portal.task import Task, message_gone, unsupported
from bridges.core.storage.database import Database
from bridges.core.storage.expiry import Expiring, ExpiryStore
from bridges.core.storage.messages import MessageStore, StoredMessage, milliseconds
from bridges.core.storage.queue import Queue, RowState
from bridges.core.storage.settlement import Settlement
from bridges.core.text import user_text


class OutgoingMessages:
    """Sends and changes messages."""

    def __init__(
        self,
        database: Database,
        queue: Queue,
        messages: MessageStore,
        links: Links,
        settlement: Settlement,
        homeserver: Homeserver,
        senders: Senders,
        courier: MediaCourier,
        polls: Polls,
        expiries: ExpiryStore,
        status: MessageStatus,
        gate: EchoGate,
        network: NetworkInfo,
    ) -> None:
        self._db = database
        self._queue = queue
        self._messages = messages
        self._links = links
        self._settlement = settlement
        self._hs = homeserver
        self._senders = senders
        self._courier = courier
        self._polls = polls
        self._expiries = expiries
        self._status = status
        self._gate = gate
        self._network = network

    async def send(self, task: Task, parsed: ParsedMessage) -> None:
        """Send a message and end its row."""
        if await self._messages.by_event(task.event):
            await self._settlement.settle(task.row, [])
            return
        reply = await self._answered(task, parsed.reply_to)
        async with self._content(parsed) as content, self._gate.hold(task.portal.key):
            message = OutgoingMessage(
                chat=task.portal.key,
                key=transaction_id(self._network.id, task.event),
                content=content,
                timestamp=task.written,
                reply_to=reply,
                repeated=task.row.state is RowState.ATTEMPTED,
                speaks_as=task.speaks_as,
            )
            if not await self._queue.mark_attempted(task.row):
                return
            sent = await self._delivered(task, message)
            if isinstance(content, Poll):
                poll = (task.event, task.portal.key, sent.ids[0], content)
                await self._polls.remember(*poll, sent.answers)
            if sent.expires_at is not None:
                await self._remember_expiry(task, sent, sent.expires_at)
            await self._settlement.settle(task.row, _links(task, sent))
        await self._status.delivered(task.room, task.event)

    async def edit(self, task: Task, parsed: ParsedMessage, replaces: EventID) -> None:
        """Change a message and end the row of the edit."""
        session = task.session
        if not isinstance(session, HandlesEdits):
            raise unsupported(self._network)
        found = await self._links.of(task.portal.key, replaces)
        targets = [one for one in found if not one.redacted]
        if not targets or targets[0].sender != task.login.record.user:
            raise message_gone()
        if isinstance(parsed.content, MediaSource):
            await self._check_same_file(task.room, parsed.content, replaces)
        key = transaction_id(self._network.id, task.event)
        ids = tuple(one.id for one in targets)
        edit = OutgoingEdit(targets[0].chat, key, ids, _new_text(parsed))
        async with self._gate.hold(edit.chat):
            stamps = await session.edit(edit)
            await self._note_edit(task, targets, stamps)
        await self._status.delivered(task.room, task.event)

    async def _note_edit(
        self, task: Task, targets: Sequence[StoredMessage], stamps: Mapping[MessageID, int]
    ) -> None:
        """End the row of an edit, so that its echo is known and later changes are seen as such."""
        async with self._db.transaction() as connection:
            for target in targets:
                await self._messages.set_digest(connection, target, "")
            for message, stamp in stamps.items():
                await self._messages.set_edit_stamp(connection, targets[0].chat, message, stamp)
            await self._queue.finish(connection, task.row)

    async def _check_same_file(self, room: RoomID, file: MediaSource, replaces: EventID) -> None:
        """Raise ``Unsupported`` for an edit that would put another file in a file's place."""
        original = await self._hs.event(self._senders.bot, room, replaces)
        if original["content"].get("url") not in (file.uri, None):
            raise Unsupported(
                "EDIT.FILE", user_text("A file cannot be replaced, only its caption.")
            )

    async def _answered(self, task: Task, event: EventID | None) -> MessageID | None:
        """The remote message an event is; an answer to what is not bridged answers nothing."""
        if event is None:
            return None
        chat = task.portal.key
        stored = [one for one in await self._links.of(chat, event) if one.chat == chat]
        return stored[0].id if stored else None

    async def _remember_expiry(self, task: Task, sent: Sent, at: datetime) -> None:
        async with self._db.transaction() as connection:
            for one in sent.ids:
                expiring = Expiring(task.portal.key, one, task.login.record.id)
                await self._expiries.put(connection, expiring, at)

    @asynccontextmanager
    async def _content(self, parsed: ParsedMessage) -> AsyncIterator[OutgoingContent]:
        if isinstance(parsed.content, MediaSource):
            async with self._courier.to_remote(parsed.content) as file:
                yield file
        else:
            yield parsed.content

    async def _delivered(self, task: Task, message: OutgoingMessage) -> Sent:
        try:
            return await task.session.send(message)
        except BridgeError as error:
            if error.certain and not message.repeated:
                await self._queue.unmark_attempted(task.row)
            raise


def _links(task: Task, sent: Sent) -> list[StoredMessage]:
    return [
        StoredMessage(
            chat=task.portal.key,
            id=message,
            event=task.event,
            sender=task.login.record.user,
            sender_mxid=task.sender,
            sent_at=milliseconds(sent.timestamp),
        )
        for message in sent.ids
    ]


def _new_text(parsed: ParsedMessage) -> Text:
    """What an edit makes of a message: its text, or its file's caption, which may be taken away."""
    match parsed.content:
        case Text() as text:
            return text
        case MediaSource() as file:
            return Text(file.caption or FormattedText(""))
        case Poll():
            raise Unsupported("EDIT.POLL", user_text("A poll cannot be changed."))
        case Location():
            raise Unsupported("EDIT.PLACE", user_text("A place cannot be changed; send it anew."))
