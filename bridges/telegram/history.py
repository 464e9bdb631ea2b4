# SPDX-License-Identifier: AGPL-3.0-or-later
"""Reading chats' histories, and filling holes in the updates with them."""

import logging
from collections.abc import Iterable, Sequence
from typing import Any

from attrs import evolve, frozen
from telethon import utils
from telethon.tl import types as tl
from telethon.tl.functions.messages import (
    GetDialogsRequest,
    GetHistoryRequest,
    GetPeerDialogsRequest,
)

from bridges.core.clock import Clock
from bridges.core.errors import RateLimited, Rejected
from bridges.telegram.connection import Caller
from bridges.telegram.ids import marked
from bridges.telegram.store.cursors import ChannelCursor, Cursor
from bridges.telegram.store.entities import Entities, entity_of
from bridges.telegram.updates import Batch, Holes

_log = logging.getLogger(__name__)

PAGE = 100
_MOST_DIALOGS = 1000
_MOST_UNREAD = 100


@frozen
class Excerpt:
    """Messages, oldest first, with the people and chats they mention."""

    messages: tuple[Any, ...] = ()
    users: tuple[Any, ...] = ()
    chats: tuple[Any, ...] = ()

    def __add__(self, other: "Excerpt") -> "Excerpt":
        return Excerpt(
            self.messages + other.messages, self.users + other.users, self.chats + other.chats
        )


async def newest(call: Caller, peer: Any, *, after: int, limit: int) -> Excerpt:
    """The newest ``limit`` messages of a chat whose numbers are higher than ``after``."""
    found = Excerpt()
    before = 0
    while len(found.messages) < limit:
        page = await call(
            GetHistoryRequest(
                peer,
                offset_id=before,
                offset_date=None,
                add_offset=0,
                limit=min(PAGE, limit - len(found.messages)),
                max_id=0,
                min_id=after,
                hash=0,
            )
        )
        if not page.messages:
            break
        ascending = tuple(sorted(page.messages, key=lambda one: one.id))
        found = Excerpt(ascending, tuple(page.users), tuple(page.chats)) + found
        before = ascending[0].id
    return found


async def dialogs(call: Caller, limit: int) -> Sequence[Any]:
    """Answers of ``messages.getDialogs``, newest chats first, until ``limit`` are listed."""
    pages: list[Any] = []
    date, number, peer = None, 0, tl.InputPeerEmpty()
    listed = 0
    while listed < limit:
        page = await call(
            GetDialogsRequest(
                offset_date=date,
                offset_id=number,
                offset_peer=peer,
                limit=min(PAGE, limit - listed),
                hash=0,
                exclude_pinned=bool(pages),
            )
        )
        if not getattr(page, "dialogs", None):
            break
        pages.append(page)
        listed += len(page.dialogs)
        following = None if isinstance(page, tl.messages.Dialogs) else _offset(page)
        if following is None:
            break
        date, number, peer = following
    return pages


def _offset(page: Any) -> tuple[Any, int, Any] | None:
    """Where the next page begins: at the oldest last message of this one."""
    messages = {(marked(one.peer_id), one.id): one for one in page.messages if hasattr(one, "date")}
    things = {utils.get_peer_id(one): one for one in (*page.users, *page.chats)}
    for dialog in reversed(page.dialogs):
        place = marked(dialog.peer)
        message = messages.get((place, dialog.top_message))
        if message is None or place not in things:
            continue
        try:
            return message.date, message.id, utils.get_input_peer(things[place])
        except TypeError:
            continue
    return None


class HoleFiller:
    """Fetches what Telegram did not replay, so that a batch with holes becomes one without."""

    def __init__(
        self, call: Caller, entities: Entities, clock: Clock, missed_messages: int
    ) -> None:
        """``missed_messages`` is how many are fetched of one chat at most."""
        self._missed_messages = missed_messages
        self._call = call
        self._entities = entities
        self._clock = clock

    async def fill(self, batch: Batch, reached: Cursor) -> Batch:
        """``batch`` with the missing messages after its updates and its position moved behind them."""
        self._entities.note(_known((*batch.users, *batch.chats)))
        if batch.holes.account:
            batch = _with(batch, await self._account(reached.top))
        for channel in sorted(batch.holes.channels):
            try:
                batch = await self._channel(batch, channel, reached.channels.get(channel))
            except Rejected as error:
                _log.info("Missed messages of a channel cannot be had: %s", error.code)
        return evolve(batch, holes=Holes())

    async def _account(self, top: int) -> Excerpt:
        found = Excerpt()
        for page in await dialogs(self._ask, _MOST_DIALOGS):
            self._entities.note(_known((*page.users, *page.chats)))
            for dialog in page.dialogs:
                if isinstance(dialog.peer, tl.PeerChannel) or dialog.top_message <= top:
                    continue
                peer = await self._entities.input_peer(marked(dialog.peer))
                limit = self._missed_messages if top else min(dialog.unread_count, _MOST_UNREAD)
                if peer is not None:
                    found += await newest(self._ask, peer, after=top, limit=limit)
        return evolve(found, messages=tuple(sorted(found.messages, key=lambda one: one.id)))

    async def _channel(self, batch: Batch, channel: int, known: ChannelCursor | None) -> Batch:
        peer = await self._entities.input_peer(marked(tl.PeerChannel(channel)))
        if peer is None:
            return batch
        answer = await self._ask(GetPeerDialogsRequest([tl.InputDialogPeer(peer)]))
        dialog = answer.dialogs[0]
        top = known.top if known else 0
        limit = self._missed_messages if top else min(dialog.unread_count, _MOST_UNREAD)
        filled = _with(batch, await newest(self._ask, peer, after=top, limit=limit))
        begun = {channel: dialog.pts or 1, **batch.position.channels}
        return evolve(filled, position=evolve(batch.position, channels=begun))

    async def _ask(self, request: Any) -> Any:
        """Ask as often as it takes: what comes after must not be received before."""
        while True:
            try:
                return await self._call(request)
            except RateLimited as error:
                await self._clock.sleep(error.retry_after)


def _with(batch: Batch, found: Excerpt) -> Batch:
    updates = [_update(one) for one in found.messages if not isinstance(one, tl.MessageEmpty)]
    return evolve(
        batch,
        updates=(*batch.updates, *updates),
        users=(*batch.users, *found.users),
        chats=(*batch.chats, *found.chats),
    )


def _update(message: Any) -> Any:
    make = (
        tl.UpdateNewChannelMessage
        if isinstance(message.peer_id, tl.PeerChannel)
        else tl.UpdateNewMessage
    )
    return make(message, pts=0, pts_count=0)


def _known(things: Iterable[Any]) -> list[Any]:
    return [found for one in things if (found := entity_of(one)) is not None]
