# SPDX-License-Identifier: AGPL-3.0-or-later
"""Telling messages of our own people that are in a room already from those that are not."""

from mautrix.types import RoomID

from bridges.core.errors import TemporaryError
from bridges.core.events import RemoteEdit, RemoteMessage
from bridges.core.ids import SHARED
from bridges.core.portal.gate import EchoGate
from bridges.core.sessions import Sessions
from bridges.core.storage.messages import MessageStore, StoredMessage
from bridges.core.storage.queue import Queue
from bridges.core.text import user_text


class SendUnderWay(TemporaryError):
    """It is not known yet whether a message of ours is this one."""

    def __init__(self) -> None:
        super().__init__("SEND_UNDER_WAY", user_text("A message is being sent."), retry_after=0.2)


class OwnSends:
    """Knows what people of ours have sent from Matrix."""

    def __init__(
        self, messages: MessageStore, outgoing: Queue, sessions: Sessions, gate: EchoGate
    ) -> None:
        """``outgoing`` is the queue of what comes from Matrix."""
        self._messages = messages
        self._outgoing = outgoing
        self._sessions = sessions
        self._gate = gate

    async def known(self, room: RoomID, message: RemoteMessage) -> bool:
        """Whether a message that was taken in once is in the room already.

        Only what people of ours have sent can be there by another way; in a shared chat also somebody
        who has just logged out, or who has written as the chat.

        Raises ``SendUnderWay`` while an interrupted send from this room has no known outcome.
        """
        sender = message.sender
        if sender.anonymous or self._sessions.by_remote_user(sender.user) is not None:
            return await self._sent(room, message)
        return message.chat.receiver == SHARED and await self._linked(message)

    async def settled(self, edit: RemoteEdit) -> list[StoredMessage]:
        """The parts of an edited message, once an edit from Matrix that is under way has ended."""
        if self._sessions.by_remote_user(edit.sender.user) is None:
            return await self._messages.parts(edit.chat, edit.target)
        async with self._gate.hold(edit.chat):
            return await self._messages.parts(edit.chat, edit.target)

    async def _sent(self, room: RoomID, message: RemoteMessage) -> bool:
        async with self._gate.hold(message.chat):
            known = await self._linked(message)
            if not known and await self._outgoing.has_attempted(room):
                raise SendUnderWay
            return known

    async def _linked(self, message: RemoteMessage) -> bool:
        return bool(await self._messages.parts(message.chat, message.id))
