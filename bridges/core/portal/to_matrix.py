# SPDX-License-Identifier: AGPL-3.0-or-later
"""From the network to Matrix: what was received becomes events in the portal's room.

Every send carries a transaction id derived from what is sent, so handling a row again after a crash
gives the same event. The link to the remote message and the end of the row are one transaction.
"""

from datetime import timedelta
from typing import Any, assert_never

import structlog
from attrs import evolve, frozen
from mautrix.types import EventID, RoomID

from bridges.core.clock import Clock
from bridges.core.content import FormattedText, RemotePart, Text, TextKind
from bridges.core.errors import NotConnected, Rejected, SessionLost, TemporaryError
from bridges.core.events import (
    ChatChanged,
    ChatGone,
    RemoteEdit,
    RemoteEvent,
    RemoteMessage,
    RemoteReactions,
    RemoteReceipt,
    RemoteRedaction,
    UserChanged,
)
from bridges.core.ids import SHARED, ChatKey, LoginID, MessageID, PartID
from bridges.core.matrix.content import as_reply, media_content, text_content
from bridges.core.matrix.senders import Senders
from bridges.core.media import MediaCourier
from bridges.core.portal.gate import EchoGate
from bridges.core.portal.reactions import ReactionSync
from bridges.core.portal.room_writer import RoomWriter
from bridges.core.portal.rooms import Rooms
from bridges.core.sanitize import split_text
from bridges.core.sessions import ActiveLogin, Sessions
from bridges.core.storage.codec import EventCodec
from bridges.core.storage.database import Database
from bridges.core.storage.messages import MessageStore, StoredMessage, milliseconds
from bridges.core.storage.portals import Portal, PortalStore
from bridges.core.storage.queue import Queue, Row
from bridges.core.storage.settlement import Settlement
from bridges.core.text import user_text

Json = dict[str, Any]

_LATE = timedelta(minutes=2)
"""A message older than this is shown with its own time instead of the time it arrived."""


class SendUnderWay(TemporaryError):
    """It is not known yet whether a message of ours is this one."""

    def __init__(self) -> None:
        super().__init__("SEND_UNDER_WAY", user_text("A message is being sent."), retry_after=0.2)


class AccountAway(TemporaryError):
    """The network has logged the account out; what came before waits for its return."""

    def __init__(self) -> None:
        super().__init__("ACCOUNT_AWAY", user_text("The account is logged out."), retry_after=10)


@frozen
class _Place:
    """Where an event goes and who reports it."""

    portal: Portal
    room: RoomID
    login: ActiveLogin


