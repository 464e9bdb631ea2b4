# SPDX-License-Identifier: AGPL-3.0-or-later
"""Who sends a message, the same at every attempt."""

import structlog
from mautrix.types import RoomID

from bridges.core.errors import TemporaryError
from bridges.core.events import RemoteMessage
from bridges.core.ids import LoginID, RemoteUserID
from bridges.core.interpreter import Interpreter
from bridges.core.matrix.client import MatrixSender
from bridges.core.matrix.errors import HomeserverRefused
from bridges.core.matrix.senders import Senders
from bridges.core.portal.membership import RoomMembers
from bridges.core.portal.room_writer import RoomWriter
from bridges.core.sessions import Sessions
from bridges.core.storage.handovers import HandoverStore
from bridges.core.storage.speakers import SpeakerStore
from bridges.core.text import user_text


class Speakers:
    """Chooses. Only people of ours can be one or the other: somebody else is always their ghost."""

    def __init__(
        self,
        senders: Senders,
        sessions: Sessions,
        writer: RoomWriter,
        store: SpeakerStore,
        handovers: HandoverStore,
        members: RoomMembers,
        interpreter: Interpreter,
    ) -> None:
        self._senders = senders
        self._sessions = sessions
        self._writer = writer
        self._store = store
        self._log = structlog.get_logger("karvon.speakers")
        self._handovers = handovers
        self._members = members
        self._interpreter = interpreter

    async def of(self, room: RoomID, event: RemoteMessage, login: LoginID) -> MatrixSender:
        """Who sends a message, ready and joined."""
        sender = await self._senders.speaker(room, event.sender, login)
        if not await self._may_change(event):
            return sender
        chosen = await self._store.choose(event.chat, event.id, sender.mxid)
        return sender if chosen == sender.mxid else await self._writer.original_sender(chosen)

    async def settled(self, room: RoomID, event: RemoteMessage) -> None:
        """The message is linked. A ghost that nobody needs any more leaves."""
        if not await self._may_change(event):
            return
        await self._store.forget(event.chat, event.id)
        try:
            await self._relieve(room, event.sender.user)
        except (TemporaryError, HomeserverRefused) as error:
            # The message is there; the ghost leaves with the next one.
            self._log.info("a ghost could not leave", error=str(error))

    async def _relieve(self, room: RoomID, user: RemoteUserID) -> None:
        """Have a ghost leave whose person speaks for themselves; who speaks is settled by then."""
        handover = await self._handovers.in_room(room)
        if handover is not None and not handover.is_native:
            return  # It stands for the network also where a guest has stayed.
        person = await self._senders.person_for(room, user)
        if person is None or not await self._senders.is_in(room, person):
            return
        if await self._senders.is_in(room, self._senders.ghost_mxid(user)):
            translate = await self._interpreter.translation(person)
            reason = translate(user_text("{person} is here in person now.", person=person))
            await self._members.remove_ghost(room, user, reason)

    async def _may_change(self, event: RemoteMessage) -> bool:
        if event.sender.is_me or self._sessions.by_remote_user(event.sender.user) is not None:
            return True
        return await self._handovers.of(event.chat) is not None
