# SPDX-License-Identifier: AGPL-3.0-or-later
"""Telling the audit which events left to which server."""

from attrs import define
from synapse.module_api import ModuleApi
from synapse.module_api.callbacks.federation import FederationEventDeliveryEvent

from policy_module.audit.deliveries import delivered
from policy_module.audit.record import AuditSink


@define(eq=False)
class Deliveries:
    """Takes Synapse's reports of deliveries."""

    _sink: AuditSink

    async def on_event_delivered_over_federation(
        self, delivery: FederationEventDeliveryEvent
    ) -> None:
        """Record the ids of the events, never what they say (federation callback, Synapse 1.158)."""
        event_ids = [event.event_id for event in delivery.events]
        for record in delivered(delivery.server_name, event_ids, delivery.method.value):
            self._sink.record(record)


def record_deliveries(api: ModuleApi, sink: AuditSink) -> None:
    """Have every delivery recorded from now on."""
    deliveries = Deliveries(sink)
    api.register_federation_callbacks(
        on_event_delivered_over_federation=deliveries.on_event_delivered_over_federation
    )
