# SPDX-License-Identifier: AGPL-3.0-or-later
"""Keeps reactions equal on both sides: what is there is compared with what should be."""

from mautrix.types import EventID, RoomID

from bridges.core.chat import Sender
from bridges.core.events import ReactionsOf, RemoteReactions
from bridges.core.ids import ChatKey, MessageID, RemoteUserID
from bridges.core.matrix.senders import Senders
from bridges.core.portal.gate import EchoGate
from bridges.core.portal.room_writer import RoomWriter
from bridges.core.sessions import ActiveLogin
from bridges.core.storage.database import Database
from bridges.core.storage.messages import MessageStore, StoredReaction
from bridges.core.storage.portals import PortalStore


class ReactionSync:
    """Applies reactions of the network to a room, and the network's answer to our own."""

    def __init__(
        self,
        database: Database,
        messages: MessageStore,
        portals: PortalStore,
        senders: Senders,
        writer: RoomWriter,
        gate: EchoGate,
    ) -> None:
        self._db = database
        self._messages = messages
        self._portals = portals
        self._senders = senders
        self._writer = writer
        self._gate = gate

    async def from_remote(
        self, event: RemoteReactions, login: ActiveLogin, generation: str
    ) -> None:
        """Make a message's reactions in Matrix what they are on the network.

        ``generation`` is the same whenever this event is handled again, and differs from others'.
        """
        async with self._gate.hold(event.chat):
            await self._apply(event, login, generation)

    async def _apply(self, event: RemoteReactions, login: ActiveLogin, generation: str) -> None:
        portal = await self._portals.get(event.chat)
        target = await self._messages.parts(event.chat, event.target)
        if portal is None or portal.room is None or not target or target[0].redacted:
            return
        stored = await self._messages.reactions(event.chat, event.target)
        wanted = {one.user.user: one for one in event.by}
        if event.complete:
            for reaction in stored:
                gone = Sender(reaction.sender)
                wanted.setdefault(reaction.sender, ReactionsOf(gone, ()))
        for one in wanted.values():
            mine = {r.emoji: r for r in stored if r.sender == one.user.user}
            for emoji, reaction in mine.items():
                if emoji not in one.emojis:
                    await self.remove(portal.room, reaction)
            for emoji in one.emojis:
                if emoji not in mine:
                    await self._add(
                        portal.room, event, one.user, emoji, target[0].event, login, generation
                    )

    async def settle(
        self,
        room: RoomID,
        chat: ChatKey,
        message: MessageID,
        user: RemoteUserID,
        in_effect: tuple[str, ...],
    ) -> None:
        """Remove a person's reactions the network did not keep."""
        for reaction in await self._messages.reactions(chat, message):
            if reaction.sender == user and reaction.emoji not in in_effect:
                await self.remove(room, reaction)

    async def remove(self, room: RoomID, reaction: StoredReaction) -> None:
        """Take one reaction out of a room."""
        await self._writer.redact(room, reaction.event, reaction.sender_mxid)
        async with self._db.transaction() as connection:
            await self._messages.delete_reaction(connection, reaction)

    async def _add(
        self,
        room: RoomID,
        event: RemoteReactions,
        user: Sender,
        emoji: str,
        target: EventID,
        login: ActiveLogin,
        generation: str,
    ) -> None:
        sender = await self._senders.speaker(room, user, login.record.id)
        reaction = StoredReaction(
            event.chat,
            event.target,
            user.user,
            emoji,
            await self._writer.react(room, sender, target, emoji, generation),
            sender.mxid,
        )
        async with self._db.transaction() as connection:
            await self._messages.put_reaction(connection, reaction)
