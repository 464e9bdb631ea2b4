# SPDX-License-Identifier: AGPL-3.0-or-later
"""Telling the audit which events left to which server, and which may have."""

from collections.abc import Awaitable, Callable, Sequence
from typing import TYPE_CHECKING

from attrs import define, field
from synapse.api.errors import FederationDeniedError, RequestSendFailed
from synapse.events import EventBase
from synapse.federation.units import Edu
from synapse.module_api import ModuleApi
from synapse.module_api.callbacks.federation import (
    FederatedEventDeliveryMethod,
    FederationEventDeliveryEvent,
)
from synapse.util.retryutils import NotRetryingDestination
from twisted.internet.error import ConnectError, DNSLookupError

from policy_module.audit.deliveries import delivered, possibly_delivered
from policy_module.audit.record import AuditSink
from policy_module.inside import transactions_of

if TYPE_CHECKING:
    from synapse.server import HomeServer

REFUSED = "refused"

Send = Callable[[str, list[EventBase], list[Edu]], Awaitable[None]]


@define(eq=False)
class Deliveries:
    """Takes Synapse's reports of deliveries, and watches what it sends for what it does not report."""

    _sink: AuditSink
    _acknowledged: dict[str, set[str]] = field(factory=dict, init=False)
    """By server, of the transaction under way; there is one at a time for each."""

    async def on_event_delivered_over_federation(
        self, delivery: FederationEventDeliveryEvent
    ) -> None:
        """Record the ids of the events, never what they say (federation callback, Synapse 1.158)."""
        event_ids = [event.event_id for event in delivery.events]
        if delivery.method is FederatedEventDeliveryMethod.SEND:
            self._acknowledged.setdefault(delivery.server_name, set()).update(event_ids)
        for record in delivered(delivery.server_name, event_ids, delivery.method.value):
            self._sink.record(record)

    def watched(self, send: Send) -> Send:
        """Give ``send`` with a record of every event it may have carried without an answer.

        ``send`` takes a server, events and other news, and raises if the transaction fails.
        """

        async def send_and_watch(server: str, events: list[EventBase], news: list[Edu]) -> None:
            self._acknowledged.pop(server, None)
            try:
                await send(server, events, news)
            except Exception as error:
                if has_left(error):
                    self._record(server, events, type(error).__name__)
                raise
            known = self._acknowledged.pop(server, set())
            self._record(server, [one for one in events if one.event_id not in known], REFUSED)

        return send_and_watch

    def _record(self, server: str, events: Sequence[EventBase], reason: str) -> None:
        for record in possibly_delivered(server, [one.event_id for one in events], reason):
            self._sink.record(record)


def has_left(error: Exception) -> bool:
    """Whether anything can have left before a transaction failed."""
    if isinstance(error, RequestSendFailed):
        return not isinstance(error.inner_exception, ConnectError | DNSLookupError)
    return not isinstance(error, FederationDeniedError | NotRetryingDestination)


def record_deliveries(api: ModuleApi, hs: "HomeServer", sink: AuditSink) -> None:
    """Have every delivery recorded from now on."""
    deliveries = Deliveries(sink)
    api.register_federation_callbacks(
        on_event_delivered_over_federation=deliveries.on_event_delivered_over_federation
    )
    if hs.should_send_federation():  # other workers have no sender, and refuse to make one
        manager = transactions_of(hs.get_federation_sender())
        manager.send_new_transaction = deliveries.watched(manager.send_new_transaction)
