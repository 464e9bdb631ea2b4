# SPDX-License-Identifier: AGPL-3.0-or-later
"""Redactions of people, on their way to the network."""

from mautrix.types import EventID

from bridges.core.abilities import HandlesRedactions
from bridges.core.network import NetworkInfo
from bridges.core.outgoing import OutgoingRedaction
from bridges.core.portal.links import Links
from bridges.core.portal.own_reactions import OwnReactions
from bridges.core.portal.room_writer import RoomWriter
from bridges.core.portal.task import Task, message_gone, unsupported
from bridges.core.storage.database import Database
from bridges.core.storage.messages import MessageStore, StoredMessage


class Retractions:
    """Removes messages and reactions."""

    def __init__(
        self,
        database: Database,
        messages: MessageStore,
        links: Links,
        reactions: OwnReactions,
        writer: RoomWriter,
        network: NetworkInfo,
    ) -> None:
        self._db = database
        self._messages = messages
        self._links = links
        self._reactions = reactions
        self._writer = writer
        self._network = network

    async def retract(self, task: Task, target: EventID) -> None:
        """Remove on the network what an event is there, if it is anything there."""
        reaction = await self._messages.reaction_by_event(target)
        if reaction is not None:
            await self._reactions.remove(task, reaction)
            return
        found = await self._links.of(task.portal.key, target)
        targets = [one for one in found if not one.redacted]
        if targets and not task.reaches(targets[0]):
            raise message_gone()
        if targets:
            await self._remove(task, targets)

    async def _remove(self, task: Task, targets: list[StoredMessage]) -> None:
        session = task.session
        if not isinstance(session, HandlesRedactions):
            raise unsupported(self._network)
        ids = tuple(one.id for one in targets)
        await session.redact(OutgoingRedaction(targets[0].chat, ids))
        removed = {one.event for one in targets}
        for one in targets:
            # The network removes a message as a whole: the other events it became go as well.
            for part in await self._messages.parts(one.chat, one.id):
                if part.event not in removed:
                    await self._writer.redact(task.room, part.event, part.sender_mxid)
        async with self._db.transaction() as connection:
            for one in targets:
                await self._messages.set_redacted(connection, one.chat, one.id)
