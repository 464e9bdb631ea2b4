# SPDX-License-Identifier: AGPL-3.0-or-later
"""A chat that began with a phone number goes on by the LID, in the same room, once that is known."""

from collections.abc import Awaitable, Callable

from mautrix.util.async_db import Connection as Transaction

from bridges.core.events import ChatMoved, RemoteEvent
from bridges.core.network import BridgeHandle
from bridges.whatsapp.ids import chat_key, user_id
from bridges.whatsapp.linked.batch import Batch
from bridges.whatsapp.linked.people import People
from bridges.whatsapp.linked.stores import Stores
from bridges.whatsapp.store.addresses import SamePerson
from bridges.whatsapp.store.names import NAMELESS, Names


class Moves:
    """Follows what is learned about addresses."""

    def __init__(self, handle: BridgeHandle, stores: Stores, people: People) -> None:
        self._people = people
        self._handle = handle
        self._stores = stores

    async def follow(self, batch: Batch) -> None:
        """Put in front of a batch what follows from the people in it."""
        moved: list[RemoteEvent] = []
        for pair in batch.people:
            moved += await self._move(pair, batch)
        batch.events[:0] = moved

    async def _move(self, pair: SamePerson, batch: Batch) -> list[RemoteEvent]:
        old = chat_key(pair.number, self._stores.login)
        new = chat_key(pair.lid, self._stores.login)
        renamed = await self._rename(pair)
        batch.writes.append(self._notes(old.chat, new.chat))
        moved = (
            [ChatMoved(old, new, same_messages=True)] if await self._handle.has_room(old) else []
        )
        return [*moved, *renamed]

    def _notes(self, old: str, new: str) -> Callable[[Transaction], Awaitable[None]]:
        async def write(transaction: Transaction) -> None:
            await self._stores.messages.move(transaction, old, new)
            await self._stores.chats.move(transaction, old, new)
            await self._stores.past.move(transaction, old, new)

        return write

    async def _rename(self, pair: SamePerson) -> list[RemoteEvent]:
        """Take along what is known of somebody's names; what follows from it."""
        by_number = await self._stores.names.get(user_id(pair.number))
        if by_number == NAMELESS:
            return []
        by_lid = await self._stores.names.get(user_id(pair.lid))
        names = Names(by_lid.pushed or by_number.pushed, by_lid.saved or by_number.saved)
        await self._stores.names.put([(user_id(pair.lid), names), (user_id(pair.number), NAMELESS)])
        return self._people.differences(pair.lid, by_lid, names)
