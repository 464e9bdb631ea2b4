# SPDX-License-Identifier: AGPL-3.0-or-later
"""Invitations and commands: everything people send that is not meant for the network."""

from typing import Any

import structlog
from mautrix.types import EventID, RoomID, UserID

from bridges.core.bot.rooms import ManagementRooms
from bridges.core.commands.parser import command_line, strip_prefix
from bridges.core.commands.ports import CommandMessage
from bridges.core.commands.processor import CommandProcessor
from bridges.core.config import Level, Permissions
from bridges.core.matrix import event_types
from bridges.core.matrix.client import Homeserver, MatrixSender
from bridges.core.matrix.errors import HomeserverRefused
from bridges.core.matrix.names import GhostNames
from bridges.core.storage.database import Database
from bridges.core.storage.people import PeopleStore
from bridges.core.storage.queue import Queue, Row

Json = dict[str, Any]


class Reception:
    """Handles the rows of ``from_matrix`` that belong to no portal, and commands in portals."""

    def __init__(
        self,
        database: Database,
        queue: Queue,
        homeserver: Homeserver,
        people: PeopleStore,
        rooms: ManagementRooms,
        names: GhostNames,
        commands: CommandProcessor,
        permissions: Permissions,
        prefix: str,
    ) -> None:
        self._log = structlog.get_logger("karvon.management")
        self._db = database
        self._queue = queue
        self._hs = homeserver
        self._people = people
        self._rooms = rooms
        self._names = names
        self._commands = commands
        self._permissions = permissions
        self._prefix = prefix

    def is_command(self, event: Json) -> bool:
        """Whether an event in a portal is meant for the bot."""
        body = event["content"].get("body")
        if event["type"] != event_types.MESSAGE or not isinstance(body, str):
            return False
        return strip_prefix(command_line(body), self._prefix) is not None

    async def handle(self, row: Row, event: Json) -> None:
        """Handle one event and end its row."""
        if event["type"] == event_types.MEMBER:
            await self._member(event)
            await self._end(row)
            return
        # A command is carried out at most once: repeating one that brought us down would do it again.
        if not await self._end(row):
            return  # It has been moved behind others meanwhile.
        body = _said(event["content"])
        if event["type"] == event_types.MESSAGE and isinstance(body, str):
            await self._command(event, body)
        elif event["type"] == event_types.ENCRYPTED:
            await self._unreadable(event)

    async def _command(self, event: Json, body: str) -> None:
        room, sender = RoomID(event["room_id"]), UserID(event["sender"])
        await self._commands.handle(
            CommandMessage(
                room=room,
                sender=sender,
                event_id=EventID(event["event_id"]),
                text=body,
                is_management=await self._rooms.is_one(room, sender),
            )
        )

    async def _unreadable(self, event: Json) -> None:
        room, sender = RoomID(event["room_id"]), UserID(event["sender"])
        if await self._rooms.is_one(room, sender):
            await self._rooms.leave_encrypted(room, sender)

    async def _member(self, event: Json) -> None:
        target, membership = event.get("state_key"), event["content"].get("membership")
        if target == self._names.bot and membership in ("leave", "ban"):
            await self._people.set_membership(RoomID(event["room_id"]), self._names.bot, membership)
        if membership != "invite" or not isinstance(target, str):
            return
        room, inviter = RoomID(event["room_id"]), UserID(event["sender"])
        try:
            await self._invited(room, inviter, UserID(target))
        except HomeserverRefused as refused:
            # An invitation that was taken back, or a room that is gone: nothing to enter.
            self._log.info("an invitation could not be answered", error=str(refused))

    async def _invited(self, room: RoomID, inviter: UserID, target: UserID) -> None:
        if not self._names.is_ours(target):
            return
        if target != self._names.bot or self._permissions.level(inviter) is Level.NONE:
            await self._hs.leave(MatrixSender(target), room)
            return
        await self._rooms.enter(room, inviter)

    async def _end(self, row: Row) -> bool:
        async with self._db.transaction() as connection:
            return await self._queue.finish(connection, row)


def _said(content: Json) -> object:
    """What a message says; of an edit, what it says now."""
    new = content.get("m.new_content")
    return (new if isinstance(new, dict) else content).get("body")