class ToMatrix:
    """Handles the rows of ``from_remote``."""

    def __init__(
        self,
        database: Database,
        queue: Queue,
        outgoing: Queue,
        messages: MessageStore,
        portals: PortalStore,
        sessions: Sessions,
        rooms: Rooms,
        senders: Senders,
        writer: RoomWriter,
        reactions: ReactionSync,
        courier: MediaCourier,
        gate: EchoGate,
        clock: Clock,
        codec: EventCodec,
    ) -> None:
        """``outgoing`` is the queue of the other direction."""
        self._log = structlog.get_logger("karvon.to_matrix")
        self._db = database
        self._queue = queue
        self._outgoing = outgoing
        self._messages = messages
        self._portals = portals
        self._sessions = sessions
        self._rooms = rooms
        self._senders = senders
        self._writer = writer
        self._reactions = reactions
        self._courier = courier
        self._gate = gate
        self._clock = clock
        self._codec = codec
        self._settlement = Settlement(database, queue, messages)

    async def handle(self, row: Row) -> None:
        """Handle one row and end it."""
        event = self._codec.decode(row.payload)
        login = await self._login_for(LoginID(row.login), event)
        if login is None:
            await self._end(row)  # The account was logged out; its rooms get nothing more.
            return
        try:
            await self._dispatch(row, event, login)
        except SessionLost as lost:
            raise AccountAway from lost

    async def _login_for(self, login: LoginID, event: RemoteEvent) -> ActiveLogin | None:
        """Who has reported an event; if they have left, somebody else in the same shared chat."""
        active = self._sessions.get(login)
        if active is not None or isinstance(event, UserChanged | ChatGone):
            return active
        if event.chat.receiver != SHARED:
            return None
        parts = await self._portals.logins_in(event.chat)
        others = (self._sessions.get(part.login) for part in parts)
        return next((one for one in others if one is not None), None)

    async def _dispatch(self, row: Row, event: RemoteEvent, login: ActiveLogin) -> None:
        match event:
            case RemoteMessage():
                await self._message(row, event, login)
                return
            case RemoteEdit():
                await self._edit(row, event, login)
                return
            case RemoteRedaction():
                await self._redaction(row, event)
                return
            case RemoteReactions():
                await self._reactions.from_remote(event, login, str(row.seq))
            case RemoteReceipt():
                await self._receipt(event, login)
            case ChatChanged():
                await self._rooms.apply(event.chat, event.info, login)
            case ChatGone():
                await self._gone(row, event, login)
            case UserChanged():
                await self._person(event, login)
            case _:
                assert_never(event)
        await self._end(row)

    async def _end(self, row: Row) -> None:
        async with self._db.transaction() as connection:
            await self._queue.finish(connection, row)

    # -- Messages

    async def _message(self, row: Row, event: RemoteMessage, login: ActiveLogin) -> None:
        place = _Place(*await self._rooms.of(event.chat, login), login)
        if await self._is_known(place, event):
            await self._end(row)
            return
        stored = await self._send_parts(place, event)
        await self._settlement.settle(row, stored)

    async def _is_known(self, place: _Place, event: RemoteMessage) -> bool:
        """Whether a message is in the room already.

        The queue takes in each message once. So only what people of ours have sent can be there
        by another way, and in a shared chat it may be somebody who has just logged out.
        """
        if self._sessions.by_remote_user(event.sender.user) is not None:
            return bool(await self._await_own_sends(place, event))
        return event.chat.receiver == SHARED and bool(
            await self._messages.parts(event.chat, event.id)
        )

    async def _await_own_sends(self, place: _Place, event: RemoteMessage) -> list[StoredMessage]:
        """What is known of a message one of our people has sent, by Matrix or by phone.

        Raises ``SendUnderWay`` while an interrupted send from this room has no known outcome.
        """
        async with self._gate.hold(event.chat):
            known = await self._messages.parts(event.chat, event.id)
            if not known and await self._outgoing.has_attempted(place.room):
                raise SendUnderWay
            return known

    async def _send_parts(self, place: _Place, event: RemoteMessage) -> list[StoredMessage]:
        sender = await self._senders.speaker(place.room, event.sender, place.login.record.id)
        reply = await self._event_of(event.chat, event.reply_to)
        late = self._clock.now() - event.timestamp > _LATE
        timestamp = milliseconds(event.timestamp) if late else None
        stored = []
        parts = await self._fit(event.parts)
        for index, part in enumerate(parts):
            content = await self._content(part, place.login)
            if index == 0 and reply is not None:
                content = as_reply(content, reply)
            name = PartID(f"{index:04}" if index else "")
            sent = await self._writer.message(
                place.room, sender, content, (str(event.chat), event.id, name), timestamp
            )
            stored.append(
                StoredMessage(
                    chat=event.chat,
                    id=event.id,
                    event=sent,
                    sender=event.sender.user,
                    sender_mxid=sender.mxid,
                    sent_at=milliseconds(event.timestamp),
                    part=name,
                )
            )
        return stored

    async def _fit(self, parts: tuple[RemotePart, ...]) -> list[RemotePart]:
        """Split what is too long for one event; formatting of such a giant is given up."""
        fitting: list[RemotePart] = []
        for part in parts:
            if isinstance(part, Text):
                pieces = list(split_text(part.text.body))
                if len(pieces) > 1:
                    fitting += [evolve(part, text=FormattedText(piece)) for piece in pieces]
                    continue
            fitting.append(part)
        return fitting

    async def _content(self, part: RemotePart, login: ActiveLogin) -> Json:
        if isinstance(part, Text):
            return text_content(part, self._senders.mxid_of)
        try:
            uri, info = await self._courier.to_matrix(login.session, part)
        except Rejected as error:
            caption = f"\n{part.caption.body}" if part.caption is not None else ""
            body = f"📎 {part.info.name}: {error.text}{caption}"
            return text_content(Text(FormattedText(body), TextKind.NOTICE), self._senders.mxid_of)
        except NotConnected:
            self._log.info("file waits for the connection", login=login.record.id)
            raise
        return media_content(part, uri, info, self._senders.mxid_of)

    async def _edit(self, row: Row, event: RemoteEdit, login: ActiveLogin) -> None:
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
        for part, old in zip(await self._fit(event.parts), stored, strict=False):
            content = await self._content(part, login)
            await self._writer.edit(portal.room, old, content, event.stamp)
        async with self._db.transaction() as connection:
            await self._messages.set_edit_stamp(connection, event.chat, event.target, event.stamp)
            await self._queue.finish(connection, row)

    async def _redaction(self, row: Row, event: RemoteRedaction) -> None:
        portal = await self._portals.get(event.chat)
        stored = await self._messages.parts(event.chat, event.target)
        if portal is not None and portal.room is not None:
            for part in stored:
                if not part.redacted:
                    await self._writer.redact(portal.room, part.event, part.sender_mxid)
        async with self._db.transaction() as connection:
            await self._messages.set_redacted(connection, event.chat, event.target)
            await self._queue.finish(connection, row)

    # -- The rest

    async def _receipt(self, event: RemoteReceipt, login: ActiveLogin) -> None:
        portal = await self._portals.get(event.chat)
        stored = await self._messages.parts(event.chat, event.up_to)
        if portal is None or portal.room is None or not stored:
            return
        reader = await self._senders.speaker(portal.room, event.reader, login.record.id)
        await self._writer.read(portal.room, reader, stored[-1].event)

    async def _gone(self, row: Row, event: ChatGone, login: ActiveLogin) -> None:
        room = await self._rooms.leave(event.chat, login)
        if room is not None:
            text = user_text("You are no longer in this chat.")
            await self._writer.notice(room, login.record.owner, text, ("gone", row.seq))

    async def _person(self, event: UserChanged, login: ActiveLogin) -> None:
        # Rooms come first: the homeserver spreads a ghost's new name in the background, and clients
        # would be told the room's old name again by the side of that.
        renamed = await self._rooms.rename_direct(event.user, event.info)
        await self._senders.update_ghost(event.user, event.info, login.record.id)
        # And those that have become rooms meanwhile, while the ghost still had its old name.
        await self._rooms.rename_direct(event.user, event.info, besides=renamed)

    async def _event_of(self, chat: ChatKey, message: MessageID | None) -> EventID | None:
        if message is None:
            return None
        stored = await self._messages.parts(chat, message)
        return stored[0].event if stored else None
