# SPDX-License-Identifier: AGPL-3.0-or-later
"""Receiving the worker's events durably: what they come to, and their number, in one transaction.

The number in the database never runs ahead of what is stored in the core's queue. It may lag behind:
then an event comes again, and the core drops what it knows.
"""

from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime
from typing import Any

import structlog
from mautrix.util.async_db import Connection as Transaction

from bridges.core.errors import TemporaryError
from bridges.core.foundation import PASSING_TROUBLE
from bridges.core.network import BridgeHandle
from bridges.whatsapp.linked.app_state import AppState
from bridges.whatsapp.linked.batch import Batch
from bridges.whatsapp.linked.chat_events import ChatEvents
from bridges.whatsapp.linked.connection import Connection
from bridges.whatsapp.linked.device import LinkedDevice
from bridges.whatsapp.linked.envelope import moment
from bridges.whatsapp.linked.history_sync import HistorySync
from bridges.whatsapp.linked.message_events import MessageEvents
from bridges.whatsapp.linked.moving import Moves
from bridges.whatsapp.linked.online import Online
from bridges.whatsapp.linked.stores import Stores
from bridges.whatsapp.linked.trouble import verdict
from bridges.whatsapp.wire.messages import WorkerEvent

_PASSING: tuple[type[Exception], ...] = (TemporaryError, OSError, *PASSING_TROUBLE)

Handler = Callable[[Mapping[str, Any], Batch], Awaitable[None]]


class Receiver:
    """Takes in what happens to one account."""

    def __init__(
        self,
        device: LinkedDevice,
        handle: BridgeHandle,
        stores: Stores,
        connection: Connection,
        messages: MessageEvents,
        chats: ChatEvents,
        history: HistorySync,
        app_state: AppState,
        moves: Moves,
        online: Online,
        *,
        by_proxy: bool,
    ) -> None:
        self._log = structlog.get_logger("karvon.whatsapp")
        self._device = device
        self._handle = handle
        self._stores = stores
        self._connection = connection
        self._moves = moves
        self._by_proxy = by_proxy
        self._received = 0
        self._handlers: Mapping[str, Handler] = {
            "message": messages.message,
            "undecryptable": messages.undecryptable,
            "receipt": messages.receipt,
            "chat_presence": chats.typing,
            "presence": online.heard,
            "connected": online.connected,
            "group_info": chats.group_changed,
            "joined_group": chats.joined,
            "newsletter_join": chats.followed,
            "newsletter_leave": chats.unfollowed,
            "newsletter_mute_change": chats.channel_muted,
            "picture": chats.picture,
            "identity_change": chats.identity_changed,
            "call_offer": chats.call,
            "history_sync": history.part,
            "app_state": app_state.synced,
        }

    def begin(self, received: int) -> None:
        """Begin after the event with this number."""
        self._received = received

    async def take(self, event: WorkerEvent) -> None:
        """Make an event safe. Raises whatever keeps it from being stored."""
        if 0 < event.seq <= self._received:
            return
        judged = verdict(event.kind, event.data, self._handle.clock.now(), by_proxy=self._by_proxy)
        if judged is not None:
            self._connection.heard(judged)
        batch = await self._batch(event)
        if not batch.is_empty:
            await self._store(batch, event.seq)
        self._received = max(self._received, event.seq)
        if event.data.get("from_me") and event.data.get("sender_device") == 0:
            await self._stores.accounts.phone_seen(self._device.login, self._when(event.data))

    async def _batch(self, event: WorkerEvent) -> Batch:
        batch = Batch()
        handler = self._handlers.get(event.kind)
        if handler is None:
            return batch
        try:
            await handler(event.data, batch)
            await self._moves.follow(batch)
        except _PASSING:
            raise
        except Exception:  # noqa: BLE001 - one event must not hold up those behind it
            self._log.exception("an event could not be understood", kind=event.kind)
            return Batch()
        return batch

    async def _store(self, batch: Batch, number: int) -> None:
        async def persist(transaction: Transaction) -> None:
            await self._stores.addresses.write(transaction, batch.people)
            for write in batch.writes:
                await write(transaction)
            if number:
                await self._stores.accounts.received(transaction, self._device.login, number)

        await self._handle.receive(self._device.login, batch.events, persist)
        self._stores.addresses.written(batch.people)

    def _when(self, data: Mapping[str, Any]) -> datetime:
        return moment(data.get("timestamp"), self._handle.clock.now())
