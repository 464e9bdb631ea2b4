# SPDX-License-Identifier: AGPL-3.0-or-later
"""What one event of the worker's comes to: events for the core, and what is stored with them."""

from collections.abc import Awaitable, Callable, Sequence

from attrs import define, field
from mautrix.util.async_db import Connection

from bridges.core.events import RemoteEvent
from bridges.whatsapp.store.addresses import SamePerson

Write = Callable[[Connection], Awaitable[None]]


@define
class Batch:
    """Everything is stored in one transaction, or nothing is.

    Attributes:
        writes: run inside the transaction that stores the events.
        people: who is noticed to have two addresses.
    """

    events: list[RemoteEvent] = field(factory=list)
    writes: list[Write] = field(factory=list)
    people: Sequence[SamePerson] = ()

    @property
    def is_empty(self) -> bool:
        """Whether nothing is to be stored."""
        return not (self.events or self.writes or self.people)
