# SPDX-License-Identifier: AGPL-3.0-or-later
"""Reactions people give in Matrix, on their way to the network.

The network decides how many a person may have and which; what it does not keep leaves the room.
"""

from typing import Any

from bridges.core.abilities import HandlesReactions
from bridges.core.emoji import CustomEmoji
from bridges.core.errors import Rejected
from bridges.core.ids import ChatKey, MessageID
from bridges.core.matrix.content import parse_reaction
from bridges.core.network import NetworkInfo
from bridges.core.outgoing import OutgoingReactions
from bridges.core.portal.gate import EchoGate
from bridges.core.portal.links import Links
from bridges.core.portal.reactions import ReactionSync, same_emoji
from bridges.core.portal.task import Task, message_gone, unsupported
from bridges.core.storage.database import Database
from bridges.core.storage.messages import MessageStore, StoredReaction, milliseconds

Json = dict[str, Any]


class OwnReactions:
    """Gives and takes back reactions on the network."""

    def __init__(
        self,
        database: Database,
        messages: MessageStore,
        links: Links,
        emoji: CustomEmoji,
        sync: ReactionSync,
        gate: EchoGate,
        network: NetworkInfo,
    ) -> None:
        self._db = database
        self._messages = messages
        self._links = links
        self._emoji = emoji
        self._sync = sync
        self._gate = gate
        self._network = network

    async def add(self, task: Task, content: Json) -> None:
        """React to a message.

        Raises ``Rejected`` for a reaction that is not possible; it has left the room then.
        """
        try:
            await self._add(task, content)
        except Rejected:
            await self._sync.take_out(task.room, task.event, task.sender)
            raise

    async def _add(self, task: Task, content: Json) -> None:
        session = task.session
        if not isinstance(session, HandlesReactions):
            raise unsupported(self._network)
        reacted_to, key = parse_reaction(content)
        targets = await self._links.of(task.portal.key, reacted_to)
        if not targets or targets[0].redacted or not key or not task.reaches(targets[0]):
            raise message_gone()
        emoji = await self._emoji.from_reaction(key)
        # A room may hold messages of the chat that this one has grown out of.
        chat, target, me = targets[0].chat, targets[0].id, task.login.record.user
        async with self._gate.hold(chat):
            kept = [
                one for one in await self._own(task, chat, target) if not same_emoji(one, emoji)
            ]
            in_effect = await session.react(OutgoingReactions(chat, target, (*kept, emoji)))
            given_at = milliseconds(task.written)
            reaction = StoredReaction(chat, target, me, emoji, task.event, task.sender, given_at)
            async with self._db.transaction() as connection:
                await self._messages.put_reaction(connection, reaction)
            self._sync.changed_here(chat, target, me)
        await self._sync.settle(task.room, chat, target, me, in_effect)

    async def remove(self, task: Task, reaction: StoredReaction) -> None:
        """Take a reaction back that has left the room; another person's only leaves the room."""
        session, chat, message = task.session, reaction.chat, reaction.message
        me = task.login.record.user
        async with self._gate.hold(chat):
            if reaction.sender == me and isinstance(session, HandlesReactions):
                own = await self._own(task, chat, message)
                left = tuple(one for one in own if one != reaction.emoji)
                await session.react(OutgoingReactions(chat, message, left))
                self._sync.changed_here(chat, message, me)
            async with self._db.transaction() as connection:
                await self._messages.delete_reaction(connection, reaction)

    async def _own(self, task: Task, chat: ChatKey, message: MessageID) -> tuple[str, ...]:
        reactions = await self._messages.reactions(chat, message)
        return tuple(one.emoji for one in reactions if one.sender == task.login.record.user)
