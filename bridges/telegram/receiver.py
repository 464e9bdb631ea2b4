# SPDX-License-Identifier: AGPL-3.0-or-later
"""Receiving batches of updates durably: events and cursor in one transaction.

The cursor in the database never runs ahead of what is stored in the core's queue. It may lag behind:
then Telegram sends some updates again and the core drops what it knows.
"""

import logging
from collections.abc import Mapping, Sequence
from typing import Any

from mautrix.util.async_db import Connection
from telethon import utils
from telethon.tl import types as tl

from bridges.core.events import RemoteEvent
from bridges.core.ids import LoginID
from bridges.core.network import BridgeHandle
from bridges.core.refresh import Refresher
from bridges.telegram import ids
from bridges.telegram.from_telegram.chat_changes import outdated
from bridges.telegram.from_telegram.convert import events_of, typing_of
from bridges.telegram.from_telegram.secret_chats import secret_chat
from bridges.telegram.from_telegram.surroundings import Surroundings
from bridges.telegram.history import HoleFiller
from bridges.telegram.people import People, passer_by
from bridges.telegram.store.cursors import ChannelCursor, Cursor, CursorStore
from bridges.telegram.store.entities import Entities, Entity
from bridges.telegram.updates import Batch, Position
from bridges.telegram.whereabouts import Places

_log = logging.getLogger(__name__)

_NOWHERE = Cursor(pts=0, qts=0, date=0, seq=0)


class Receiver:
    """Takes in what Telegram sends to one login."""

    def __init__(
        self,
        login: LoginID,
        handle: BridgeHandle,
        cursors: CursorStore,
        entities: Entities,
        people: People,
        filler: HoleFiller,
        refresher: Refresher,
        *,
        takes_disappearing: bool,
    ) -> None:
        self._login = login
        self._takes_disappearing = takes_disappearing
        self._me = ids.login_user(login)
        self._handle = handle
        self._cursors = cursors
        self._entities = entities
        self._people = people
        self._filler = filler
        self._refresher = refresher
        self._places = Places(login, self._me, handle, entities)
        self._stored: Cursor | None = None
        self._reached = _NOWHERE

    async def load(self) -> Cursor | None:
        """Begin where the database says; called before each connect. Returns that cursor."""
        self._stored = await self._cursors.load(self._login)
        self._reached = self._stored or _NOWHERE
        return self._stored

    @property
    def knows_channels(self) -> bool:
        """Whether any channel has a cursor."""
        return bool(self._reached.channels)

    async def take(self, batch: Batch) -> Mapping[int, int]:
        """Receive a batch; see ``BatchSink``. Raises whatever keeps it from being stored."""
        began = batch.holes.channels - batch.position.channels.keys()
        if batch.holes:
            batch = await self._filler.fill(batch, self._reached)
        began &= batch.position.channels.keys()
        found = await self._places.of(batch)
        around = Surroundings(
            self._login,
            self._me,
            known=_by_id(batch),
            places=found.places,
            topics=found.topics,
            forums=found.forums,
            say=await self._handle.translation(self._login),
            takes_disappearing=self._takes_disappearing,
        )
        self._show_typing(batch, around)
        self._tell_of_secret_chats(batch, around)
        events = [*await self._people.changes(batch.users, batch.chats)]
        events += await self._renamed(batch, around)
        events += self._convert(batch, around)
        reached = _advanced(self._reached, batch.position, batch.updates)
        if events:
            await self._receive(events, reached)
        self._reached = reached
        for update in batch.updates:
            if (chat := outdated(update, around)) is not None:
                self._refresher.due(chat)
        return {one: reached.channels[one].pts for one in began}

    async def flush(self) -> None:
        """Store a cursor and access hashes that came without events. Never raises."""
        try:
            if self._reached != (self._stored or _NOWHERE):
                await self._receive([], self._reached)
            else:
                await self._entities.flush()
        except Exception:  # noqa: BLE001 - see above
            _log.exception("The cursor of %s could not be stored", self._login)

    def _show_typing(self, batch: Batch, around: Surroundings) -> None:
        for update in batch.updates:
            typing = typing_of(update, around)
            if typing is not None:
                self._handle.typing(self._login, typing)

    def _tell_of_secret_chats(self, batch: Batch, around: Surroundings) -> None:
        for update in batch.updates:
            text = secret_chat(update, around)
            if text is not None:
                self._handle.tell(self._login, text)

    def _convert(self, batch: Batch, around: Surroundings) -> list[RemoteEvent]:
        events: list[RemoteEvent] = []
        for update in batch.updates:
            try:
                events += events_of(update, around)
                self._entities.note(passer_by(getattr(update, "message", None), around.known))
            except Exception:  # noqa: BLE001 - one update must not hold up those behind it
                _log.exception("An update could not be converted: %s", type(update).__name__)
        return events

    async def _renamed(self, batch: Batch, around: Surroundings) -> list[RemoteEvent]:
        updates = [one for one in batch.updates if isinstance(one, tl.UpdateUserName)]
        found = [
            await self._people.renamed(one) for one in updates if one.user_id not in around.known
        ]
        return [one for one in found if one is not None]

    async def _receive(self, events: Sequence[RemoteEvent], reached: Cursor) -> None:
        stored = self._stored
        written: tuple[Entity, ...] = ()

        async def persist(connection: Connection) -> None:
            nonlocal written
            written = await self._entities.write(connection)
            if reached.pts:
                await self._cursors.write(connection, self._login, reached, stored)

        await self._handle.receive(self._login, events, persist)
        self._entities.written(written)
        self._stored = reached


def _by_id(batch: Batch) -> dict[int, Any]:
    return {utils.get_peer_id(one): one for one in (*batch.users, *batch.chats)}


def _advanced(before: Cursor, position: Position, updates: Sequence[Any]) -> Cursor:
    """The cursor after a batch: Telethon's position, and the newest messages that were in it."""
    tops: dict[int | None, int] = {}
    for update in updates:
        found = _message_of(update)
        if found is not None:
            place, number = found
            tops[place] = max(tops.get(place, 0), number)
    channels = {}
    for channel, pts in position.channels.items():
        old = before.channels.get(channel)
        channels[channel] = ChannelCursor(pts, max(old.top if old else 0, tops.get(channel, 0)))
    return Cursor(
        pts=position.pts,
        qts=position.qts,
        date=position.date,
        seq=position.seq,
        top=max(before.top, tops.get(None, 0)),
        channels=channels,
    )


def _message_of(update: Any) -> tuple[int | None, int] | None:
    """Channel (None for all others) and number of the new message an update brings."""
    match update:
        case tl.UpdateNewChannelMessage():
            channel = getattr(update.message.peer_id, "channel_id", None)
            return None if channel is None else (channel, update.message.id)
        case tl.UpdateNewMessage():
            return None, update.message.id
        case tl.UpdateShortMessage() | tl.UpdateShortChatMessage():
            return None, update.id
    return None
