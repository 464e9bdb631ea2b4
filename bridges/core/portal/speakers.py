# SPDX-License-Identifier: AGPL-3.0-or-later
"""Who sends a message, the same at every attempt."""

from mautrix.types import RoomID

from bridges.core.events import RemoteMessage
from bridges.core.ids import LoginID
from bridges.core.matrix.client import MatrixSender
from bridges.core.matrix.senders import Senders
from bridges.core.portal.room_writer import RoomWriter
from bridges.core.sessions import Sessions
from bridges.core.storage.handovers import HandoverStore
from bridges.core.storage.speakers import SpeakerStore


class Speakers:
    """Chooses. Only people of ours can be one or the other: somebody else is always their ghost."""

    def __init__(
        self,
        senders: Senders,
        sessions: Sessions,
        writer: RoomWriter,
        store: SpeakerStore,
        handovers: HandoverStore,
    ) -> None:
        self._senders = senders
        self._sessions = sessions
        self._writer = writer
        self._store = store
        self._handovers = handovers

    async def of(self, room: RoomID, event: RemoteMessage, login: LoginID) -> MatrixSender:
        """Who sends a message, ready and joined."""
        sender = await self._senders.speaker(room, event.sender, login)
        if not await self._may_change(event):
            return sender
        chosen = await self._store.choose(event.chat, event.id, sender.mxid)
        return sender if chosen == sender.mxid else await self._writer.original_sender(chosen)

    async def settled(self, event: RemoteMessage) -> None:
        """The message is linked."""
        if await self._may_change(event):
            await self._store.forget(event.chat, event.id)

    async def _may_change(self, event: RemoteMessage) -> bool:
        if event.sender.is_me or self._sessions.by_remote_user(event.sender.user) is not None:
            return True
        return await self._handovers.of(event.chat) is not None
