# SPDX-License-Identifier: AGPL-3.0-or-later
"""Where messages are that updates name without saying so."""

from collections.abc import Mapping, Sequence
from typing import Any

from attrs import frozen
from telethon.tl import types as tl

from bridges.core.ids import SHARED, ChatKey, LoginID, MessageID
from bridges.core.network import BridgeHandle
from bridges.telegram import ids
from bridges.telegram.from_telegram.messages import from_short
from bridges.telegram.from_telegram.topics import (
    channels_with_threads,
    messages_named,
    places_of_new,
)
from bridges.telegram.store.entities import Entities
from bridges.telegram.updates import Batch


@frozen
class Whereabouts:
    """What a batch of updates does not say.

    Attributes:
        places: chats of messages of the account, which are numbered across all of them.
        topics: topics of messages, by channel and number.
        forums: those of the channels in question that are forums.
    """

    places: Mapping[MessageID, ChatKey]
    topics: Mapping[tuple[int, int], ChatKey]
    forums: frozenset[int]


class Places:
    """Finds out where one login's messages are."""

    def __init__(self, login: LoginID, me: int, handle: BridgeHandle, entities: Entities) -> None:
        self._login = login
        self._me = me
        self._handle = handle
        self._entities = entities

    async def of(self, batch: Batch) -> Whereabouts:
        """Look up what the updates of a batch need; most need nothing."""
        forums = await self._forums(batch)
        return Whereabouts(
            await self._of_account(batch.updates),
            await self._in_forums(batch.updates, forums),
            forums,
        )

    async def _forums(self, batch: Batch) -> frozenset[int]:
        asked = channels_with_threads(batch.updates)
        if not asked:
            return frozenset()
        said = {
            one.id: bool(one.forum)
            for one in batch.chats
            if isinstance(one, tl.Channel) and not one.min
        }
        stored = await self._entities.forums(asked - set(said))
        return stored | {one for one in asked if said.get(one)}

    async def _in_forums(
        self, updates: Sequence[Any], forums: frozenset[int]
    ) -> dict[tuple[int, int], ChatKey]:
        found: dict[tuple[int, int], ChatKey] = {}
        for channel, numbers in messages_named(updates).items():
            if channel not in forums:
                continue
            wanted = {ids.message_id(one): one for one in numbers}
            group = ids.topic_key(channel, None).chat
            known = await self._handle.chats_of(SHARED, list(wanted), group)
            found |= {(channel, wanted[one]): chat for one, chat in known.items()}
        return found | dict(places_of_new(updates))

    async def _of_account(self, updates: Sequence[Any]) -> dict[MessageID, ChatKey]:
        gone = [
            ids.message_id(number)
            for update in updates
            if isinstance(update, tl.UpdateDeleteMessages)
            for number in update.messages
        ]
        if not gone:
            return {}
        known = await self._handle.chats_of(self._login, gone)
        return {**known, **self._new(updates)}

    def _new(self, updates: Sequence[Any]) -> dict[MessageID, ChatKey]:
        """The chats of messages that are new in these very updates."""
        places = {}
        for update in updates:
            if isinstance(update, tl.UpdateShortMessage | tl.UpdateShortChatMessage):
                message = from_short(update, self._me)
            elif isinstance(update, tl.UpdateNewMessage):
                message = update.message
            else:
                continue
            if message.peer_id is not None:
                key = ids.chat_key(message.peer_id, self._login)
                places[ids.message_id(message.id)] = key
        return places
