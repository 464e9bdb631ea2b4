# SPDX-License-Identifier: AGPL-3.0-or-later
"""Which remote messages an event is, also while that is just being stored.

Between the moment at which the homeserver takes an event and the one at which its link is stored, people
have it already: their clients tell that it was read at once, and programs answer or react to it.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from mautrix.types import EventID

from bridges.core.ids import ChatKey
from bridges.core.keyed_locks import KeyedLocks
from bridges.core.storage.messages import MessageStore, StoredMessage


class Links:
    """Finds links, and knows in which chats some are in the making."""

    def __init__(self, messages: MessageStore) -> None:
        self._messages = messages
        self._chats: KeyedLocks[ChatKey] = KeyedLocks()

    @asynccontextmanager
    async def in_the_making(self, chat: ChatKey) -> AsyncIterator[None]:
        """Hold while events are sent into a chat's room, and until their links are stored."""
        async with self._chats.hold(chat):
            yield

    async def of(self, chat: ChatKey, event: EventID) -> list[StoredMessage]:
        """The remote messages an event of a chat's room has become, in the order they were sent.

        Raises the database's errors.
        """
        found = await self._messages.by_event(event)
        if found:
            return found
        async with self._chats.hold(chat):
            return await self._messages.by_event(event)
