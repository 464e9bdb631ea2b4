# SPDX-License-Identifier: AGPL-3.0-or-later
"""From Matrix to the network: what people write in a portal is sent with their own account.

A message is noted as attempted before it leaves, and its remote id and the end of its row are stored in
one transaction. In between it is repeated with the same key, which the network counts once.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any

import structlog
from attrs import frozen
from mautrix.types import EventID, RoomID, UserID

from bridges.core.abilities import (
    HandlesEdits,
    HandlesReactions,
    HandlesRedactions,
)
from bridges.core.content import OutgoingContent, Poll, Text
from bridges.core.crypto import CannotDecrypt, EventCrypto
from bridges.core.errors import BridgeError, Rejected, TemporaryError, Unsupported
from bridges.core.ids import MessageID
from bridges.core.matrix import event_types
from bridges.core.matrix.content import (
    MediaSource,
    ParsedMessage,
    UnreadableMessage,
    parse_message,
    parse_reaction,
)
from bridges.core.matrix.polls import parse_poll_end, parse_poll_start, parse_poll_vote
from bridges.core.matrix.senders import Senders
from bridges.core.matrix.transaction_ids import transaction_id
from bridges.core.media import MediaCourier
from bridges.core.network import NetworkInfo, Session
from bridges.core.outgoing import (
    OutgoingEdit,
    OutgoingMessage,
    OutgoingReactions,
    OutgoingRedaction,
    Sent,
)
from bridges.core.portal.gate import EchoGate
from bridges.core.portal.polls import Polls
from bridges.core.portal.reactions import ReactionSync
from bridges.core.portal.rooms import Rooms
from bridges.core.portal.status import MessageStatus, not_logged_in
from bridges.core.sessions import ActiveLogin, Sessions
from bridges.core.storage.database import Database
from bridges.core.storage.expiry import Expiring, ExpiryStore
from bridges.core.storage.messages import (
    MessageStore,
    StoredMessage,
    StoredReaction,
    milliseconds,
)
from bridges.core.storage.portals import Portal
from bridges.core.storage.queue import Queue, Row, RowState
from bridges.core.storage.settlement import Settlement
from bridges.core.text import user_text

Json = dict[str, Any]


@frozen
class _Task:
    """One event of a person in a portal, and the login that carries it."""

    row: Row
    event: EventID
    room: RoomID
    sender: UserID
    portal: Portal
    login: ActiveLogin
    written: datetime

    @property
    def session(self) -> Session:
        return self.login.session


class ToRemote:
    """Handles the rows of ``from_matrix`` that belong to portals."""

    def __init__(
        self,
        database: Database,
        queue: Queue,
        messages: MessageStore,
        sessions: Sessions,
        rooms: Rooms,
        senders: Senders,
        reactions: ReactionSync,
        polls: Polls,
        expiries: ExpiryStore,
        courier: MediaCourier,
        crypto: EventCrypto,
        status: MessageStatus,
        gate: EchoGate,
        network: NetworkInfo,
    ) -> None:
        self._log = structlog.get_logger("karvon.to_remote")
        self._db = database
        self._queue = queue
        self._messages = messages
        self._sessions = sessions
        self._rooms = rooms
        self._senders = senders
        self._reactions = reactions
        self._polls = polls
        self._expiries = expiries
        self._courier = courier
        self._crypto = crypto
        self._status = status
        self._gate = gate
        self._network = network
        self._settlement = Settlement(database, queue, messages)

    async def handle(self, row: Row, event: Json, portal: Portal) -> None:
        """Handle one event of a portal's room and end its row.

        Raises ``TemporaryError`` if it has to be tried again; the person was told if it takes long.
        """
        name, room, sender = (
            EventID(event["event_id"]),
            RoomID(event["room_id"]),
            UserID(event["sender"]),
        )
        try:
            login = await self._login_of(sender, portal)
            task = _Task(row, name, room, sender, portal, login, _written(event))
            await self._dispatch(task, await self._crypto.decrypt(event))
        except TemporaryError as error:
            await self._status.waiting(room, name, sender, error)
            raise
        except (BridgeError, UnreadableMessage, CannotDecrypt) as error:
            await self._status.failed(room, name, sender, _explained(error))
            await self._end(row)

    async def _login_of(self, sender: UserID, portal: Portal) -> ActiveLogin:
        if portal.successor is not None:
            raise Rejected("MOVED", user_text("This chat goes on in another room; write there."))
        for login in self._sessions.of(sender):
            part = await self._rooms.part_of(portal, login)
            if part is None:
                continue
            if not part.may_write:
                raise Rejected(
                    "NOT_ALLOWED", user_text("Only administrators may write in this chat.")
                )
            return login
        raise Rejected("NOT_LOGGED_IN", not_logged_in(self._network.name))

    async def _dispatch(self, task: _Task, event: Json) -> None:
        match event["type"]:
            case event_types.MESSAGE | event_types.STICKER:
                parsed = parse_message(event["type"], event["content"], self._senders.remote_of)
                if parsed.replaces is None:
                    await self._message(task, parsed)
                else:
                    await self._edit(task, parsed, parsed.replaces)
            case event_types.REACTION:
                await self._reaction(task, event["content"])
            case event_types.REDACTION:
                target = event.get("redacts") or event["content"].get("redacts")
                await self._redaction(task, EventID(str(target)))
            case event_types.POLL_START | event_types.POLL_START_UNSTABLE:
                await self._message(task, ParsedMessage(parse_poll_start(event["content"])))
            case event_types.POLL_RESPONSE | event_types.POLL_RESPONSE_UNSTABLE:
                vote = parse_poll_vote(event["content"])
                await self._polls.vote(task.room, task.event, task.sender, vote, task.login)
                await self._end(task.row)
            case event_types.POLL_END | event_types.POLL_END_UNSTABLE:
                poll = parse_poll_end(event["content"])
                await self._polls.end(task.room, task.event, task.sender, poll, task.login)
                await self._end(task.row)
            case other:
                raise UnreadableMessage(f"{other} cannot be carried")

    async def _end(self, row: Row) -> None:
        async with self._db.transaction() as connection:
            await self._queue.finish(connection, row)

    # -- Messages

    async def _message(self, task: _Task, parsed: ParsedMessage) -> None:
        if await self._messages.by_event(task.event):
            await self._end(task.row)
            return
        reply = None
        if parsed.reply_to is not None:
            answered = await self._messages.by_event(parsed.reply_to)
            reply = answered[0].id if answered else None
        async with self._content(parsed) as content, self._gate.hold(task.portal.key):
            message = OutgoingMessage(
                chat=task.portal.key,
                key=transaction_id(self._network.id, task.event),
                content=content,
                timestamp=task.written,
                reply_to=reply,
                repeated=task.row.state is RowState.ATTEMPTED,
            )
            if not await self._queue.mark_attempted(task.row):
                return
            sent = await self._send(task, message)
            if isinstance(content, Poll):
                poll = (task.event, task.portal.key, sent.ids[0], content)
                await self._polls.remember(*poll, sent.answers)
            await self._store(task, sent)
        await self._status.delivered(task.room, task.event)

    @asynccontextmanager
    async def _content(self, parsed: ParsedMessage) -> AsyncIterator[OutgoingContent]:
        if isinstance(parsed.content, MediaSource):
            async with self._courier.to_remote(parsed.content) as file:
                yield file
        else:
            yield parsed.content

    async def _send(self, task: _Task, message: OutgoingMessage) -> Sent:
        try:
            return await task.session.send(message)
        except BridgeError as error:
            if error.certain and not message.repeated:
                await self._queue.unmark_attempted(task.row)
            raise

    async def _store(self, task: _Task, sent: Sent) -> None:
        stored = [
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
        if sent.expires_at is not None:
            async with self._db.transaction() as connection:
                for one in sent.ids:
                    expiring = Expiring(task.portal.key, one, task.login.record.id)
                    await self._expiries.put(connection, expiring, sent.expires_at)
        await self._settlement.settle(task.row, stored)

    async def _edit(self, task: _Task, parsed: ParsedMessage, replaces: EventID) -> None:
        session = task.session
        if not isinstance(session, HandlesEdits):
            raise self._unsupported()
        targets = [one for one in await self._messages.by_event(replaces) if not one.redacted]
        if not targets or targets[0].sender != task.login.record.user:
            raise _gone()
        if isinstance(parsed.content, Poll):
            raise Unsupported("EDIT.POLL", user_text("A poll cannot be changed."))
        if isinstance(parsed.content, MediaSource):
            caption = parsed.content.caption
            if caption is None:
                raise Unsupported(
                    "EDIT.FILE", user_text("A file cannot be replaced, only its caption.")
                )
            content = Text(caption)
        else:
            content = parsed.content
        key = transaction_id(self._network.id, task.event)
        ids = tuple(one.id for one in targets)
        await session.edit(OutgoingEdit(task.portal.key, key, ids, content))
        await self._end(task.row)
        await self._status.delivered(task.room, task.event)

    # -- Reactions and redactions

    async def _reaction(self, task: _Task, content: Json) -> None:
        session = task.session
        if not isinstance(session, HandlesReactions):
            raise self._unsupported()
        reacted_to, emoji = parse_reaction(content)
        targets = await self._messages.by_event(reacted_to)
        if not targets or not emoji:
            raise _gone()
        target, me = targets[0].id, task.login.record.user
        async with self._gate.hold(task.portal.key):
            before = await self._own_emojis(task, target)
            wanted = (*(one for one in before if one != emoji), emoji)
            in_effect = await session.react(OutgoingReactions(task.portal.key, target, wanted))
            reaction = StoredReaction(task.portal.key, target, me, emoji, task.event, task.sender)
            async with self._db.transaction() as connection:
                await self._messages.put_reaction(connection, reaction)
        await self._reactions.settle(task.room, task.portal.key, target, me, in_effect)
        await self._end(task.row)

    async def _own_emojis(self, task: _Task, message: MessageID) -> tuple[str, ...]:
        reactions = await self._messages.reactions(task.portal.key, message)
        return tuple(one.emoji for one in reactions if one.sender == task.login.record.user)

    async def _redaction(self, task: _Task, target: EventID) -> None:
        reaction = await self._messages.reaction_by_event(target)
        if reaction is not None:
            await self._remove_reaction(task, reaction)
        else:
            await self._remove_message(task, target)
        await self._end(task.row)

    async def _remove_reaction(self, task: _Task, reaction: StoredReaction) -> None:
        session = task.session
        if reaction.sender == task.login.record.user and isinstance(session, HandlesReactions):
            left = tuple(
                one
                for one in await self._own_emojis(task, reaction.message)
                if one != reaction.emoji
            )
            await session.react(OutgoingReactions(task.portal.key, reaction.message, left))
        async with self._db.transaction() as connection:
            await self._messages.delete_reaction(connection, reaction)

    async def _remove_message(self, task: _Task, target: EventID) -> None:
        targets = [one for one in await self._messages.by_event(target) if not one.redacted]
        if not targets:
            return
        session = task.session
        if not isinstance(session, HandlesRedactions):
            raise self._unsupported()
        ids = tuple(one.id for one in targets)
        await session.redact(OutgoingRedaction(task.portal.key, ids))
        async with self._db.transaction() as connection:
            for one in targets:
                await self._messages.set_redacted(connection, one.chat, one.id)

    def _unsupported(self) -> Unsupported:
        return Unsupported(
            "UNSUPPORTED", user_text("{network} has no such thing.", network=self._network.name)
        )


def _written(event: Json) -> datetime:
    try:
        return datetime.fromtimestamp(event["origin_server_ts"] / 1000, UTC)
    except (KeyError, TypeError, ValueError, OverflowError, OSError) as error:
        raise UnreadableMessage(f"impossible time: {error!r}") from error


def _gone() -> Rejected:
    return Rejected(
        "UNKNOWN_MESSAGE", user_text("The other side does not have that message (any more).")
    )


def _explained(error: BridgeError | UnreadableMessage | CannotDecrypt) -> BridgeError:
    if isinstance(error, BridgeError):
        return error
    if isinstance(error, CannotDecrypt):
        return Unsupported(
            "ENCRYPTED",
            user_text(
                "This bridge cannot read encrypted messages yet; use a room without encryption."
            ),
        )
    return Unsupported("UNREADABLE", user_text("This kind of message cannot be carried."))
