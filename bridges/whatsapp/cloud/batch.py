# SPDX-License-Identifier: AGPL-3.0-or-later
"""What one change of a webhook amounts to, before it is stored: all of it or nothing."""

from datetime import datetime

from attrs import define, field
from mautrix.util.async_db import Connection

from bridges.core.events import RemoteEvent, RemoteMessage
from bridges.core.ids import MessageID, RemoteUserID
from bridges.whatsapp.cloud.reading import Json
from bridges.whatsapp.store.cloud_customers import Customer, CustomerStore
from bridges.whatsapp.store.cloud_inbox import CloudInbox, Held


@define
class Batch:
    """Collects events, and what has to be remembered with them."""

    events: list[RemoteEvent] = field(factory=list)
    noted: dict[str, int] = field(factory=dict)
    customers: dict[RemoteUserID, Customer] = field(factory=dict)
    held: list[Held] = field(factory=list)
    released: list[str] = field(factory=list)
    past: list[tuple[str, str, datetime, Json]] = field(factory=list)

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to store."""
        return not (self.events or self.noted or self.customers or self.past)

    @property
    def messages(self) -> list[RemoteMessage]:
        """The new messages: what brings every agent into a chat's room."""
        return [one for one in self.events if isinstance(one, RemoteMessage)]

    def says(self, message: str) -> bool:
        """Whether a message is among the new ones."""
        return any(one.id == MessageID(message) for one in self.messages)

    async def store(
        self, connection: Connection, inbox: CloudInbox, customers: CustomerStore, now: datetime
    ) -> None:
        """Write what is remembered, inside a transaction."""
        for customer in self.customers.values():
            await customers.save(connection, customer)
        for what, stamp in self.noted.items():
            await inbox.note(connection, what, stamp, now)
        for held in self.held:
            await inbox.hold(connection, held)
        for target in self.released:
            await inbox.release(connection, target)
        for chat, message, at, content in self.past:
            await inbox.keep_past(connection, chat, message, at, content)
