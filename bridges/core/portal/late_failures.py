# SPDX-License-Identifier: AGPL-3.0-or-later
"""Tells the writer of a message that the network had taken that it was not delivered after all."""

from bridges.core.errors import Rejected
from bridges.core.events import RemoteFailure
from bridges.core.portal.gate import EchoGate
from bridges.core.portal.status import MessageStatus
from bridges.core.storage.messages import MessageStore
from bridges.core.storage.portals import PortalStore
from bridges.core.text import UserText


class LateFailures:
    """Applies failures the network reports of messages that were sent."""

    def __init__(
        self, portals: PortalStore, messages: MessageStore, gate: EchoGate, status: MessageStatus
    ) -> None:
        self._portals = portals
        self._messages = messages
        self._gate = gate
        self._status = status

    async def show(self, event: RemoteFailure) -> None:
        """Say it in the room; a message that is not there needs no word."""
        async with self._gate.hold(event.chat):  # What is just being sent is linked first.
            stored = await self._messages.parts(event.chat, event.target)
        portal = await self._portals.get(event.chat)
        if not stored or portal is None or portal.room is None:
            return
        failure = Rejected(event.code, UserText(event.reason, event.values))
        room = stored[0].room or portal.room
        await self._status.failed(room, stored[0].event, stored[0].sender_mxid, failure)
