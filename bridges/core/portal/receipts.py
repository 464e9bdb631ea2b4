# SPDX-License-Identifier: AGPL-3.0-or-later
"""Shows in rooms what was read on the network."""

from bridges.core.events import RemoteReceipt
from bridges.core.matrix.senders import Senders
from bridges.core.portal.chat_settings import ChatSettingsSync
from bridges.core.portal.read_positions import ReadPositions
from bridges.core.portal.room_writer import RoomWriter
from bridges.core.read_marks import ReadMarks
from bridges.core.sessions import ActiveLogin
from bridges.core.storage.portals import PortalStore


class ReceiptSync:
    """Applies receipts of the network."""

    def __init__(
        self,
        portals: PortalStore,
        senders: Senders,
        writer: RoomWriter,
        positions: ReadPositions,
        marks: ReadMarks,
        settings: ChatSettingsSync,
    ) -> None:
        self._portals = portals
        self._senders = senders
        self._writer = writer
        self._positions = positions
        self._marks = marks
        self._settings = settings

    async def from_remote(self, event: RemoteReceipt, login: ActiveLogin) -> None:
        """Have somebody have read a room."""
        portal = await self._portals.get(event.chat)
        if portal is None or portal.room is None:
            return
        read = await self._positions.event(event.chat, event.up_to)
        if read is None:
            return
        if event.reader.is_me:
            # The homeserver tells us of the receipt that is set here; the network knows it.
            self._marks.known(login.record.id, event.chat, event.up_to)
        reader = await self._senders.speaker(portal.room, event.reader, login.record.id)
        await self._writer.read(portal.room, reader, read)
        if event.reader.is_me:
            await self._settings.read_by(event.chat, login)
