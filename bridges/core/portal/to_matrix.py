# SPDX-License-Identifier: AGPL-3.0-or-later
"""From the network to Matrix: what was received becomes events in the portal's room.

Which kind of event is handled by whom; messages and reactions have modules of their own.
"""

from typing import assert_never

from bridges.core.errors import SessionLost, TemporaryError
from bridges.core.events import (
    ChatChanged,
    ChatGone,
    ChatMoved,
    RemoteChatSettings,
    RemoteEdit,
    RemoteEvent,
    RemoteFailure,
    RemoteMessage,
    RemotePins,
    RemotePollTally,
    RemoteReactions,
    RemoteReceipt,
    RemoteRedaction,
    UserChanged,
)
from bridges.core.ids import SHARED, LoginID
from bridges.core.matrix.errors import HomeserverRefused
from bridges.core.matrix.senders import Senders
from bridges.core.portal.chat_news import ChatNews
from bridges.core.portal.chat_settings import ChatSettingsSync
from bridges.core.portal.departures import Departures
from bridges.core.portal.gate import EchoGate
from bridges.core.portal.late_failures import LateFailures
from bridges.core.portal.message_changes import MessageChanges
from bridges.core.portal.messages import MessageSync
from bridges.core.portal.polls import Polls
from bridges.core.portal.properties import RoomProperties
from bridges.core.portal.reactions import ReactionSync
from bridges.core.portal.receipts import ReceiptSync
from bridges.core.portal.rescue import Rescue, RoomRestored
from bridges.core.portal.rooms import Rooms
from bridges.core.sessions import ActiveLogin, Sessions
from bridges.core.storage.codec import EventCodec
from bridges.core.storage.database import Database
from bridges.core.storage.portals import PortalStore
from bridges.core.storage.queue import Queue, Row
from bridges.core.text import user_text

_AboutChat = ChatChanged | RemotePins | ChatGone | ChatMoved | RemoteChatSettings


class AccountAway(TemporaryError):
    """The network has logged the account out; what came before waits for its return."""

    def __init__(self) -> None:
        super().__init__("ACCOUNT_AWAY", user_text("The account is logged out."), retry_after=10)


class ToMatrix:
    """Handles the rows of ``from_remote``."""

    def __init__(
        self,
        database: Database,
        queue: Queue,
        portals: PortalStore,
        sessions: Sessions,
        rooms: Rooms,
        properties: RoomProperties,
        senders: Senders,
        message_sync: MessageSync,
        changes: MessageChanges,
        reactions: ReactionSync,
        receipts: ReceiptSync,
        failures: LateFailures,
        news: ChatNews,
        departures: Departures,
        rescue: Rescue,
        gate: EchoGate,
        polls: Polls,
        settings: ChatSettingsSync,
        codec: EventCodec,
    ) -> None:
        self._db = database
        self._queue = queue
        self._portals = portals
        self._sessions = sessions
        self._rooms = rooms
        self._properties = properties
        self._senders = senders
        self._message_sync = message_sync
        self._changes = changes
        self._reactions = reactions
        self._receipts = receipts
        self._failures = failures
        self._news = news
        self._departures = departures
        self._rescue = rescue
        self._gate = gate
        self._polls = polls
        self._settings = settings
        self._codec = codec

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
        except HomeserverRefused as refused:
            if isinstance(event, UserChanged) or not await self._rescue.helped(event.chat):
                raise
            raise RoomRestored from refused

    async def _login_for(self, login: LoginID, event: RemoteEvent) -> ActiveLogin | None:
        """Who has reported an event; if they have left, somebody else in the same shared chat."""
        active = self._sessions.get(login)
        if active is not None or isinstance(event, UserChanged | ChatGone | RemoteChatSettings):
            return active
        if event.chat.receiver != SHARED:
            return None
        parts = await self._portals.logins_in(event.chat)
        others = (self._sessions.get(part.login) for part in parts)
        return next((one for one in others if one is not None), None)

    async def _dispatch(self, row: Row, event: RemoteEvent, login: ActiveLogin) -> None:
        match event:
            case RemoteMessage():
                await self._message_sync.message(row, event, login)
                return
            case RemoteEdit():
                await self._changes.edit(row, event, login)
                return
            case RemoteRedaction():
                await self._changes.redaction(row, event)
                return
            case RemoteReactions():
                await self._reactions.from_remote(event, row.received, login, str(row.seq))
            case RemotePollTally():
                await self._polls.from_remote(event, login, str(row.seq))
            case RemoteReceipt():
                await self._receipts.from_remote(event, login)
            case RemoteFailure():
                await self._failures.show(event)
            case UserChanged():
                await self._person(event, login)
            case _:
                await self._about_chat(row, event, login)
        await self._end(row)

    async def _about_chat(self, row: Row, event: _AboutChat, login: ActiveLogin) -> None:
        match event:
            case ChatChanged():
                async with self._gate.hold(event.chat):
                    await self._departures.seen_by_others(event, (row.seq,))
                    await self._news.changed(event, row.received, login)
            case RemotePins():
                async with self._gate.hold(event.chat):
                    await self._news.pinned(event, row.received, login)
            case ChatGone():
                await self._departures.gone(event, login, (row.seq,))
            case ChatMoved():
                await self._rooms.move(event, login)
            case RemoteChatSettings():
                chat, settings = event.chat, event.settings
                await self._settings.from_remote(chat, settings, login, row.received)
            case _:
                assert_never(event)

    async def _end(self, row: Row) -> None:
        async with self._db.transaction() as connection:
            await self._queue.finish(connection, row)

    # -- The rest

    async def _person(self, event: UserChanged, login: ActiveLogin) -> None:
        # Rooms come first: the homeserver spreads a ghost's new name in the background, and clients
        # would be told the room's old name again by the side of that.
        renamed = await self._properties.rename_direct(event.user, event.info)
        await self._senders.update_ghost(event.user, event.info, login.record.id)
        # And those that have become rooms meanwhile, while the ghost still had its old name.
        await self._properties.rename_direct(event.user, event.info, besides=renamed)
